import { readFileSync } from 'node:fs';

/** A file of the system; null where it has none such, or does not let us. */
export function textOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
