/** Figures as people read them. Null is missing and reads as such, never as 0. */

/** What stands where nothing was measured. */
export const missing = '–';

export type Figure = number | null | undefined;

function known(value: Figure): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function whole(value: Figure): string {
  return known(value) ? Math.round(value).toLocaleString('en-US') : missing;
}

export function fixed(value: Figure, digits: number): string {
  if (!known(value)) return missing;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(ratio: Figure, digits: number): string {
  return known(ratio) ? `${fixed(ratio * 100, digits)} %` : missing;
}

export function withUnit(value: Figure, digits: number, unit: string): string {
  return known(value) ? `${fixed(value, digits)} ${unit}` : missing;
}

const binarySteps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytes(value: Figure): string {
  if (!known(value)) return missing;
  const step = value < 1 ? 0 : Math.min(binarySteps.length - 1, Math.floor(Math.log2(value) / 10));
  return `${fixed(value / 1024 ** step, step === 0 ? 0 : 1)} ${binarySteps[step]}`;
}

export function megabits(bitsPerSecond: Figure): string {
  return known(bitsPerSecond) ? withUnit(bitsPerSecond / 1e6, 2, 'Mbit/s') : missing;
}

/** `1:05` or `1:02:05`. */
export function elapsed(ms: Figure): string {
  if (!known(ms)) return missing;
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** As many digits as a reader uses: charts and their descriptions need no more. */
export function significant(value: number): number {
  return Number(value.toPrecision(4));
}

/** Lines of at most so many characters; a word that is longer, such as a path, stays whole. */
export function wrapped(text: string, width: number | null): readonly string[] {
  if (width === null || width < 20) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  // The dot between two things is not needed where a line ends between them.
  return [...lines, line].map((each) => each.replaceAll(/^· | ·$/g, ''));
}
