/** The verb `report`: makes the page and the pictures of a stored run again, from its directory alone. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCharts } from '../../reports/charts.ts';
import { runPage } from '../../reports/page.ts';
import { runText } from '../../reports/text.ts';
import { BenchError, messageOf } from '../errors.ts';
import { readRun, type StoredRun } from '../store.ts';
import type { OutputFlags } from './flags.ts';
import { createTerminal } from './terminal.ts';

export interface ReportFlags extends OutputFlags {
  /** False with `--no-png`. */
  readonly png?: boolean;
}

export interface WrittenReport {
  /** Path of the page. */
  readonly html: string;
  /** Paths of the pictures: one for each chart of which something was measured. */
  readonly pngs: readonly string[];
  /** Why there are no pictures, where they could not be drawn. */
  readonly warning: string | null;
}

/** @returns the exit code; @throws BenchError where there is no run, or no room to write */
export async function reportCommand(directory: string, flags: ReportFlags): Promise<number> {
  const terminal = createTerminal({ quiet: flags.quiet ?? false, color: flags.color });
  const run = readRun(directory);
  const report = await writeRunReport(run, flags.png ?? true);
  if (report.warning !== null) process.stderr.write(`warning: ${report.warning}\n`);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ directory: run.directory, ...report, ...run.record })}\n`);
    return 0;
  }
  process.stdout.write(
    `${runText(run.record, run.directory, terminal.paint, terminal.columns)}${reportText(run.directory, report)}`,
  );
  return 0;
}

/** The lines that say where the report is. */
export function reportText(directory: string, { html, pngs }: WrittenReport): string {
  const pictures = pngs.length === 0 ? '' : `charts  ${join(directory, 'charts')} (${pngs.length} PNG)\n`;
  return `report  ${html}\n${pictures}`;
}

/** Writes `report.html` and `charts/*.png` into the run directory. */
export async function writeReport(directory: string): Promise<WrittenReport> {
  return await writeRunReport(readRun(directory), true);
}

/** The report at the end of a run: what goes wrong here is said, and never changes how the run ended. */
export async function reportAfterRun(directory: string): Promise<WrittenReport | null> {
  try {
    const report = await writeReport(directory);
    if (report.warning !== null) process.stderr.write(`warning: ${report.warning}\n`);
    return report;
  } catch (error) {
    process.stderr.write(
      `warning: the report was not written: ${messageOf(error)}\n  hint:  the run is stored; make it again with: sfubench report ${directory}\n`,
    );
    return null;
  }
}

/** Into the directory that the run was read from. */
export async function writeRunReport(run: StoredRun, png: boolean): Promise<WrittenReport> {
  const html = join(run.directory, 'report.html');
  const page = runPage(run, readFileSync(chartLibrary(), 'utf8'));
  writing(run.directory, () => replaceFile(run.directory, 'report.html', page));
  if (!png) return { html, pngs: [], warning: null };
  try {
    return { html, pngs: await writePictures(run), warning: null };
  } catch (error) {
    if (error instanceof BenchError) throw error;
    return { html, pngs: [], warning: `the charts could not be drawn as PNG: ${messageOf(error)}` };
  }
}

async function writePictures(run: StoredRun): Promise<string[]> {
  // Loaded late: a platform without a build of the canvas still gets its page.
  const { drawPng, registerFont } = await import('../../reports/png.ts');
  registerFont(['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => readFileSync(fontFile(file))));
  const { manifest, name, id } = run.record;
  const sfu = [
    manifest.target.kind,
    ...(manifest.versions.mediasoup === null ? [] : [manifest.versions.mediasoup]),
  ];
  const caption = `${name} · ${sfu.join(' ')} · ${id}`;
  const folder = join(run.directory, 'charts');
  const drawn = await Promise.all(
    runCharts(run).map(async (chart) => ({ id: chart.id, picture: await drawPng(chart, caption) })),
  );
  return writing(folder, () => {
    mkdirSync(folder, { recursive: true });
    return drawn.flatMap(({ id: chart, picture }) => {
      const file = `${chart}.png`;
      // A picture of an earlier report would show what this one says was not measured.
      if (picture === null) rmSync(join(folder, file), { force: true });
      else replaceFile(folder, file, picture);
      return picture === null ? [] : [join(folder, file)];
    });
  });
}

/** A reader sees the old file or the new one, never a part. */
function replaceFile(folder: string, name: string, content: string | Uint8Array): void {
  const temporary = join(folder, `.${name}.new`);
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, join(folder, name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function chartLibrary(): URL {
  return new URL('chart.umd.min.js', import.meta.resolve('chart.js'));
}

function fontFile(name: string): URL {
  return new URL(`ttf/${name}`, import.meta.resolve('dejavu-fonts-ttf/package.json'));
}

function writing<Result>(place: string, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new BenchError(
      full ? 'DISK_FULL' : 'DIRECTORY_NOT_WRITABLE',
      full ? 'no space is left for the report' : `cannot write the report: ${messageOf(error)}`,
      {
        file: place,
        hint: full
          ? 'free space, then make the report again with: sfubench report <directory>'
          : 'copy the run directory to a place that you may write to, and make the report there',
        cause: error,
      },
    );
  }
}
