/**
 * Reads the data of a peer's message field by field. RTP, DTLS and SCTP parameters are only checked to be objects:
 * mediasoup validates them itself, and thoroughly.
 * @throws ProtooError 400 naming the field
 */
import { ProtooError } from './protoo-connection.ts';

type Reader<T> = (data: unknown, name: string) => T;

function fieldOf(data: unknown, name: string): unknown {
  if (typeof data !== 'object' || data === null) throw new ProtooError(400, 'data is not an object');
  return (data as Readonly<Record<string, unknown>>)[name];
}

export const textAt: Reader<string> = (data, name) => {
  const value = fieldOf(data, name);
  if (typeof value !== 'string') throw new ProtooError(400, `${name} is not a text`);
  return value;
};

export const countAt: Reader<number> = (data, name) => {
  const value = fieldOf(data, name);
  if (!Number.isInteger(value) || (value as number) < 0) throw new ProtooError(400, `${name} is not a count`);
  return value as number;
};

export const flagAt: Reader<boolean> = (data, name) => {
  const value = fieldOf(data, name) ?? false;
  if (typeof value !== 'boolean') throw new ProtooError(400, `${name} is neither true nor false`);
  return value;
};

/** What is inside is for mediasoup, or for the caller, to check. */
export const objectAt: Reader<object> = (data, name) => {
  const value = fieldOf(data, name);
  if (typeof value !== 'object' || value === null) throw new ProtooError(400, `${name} is not an object`);
  return value;
};

export function wordAt<const T extends string>(data: unknown, name: string, words: readonly T[]): T {
  const value = fieldOf(data, name);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new ProtooError(400, `${name} is none of ${words.join(', ')}`);
  return word;
}

/** The reader's value, or undefined where the field is missing or null. */
export function maybe<T>(reader: Reader<T>, data: unknown, name: string): T | undefined {
  return (fieldOf(data, name) ?? null) === null ? undefined : reader(data, name);
}
