import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { ensurePackages } from './debian.js';
import { SetupError } from './setup-error.js';
import { readRecipe, standInsDir } from './worker-recipe.js';

/**
 * One of the headers that one command generates. mediasoup's build does not say that its libwebrtc includes them, so
 * that a compiler may come before them; they are therefore made first.
 */
const generatedHeader = 'fbs/FBS/notification.h';
/** What a build takes on a processor of 2020. */
const coreMinutes = 8;

/**
 * Builds the worker from mediasoup's npm package: for networks where neither the prebuilt binary nor the sources of
 * its dependencies can be fetched.
 *
 * @param {object} options
 * @param {string} options.mediasoupDir
 * @param {string} options.buildDir kept when the build is interrupted, so that the next one goes on with it
 * @param {string} options.log
 * @param {import('./context.js').Context} options.context
 * @returns {Promise<string>} path of the binary, inside `buildDir`
 */
export async function buildWorker({ mediasoupDir, buildDir, log, context }) {
  const { progress, signal } = context;
  const recipe = readRecipe();
  await ensurePackages(recipe.packages, 'to build the mediasoup worker', context);

  const jobs = availableParallelism();
  const minutes = Math.ceil(coreMinutes / jobs);
  progress.begin(`worker: building it from mediasoup's source on ${jobs} cores, about ${minutes} min`);
  await rm(log, { force: true });
  const hint = 'name a worker in MEDIASOUP_WORKER_BIN, or look into the log';
  const prepared = join(buildDir, '.prepared');
  const options = { cwd: buildDir, env: { ...context.env, NINJA_STATUS: '[%f/%t] ' }, log, signal, hint };
  if (!existsSync(prepared)) {
    await prepareSource(recipe, join(mediasoupDir, 'worker'), buildDir);
    await runCommand('meson', ['setup', ...recipe.mesonOptions, 'out'], options);
    await writeFile(prepared, '');
  }
  await runCommand('ninja', ['-C', 'out', generatedHeader], options);
  await runCommand('ninja', ['-C', 'out', '-j', String(jobs), 'mediasoup-worker'], {
    ...options,
    onOutput: (chunk) => {
      const count = chunk.match(/\[\d+\/\d+\]/g)?.at(-1);
      if (count) progress.update(count);
    },
  });
  progress.end('built');
  return join(buildDir, 'out/mediasoup-worker');
}

/**
 * @param {import('./worker-recipe.js').Recipe} recipe
 * @param {string} workerSource
 * @param {string} buildDir
 */
export async function prepareSource(recipe, workerSource, buildDir) {
  await rm(buildDir, { recursive: true, force: true });
  await mkdir(buildDir, { recursive: true });
  await cp(workerSource, buildDir, { recursive: true });
  for (const { file, from, to } of recipe.edits) {
    const path = join(buildDir, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) {
      throw new SetupError(
        'WORKER_MISSING',
        `the build recipe does not fit this mediasoup: no "${from}" in ${file}`,
        { hint: 'name a worker in MEDIASOUP_WORKER_BIN, or install the mediasoup of package-lock.json' },
      );
    }
    await writeFile(path, text.replace(from, to));
  }
  // meson takes the folder that a wrap names for the unpacked download, and then fetches nothing.
  for (const name of readdirSync(standInsDir)) {
    const wrap = await readFile(join(buildDir, 'subprojects', `${name}.wrap`), 'utf8');
    const folder = /^directory = (.+)$/m.exec(wrap)?.[1]?.trim();
    if (!folder) throw new SetupError('WORKER_MISSING', `mediasoup's ${name}.wrap names no directory`);
    await cp(join(standInsDir, name), join(buildDir, 'subprojects', folder), { recursive: true });
  }
}
