/**
 * HTML in which escaping is what happens unless it is asked not to: whatever is put into an `html` template is text,
 * save what another `html` template made. Names and messages of a run come from users, SFUs and other machines.
 */
export interface Markup {
  readonly markup: string;
}

export type Piece = Markup | string | number | null | readonly Piece[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

function written(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  return 'markup' in piece ? piece.markup : piece.map(written).join('');
}

export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: String.raw({ raw: parts }, ...pieces.map(written)) };
}

/** A value as JSON inside of a script element: no character of it can end the element or begin a comment. */
export function jsonText(value: unknown): Markup {
  const text = JSON.stringify(value) ?? 'null';
  const escaped = text.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { markup: escaped };
}

/** Code of our own inside of a script element; in strings and comments the backslash changes nothing. */
export function scriptText(code: string): Markup {
  return { markup: code.replaceAll(/<(\/script|script|!--)/gi, String.raw`\x3c$1`) };
}

/** Style of our own. */
export function styleText(css: string): Markup {
  return { markup: css };
}
