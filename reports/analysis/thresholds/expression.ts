/** The grammar of a threshold: an aggregation, an operator, a number: `p(95) < 500`. */

import type { Metric, MetricKind } from '../../../harness/metrics.ts';
import { type Aggregation, aggregations, type Expression, type Operator, operators } from './threshold.ts';

/** What is wrong with a text, and where. */
export interface Mistake {
  /** Counted from 1. */
  readonly character: number;
  readonly expected: string;
  readonly hint?: string;
}

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly mistake: Mistake };

/** What the parser knows of the metric that an expression is about. */
export interface Subject {
  readonly kind: MetricKind;
  readonly unit?: Metric['unit'];
  /** Its readings may have any tags: the scenario gives them as it runs. */
  readonly hasAnyTags?: boolean;
}

/** The known word that was probably meant, or null. */
export type Nearest = (word: string, known: readonly string[]) => string | null;

/** Words of other tools. */
const synonyms: ReadonlyMap<string, Aggregation> = new Map([
  ['mean', 'avg'],
  ['average', 'avg'],
  ['median', 'med'],
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['total', 'count'],
  ['sum', 'count'],
  ['last', 'value'],
  ['ratio', 'rate'],
  ['percentile', 'p'],
]);

const operatorSynonyms: ReadonlyMap<string, Operator> = new Map([
  ['=', '=='],
  ['=<', '<='],
  ['=>', '>='],
  ['<>', '!='],
  ['!==', '!='],
]);

/** Reads a text from left to right. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  /** What the (sticky) pattern finds here, with the space behind it taken too; null leaves everything as it was. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found === null) return null;
    this.#at += found.length;
    this.#skipSpace();
    return found;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }

  get character(): number {
    return this.#at + 1;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}

const word = /[A-Za-z_]\w*/y;
const comparison = /[<>=!]+/y;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

export function parseExpression(text: string, subject: Subject, nearest: Nearest): Parsed<Expression> {
  const scanner = new Scanner(text);
  const head = parseAggregation(scanner, subject.kind, nearest);
  if (!head.ok) return head;
  const operator = parseOperator(scanner);
  if (!operator.ok) return operator;
  const at = scanner.character;
  const bound = scanner.take(number);
  if (bound === null || !Number.isFinite(Number(bound))) return wrong(at, 'a number');
  if (scanner.rest !== '') return trailing(scanner, subject);
  return right({ ...head.value, operator: operator.value, bound: Number(bound) });
}

type Head = Pick<Expression, 'aggregation' | 'percentile'>;

function parseAggregation(scanner: Scanner, kind: MetricKind, nearest: Nearest): Parsed<Head> {
  const known = aggregations[kind];
  const at = scanner.character;
  const expected = expectedOf(kind);
  const name = scanner.take(word);
  if (name === null) return wrong(at, expected);
  const aggregation = known.find((candidate) => candidate === name);
  if (aggregation === undefined) return wrong(at, expected, meant(name, known, nearest));
  if (aggregation !== 'p') return right({ aggregation, percentile: null });
  return parsePercentile(scanner);
}

function parsePercentile(scanner: Scanner): Parsed<Head> {
  const example = 'a percentile is written p(95)';
  if (scanner.take(/\(/y) === null) return wrong(scanner.character, "'('", example);
  const at = scanner.character;
  const percentile = Number(scanner.take(number) ?? Number.NaN);
  if (!(percentile >= 0 && percentile <= 100)) return wrong(at, 'a number from 0 to 100', example);
  if (scanner.take(/\)/y) === null) return wrong(scanner.character, "')'", example);
  return right({ aggregation: 'p', percentile });
}

function parseOperator(scanner: Scanner): Parsed<Operator> {
  const at = scanner.character;
  const found = scanner.take(comparison);
  const operator = operators.find((candidate) => candidate === found);
  if (operator !== undefined) return right(operator);
  const probably = operatorSynonyms.get(found ?? '');
  return wrong(
    at,
    `an operator (${operators.join(' ')})`,
    probably === undefined ? undefined : didYouMean(probably),
  );
}

function trailing(scanner: Scanner, { kind, unit }: Subject): Parsed<never> {
  const { rest, character } = scanner;
  const end = 'the end';
  if (/^(&&|\|\||and\b|or\b|,|;)/.test(rest)) {
    return wrong(character, end, "each comparison is a text of its own: ['avg<200', 'max<300']");
  }
  if (rest.startsWith('%') && kind !== 'trend') {
    return wrong(character, end, 'a rate is a ratio from 0 to 1: 1 % is 0.01');
  }
  if (/^[A-Za-zµ%]/.test(rest)) {
    return wrong(
      character,
      end,
      unit === undefined ? 'a plain number' : `a plain number; this metric’s unit is ${unit}`,
    );
  }
  return wrong(character, end);
}

function expectedOf(kind: MetricKind): string {
  const names = aggregations[kind].map((name) => (name === 'p' ? 'p(N)' : name));
  return `an aggregation of a ${kind} (${names.join(' ')})`;
}

function meant(name: string, known: readonly Aggregation[], nearest: Nearest): string | undefined {
  const lower = name.toLowerCase();
  const digits = /^p(?:ercentile)?_?(\d+)$/.exec(lower)?.[1];
  if (digits !== undefined && known.includes('p')) return didYouMean(`p(${digits})`);
  const probably = synonyms.get(lower) ?? nearest(name, known);
  if (probably === null || !known.some((candidate) => candidate === probably)) return undefined;
  return didYouMean(probably === 'p' ? 'p(95)' : probably);
}

function didYouMean(text: string): string {
  return `did you mean '${text}'?`;
}

function right<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

function wrong(character: number, expected: string, hint?: string): Parsed<never> {
  return { ok: false, mistake: { character, expected, ...(hint === undefined ? {} : { hint }) } };
}
