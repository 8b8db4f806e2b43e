/** Findings about programs and packages, from readings that `read-programs.ts` makes. Pure. */
import { type Finding, ok, problem, warning } from './finding.ts';

/** How set-up is called from where this is installed. */
export interface Remedies {
  readonly setup: string;
}

export interface NodeReading {
  readonly version: string;
  readonly recent: boolean;
  /** As package.json puts it. */
  readonly wanted: string;
}

export function nodeFinding({ version, recent, wanted }: NodeReading): Finding {
  if (recent) return ok('node', version);
  return problem('node', `${version}, needs ${wanted}`, 'install Node 24, or 22.18 and later');
}

export interface KernelReading {
  readonly platform: string;
  readonly release: string;
  readonly arch: string;
}

export function kernelFinding({ platform, release, arch }: KernelReading): Finding {
  const found = `${platform} ${release} ${arch}`;
  if (platform === 'linux') return ok('kernel', found);
  return warning(
    'kernel',
    found,
    'made for Linux: elsewhere nothing is pinned, and CPU readings may be missing',
  );
}

/** A path that a variable gave and that is wrong. */
export interface WrongPath {
  readonly message: string;
  readonly hint: string | null;
}

export interface MediasoupReading {
  /** Null when the optional package is not installed. */
  readonly version: string | null;
  /** Version that this package asks for. */
  readonly wanted: string;
}

export function mediasoupFinding({ version, wanted }: MediasoupReading): Finding {
  if (version !== null) return ok('mediasoup', version);
  return problem(
    'mediasoup',
    'not installed',
    `npm install --ignore-scripts mediasoup@${wanted}; without it only nodes elsewhere can be tested (--target)`,
  );
}

export interface WorkerReading {
  readonly path: string;
  readonly kind: string;
  /** Of mediasoup; null for a given binary, which does not tell. */
  readonly version: string | null;
  readonly sha256: string;
  /** What set-up wrote down when it got the binary. */
  readonly recordedSha256: string;
  /** Empty when it starts. */
  readonly whyNot: string;
}

export function workerFinding(reading: WorkerReading | WrongPath | null, { setup }: Remedies): Finding {
  if (reading === null) {
    return problem('worker', 'none', `get one: ${setup}; or name one in MEDIASOUP_WORKER_BIN`);
  }
  if ('message' in reading) return problem('worker', reading.message, reading.hint ?? setup);
  const { path, kind, version, sha256, recordedSha256, whyNot } = reading;
  const what = `${kind}${version === null ? '' : ` ${version}`} · sha256 ${sha256.slice(0, 12)} · ${path}`;
  if (whyNot !== '') {
    const remedy = kind === 'given' ? 'correct or unset MEDIASOUP_WORKER_BIN' : `delete it, then: ${setup}`;
    return problem('worker', `does not start: ${whyNot} · ${what}`, remedy);
  }
  if (sha256 !== recordedSha256) {
    return warning(
      'worker',
      `starts, but is not the binary that set-up stored · ${what}`,
      `delete its folder, then: ${setup}`,
    );
  }
  return ok('worker', `starts · ${what}`);
}

export interface BrowserReading {
  readonly path: string;
  /** As `--version` prints it; null when it printed none. */
  readonly version: string | null;
  /** Why no browser came up, one line; empty when one did. */
  readonly whyNot: string;
  /** By CHROME_PATH. */
  readonly given: boolean;
  readonly asRoot: boolean;
}

export function browserFinding(reading: BrowserReading | WrongPath | null, { setup }: Remedies): Finding {
  if (reading === null) return problem('browser', 'none', `get one: ${setup}; or name one in CHROME_PATH`);
  if ('message' in reading) return problem('browser', reading.message, reading.hint ?? setup);
  const { path, version, whyNot, given } = reading;
  const what = `${version ?? 'does not tell its version'} · ${path}`;
  if (whyNot === '') return ok('browser', `starts · ${what}`);
  if (/sandbox/i.test(whyNot)) {
    return problem(
      'browser',
      `does not start: ${whyNot} · ${what}`,
      'Chrome needs user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (whichever of the two exists here)',
    );
  }
  return problem(
    'browser',
    `does not start: ${whyNot} · ${what}`,
    `run it by hand to see why: ${path} --headless --dump-dom about:blank; or ${given ? 'correct or unset CHROME_PATH' : `get another: ${setup}`}`,
  );
}

export function sandboxFinding(reading: BrowserReading | WrongPath | null): Finding {
  if (reading === null || 'message' in reading) return ok('sandbox', 'no browser');
  if (!reading.asRoot) return ok('sandbox', 'Chrome uses its own');
  return ok('sandbox', 'off: Chrome has none when root runs it; pages of others should not be opened so');
}

/** @param file of the font that charts are drawn with; null when its package is not there */
export function fontFinding(file: string | null): Finding {
  if (file !== null) return ok('font', `DejaVu Sans · ${file}`);
  return warning('font', 'DejaVu Sans is missing', 'charts will have no text: npm install dejavu-fonts-ttf');
}
