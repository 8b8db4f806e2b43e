/** Runs every benchmark of this folder in turn and prints its table. */
import { readdirSync } from 'node:fs';

interface Bench {
  readonly title: string;
  /** Rows of the table; the first one is the head. */
  readonly rows: () => Promise<readonly (readonly string[])[]>;
}

const folder = new URL('.', import.meta.url);
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));

for (const file of files) {
  const { bench } = (await import(new URL(file, folder).href)) as { bench: Bench };
  process.stdout.write(`\n${bench.title}\n`);
  const rows = await bench.rows();
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    process.stdout.write(`  ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}\n`);
  }
}
