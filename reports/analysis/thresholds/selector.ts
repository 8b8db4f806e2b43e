/** A metric with the tags that its readings must have: `name{key:value,key2:value2}`. */
import type { Mistake, Parsed } from './expression.ts';
import type { Selector } from './threshold.ts';

const form = 'a sub-metric is written name{key:value,key2:value2}';

export function parseSelector(text: string): Parsed<Selector> {
  const open = text.indexOf('{');
  const name = (open < 0 ? text : text.slice(0, open)).trim();
  if (!/^[A-Za-z_]\w*$/.test(name)) return wrong({ character: 1, expected: 'the name of a metric' });
  if (open < 0) return { ok: true, value: { name, tags: {} } };
  const close = text.trimEnd().length - 1;
  if (text[close] !== '}') return wrong({ character: close + 2, expected: "'}'", hint: form });
  const tags = new Map<string, string>();
  let at = open + 1;
  for (const part of text.slice(open + 1, close).split(',')) {
    const mistake = readTag(part, at, tags);
    if (mistake !== null) return wrong(mistake);
    at += part.length + 1;
  }
  return { ok: true, value: { name, tags: Object.fromEntries(tags) } };
}

/** Adds a tag, or says what is wrong with it. A value may hold colons: k6's groups do. */
function readTag(part: string, at: number, tags: Map<string, string>): Mistake | null {
  const character = at + 1 + (part.length - part.trimStart().length);
  const colon = part.indexOf(':');
  if (part.trim() === '') return { character, expected: 'a tag', hint: form };
  if (colon < 0) return { character, expected: `a value for '${part.trim()}'`, hint: form };
  const key = unquoted(part.slice(0, colon));
  const value = unquoted(part.slice(colon + 1));
  if (key === '') return { character, expected: 'the key of a tag', hint: form };
  if (value === '') return { character: at + colon + 2, expected: `a value for '${key}'`, hint: form };
  if (tags.has(key)) return { character, expected: `'${key}' only once`, hint: 'all tags must hold at once' };
  tags.set(key, value);
  return null;
}

function unquoted(text: string): string {
  return text.trim().replaceAll(/^["']|["']$/g, '');
}

function wrong(mistake: Mistake): Parsed<never> {
  return { ok: false, mistake };
}
