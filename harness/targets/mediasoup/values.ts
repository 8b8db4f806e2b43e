/**
 * How one value of an option is read, typed or as text. A reader throws an Error whose message completes
 * "it takes …"; who calls it knows the option's name and puts the two together.
 */

export type Read<T> = (value: unknown) => T;

export function integer(min: number, max: number): Read<number> {
  return (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max) {
      throw new Error(`a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

export const flag: Read<boolean> = (value) => {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error('true or false');
};

export const text: Read<string> = (value) => {
  if (typeof value !== 'string' || value.trim() === '') throw new Error('a text that is not empty');
  return value.trim();
};

/** A list, or one text with its parts joined by `+` (a target spec splits at commas). */
export const textList: Read<readonly string[]> = (value) => {
  const parts = typeof value === 'string' ? value.split('+') : value;
  if (!Array.isArray(parts) || parts.length === 0) throw new Error('a list of texts, as text joined by +');
  return Object.freeze(parts.map(text));
};

export function oneOf<const T extends string>(words: readonly T[]): Read<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(`one of ${words.join(', ')}`);
    return word;
  };
}

/** Cores: a list of numbers, one number, or text such as `0+2`, `0,2` (as taskset takes it) or `4-7`. */
export const cpuList: Read<readonly number[]> = (value) => {
  const core = integer(0, 4095);
  try {
    const parts = typeof value === 'string' ? value.split(/[+,]/) : Array.isArray(value) ? value : [value];
    const cores = parts.flatMap((part) => coresOf(part, core));
    if (cores.length === 0 || new Set(cores).size !== cores.length) throw new Error('none or twice');
    return Object.freeze(cores);
  } catch {
    throw new Error('core numbers, each once: [0, 1], or as text 0+1 or 0-3');
  }
};

function coresOf(part: unknown, core: Read<number>): number[] {
  const range = typeof part === 'string' ? /^(\d+)-(\d+)$/.exec(part.trim()) : null;
  if (range === null) return [core(part)];
  const from = core(range[1]);
  const to = core(range[2]);
  if (to < from) throw new Error('a range that runs upwards');
  return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
}
