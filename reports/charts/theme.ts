/**
 * Colours by name, once for light and once for dark. Configurations hold `color:<name>`, so that one of them serves
 * both themes. The three series differ in lightness as well as in hue, and in their dashes: no reader needs the hue.
 */

export type ColorName =
  | 'ink'
  | 'muted'
  | 'grid'
  | 'surface'
  | 'first'
  | 'second'
  | 'third'
  | 'bad'
  | 'invalid'
  | 'unsettled'
  | 'limit'
  | 'band'
  | 'bandInvalid';

export type ColorToken = `color:${ColorName}`;
export type Palette = Readonly<Record<ColorName, string>>;

export const light: Palette = {
  ink: '#1b1f24',
  muted: '#57606a',
  grid: '#e4e7eb',
  surface: '#ffffff',
  first: '#0a5ea8',
  second: '#c2540a',
  third: '#3f7d58',
  bad: '#b3261e',
  invalid: '#6e7781',
  unsettled: '#8a6100',
  limit: '#8c959f',
  band: 'rgba(10, 94, 168, 0.08)',
  bandInvalid: 'rgba(110, 119, 129, 0.16)',
};

export const dark: Palette = {
  ink: '#e6e9ed',
  muted: '#a3acb6',
  grid: '#2c333b',
  surface: '#14181d',
  first: '#6cb4f5',
  second: '#f5a25d',
  third: '#8fd3a8',
  bad: '#ff8a80',
  invalid: '#9aa4af',
  unsettled: '#e3b341',
  limit: '#7d8894',
  band: 'rgba(108, 180, 245, 0.12)',
  bandInvalid: 'rgba(154, 164, 175, 0.2)',
};

/** A deep copy with every `color:<name>` replaced. Uses nothing outside itself: the page carries its source. */
export function colored<Value>(value: Value, palette: Readonly<Record<string, string>>): Value {
  if (typeof value === 'string') {
    return (value.startsWith('color:') ? (palette[value.slice(6)] ?? value) : value) as Value;
  }
  if (Array.isArray(value)) return value.map((item) => colored(item, palette)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, colored(item, palette)]),
  ) as Value;
}
