/** A chart as a picture: Chart.js on @napi-rs/canvas, in the light theme, with the font that it is given. */
import { type Canvas, createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { Chart } from 'chart.js/auto';
import type { ChartConfig, RunChart } from './charts/chart.ts';
import { createMarks } from './charts/marks.ts';
import { colored, light } from './charts/theme.ts';

/** A name of our own: no font of the machine can stand in for the one that was registered. */
export const fontFamily = 'sfubench Sans';

// Chart.js takes the family of ticks and titles from here only. Pictures are all that this process draws.
Chart.defaults.font.family = fontFamily;

const scale = 2;
const height = 440;

/** Registers the faces of the font, as bytes of TrueType files. A bare machine has none. */
export function registerFont(faces: readonly Uint8Array[]): void {
  if (GlobalFonts.has(fontFamily)) return;
  for (const face of faces) {
    if (GlobalFonts.register(Buffer.from(face), fontFamily) === null)
      throw new Error('the font could not be read');
  }
}

/** Null for a chart of which nothing was measured. Compressed on another thread, so draw several at once. @returns PNG */
export async function drawPng(chart: RunChart, caption: string): Promise<Uint8Array | null> {
  if (chart.config === null) return null;
  const canvas = createCanvas(chart.wide ? 1100 : 720, height);
  // The canvas has what Chart.js asks of one; it is no element of a page.
  const drawn = new Chart(canvas as unknown as HTMLCanvasElement, pictureOf(chart, chart.config, caption));
  try {
    return await encoded(canvas);
  } finally {
    drawn.destroy();
  }
}

function pictureOf(chart: RunChart, config: ChartConfig, caption: string): ChartConfig {
  const { type, data, options } = colored(structuredClone(config), light);
  return {
    type,
    data,
    options: {
      ...options,
      responsive: false,
      devicePixelRatio: scale,
      layout: { padding: { top: 14, right: 22, bottom: 12, left: 14 } },
      plugins: {
        ...options?.plugins,
        title: { ...options?.plugins?.title, display: true, padding: { bottom: 2 } },
        subtitle: {
          ...options?.plugins?.subtitle,
          display: true,
          text: [chart.caption, caption],
          padding: { bottom: 12 },
        },
      },
    },
    plugins: [background, createMarks()],
  };
}

/** A picture without a ground of its own is unreadable on a dark page. */
const background: NonNullable<ChartConfig['plugins']>[number] = {
  id: 'background',
  beforeDraw: ({ ctx, width, height: tall }) => {
    ctx.save();
    ctx.fillStyle = light.surface;
    ctx.fillRect(0, 0, width, tall);
    ctx.restore();
  },
};

async function encoded(canvas: Canvas): Promise<Uint8Array> {
  return await canvas.encode('png');
}
