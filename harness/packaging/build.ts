/**
 * Compiles the package into `dist/`, beside the old one until it is complete: whoever runs that meanwhile, or
 * interrupts this, never sees half of it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const finished = join(root, 'dist');
const draft = join(root, 'node_modules/.cache/sfubench', `dist.${process.pid}`);

function compile(project: string): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // What the compiler says is for the person who packs; stdout belongs to `npm pack --json`.
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, project), '--outDir', draft], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (status !== 0) throw new Error(`${project} does not compile`);
}

/** What the packages that went into a bundle ask of whoever passes them on. `inputs`: their files, from the root. */
function licencesOf(inputs: readonly string[]): string {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  const texts = [...new Set(folders)].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as Readonly<Record<'name' | 'version' | 'license', string>>;
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file === undefined ? 'It comes without the text.' : readFileSync(join(root, folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return texts.join('\n\n');
}

/** The bots' page: a browser loads it, and there is no bundler in the package. */
async function bundlePage(): Promise<void> {
  const outfile = join(draft, 'bots/chrome/page.bundle.js');
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: [join(root, 'bots/chrome/page.ts')],
    outfile,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    minify: true,
    logLevel: 'warning',
  });
  writeFileSync(`${outfile}.LICENSES.txt`, licencesOf(Object.keys(metafile.inputs)));
  // Compiled for its types only, which others need; nothing loads it.
  rmSync(join(draft, 'bots/chrome/page.js'));
}

try {
  compile('tsconfig.build.json');
  // Only what a scenario file can import has types: the rest is no interface.
  compile('tsconfig.types.json');
  // What is read at run time and is no source.
  for (const carried of ['harness/setup/worker-build', 'bots/media/cassettes']) {
    cpSync(join(root, carried), join(draft, carried), { recursive: true });
  }
  await bundlePage();
  rmSync(finished, { recursive: true, force: true });
  renameSync(draft, finished);
} finally {
  rmSync(draft, { recursive: true, force: true });
}
