/** Scenario files for tests: written into a folder outside the repository, as a user's would be. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { resolveScenario } from '../../harness/load.ts';
import type { Overrides } from '../../harness/scenario/overrides.ts';
import type { Scenario } from '../../harness/scenario.ts';

export const folder = mkdtempSync(join(tmpdir(), 'scenario-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let written = 0;

/** @returns the path */
export function scenarioFile(text: string, ending = '.ts'): string {
  const path = join(folder, `scenario-${written++}${ending}`);
  writeFileSync(path, text);
  return path;
}

/** Options as the file would export them; what else it exports. */
export function resolved(
  options: unknown,
  overrides: Overrides = {},
  exports: Readonly<Record<string, unknown>> = {},
): Scenario {
  const path = join(folder, 'given.ts');
  return resolveScenario({ path, text: 'given', exports: { options, ...exports } }, overrides);
}
