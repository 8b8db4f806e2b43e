/**
 * Where the SFU is: a URL (mediasoup-demo's signalling there), `kind[:key=value,…]`, the path of a JSON file, or an
 * object with `kind`. What is wrong comes back as problems; settings of our own node go to it as they are.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from './errors.ts';
import { isRecord, nearest, type Problem, show } from './scenario/problem.ts';
import type { TargetSpec } from './scenario.ts';

export interface TargetSource {
  readonly value: unknown;
  /** How the user wrote it: `target` or `--target`. */
  readonly field: string;
  /** Relative paths in it start here. */
  readonly baseDir: string;
}

/** What the command line says about reaching a target. Paths are absolute. */
export interface Connection {
  readonly control?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly ca?: string | undefined;
}

export interface TargetReading {
  /** Null when there are problems. */
  readonly spec: TargetSpec | null;
  readonly problems: readonly Problem[];
}

const kinds: readonly string[] = ['mediasoup', 'mediasoup-demo'];
const notYetKinds: readonly string[] = ['janus', 'whip', 'page', 'custom'];
const forms =
  "a target is a URL (wss://host:4443), 'mediasoup', 'mediasoup:workers=2', or the path of a JSON file";
const flags: Readonly<Record<keyof Connection, string>> = {
  control: '--control',
  tokenFile: '--token-file',
  insecure: '--insecure',
  ca: '--ca',
};
const demoKeys = ['kind', 'url', 'control', 'tokenFile', 'insecure', 'ca'] as const;
/** Settings of our node that are paths: relative to where they were written, not to where the node starts. */
const pathSettings: readonly string[] = [
  'workerBin',
  'mediasoupDir',
  'tlsCert',
  'tlsKey',
  'tokenFile',
  'dtlsCertificateFile',
  'dtlsPrivateKeyFile',
];

/** The fields of a target, however they were written. */
interface Fields {
  readonly record: Readonly<Record<string, unknown>>;
  readonly baseDir: string;
}

export function readTarget(source: TargetSource, connection: Connection = {}): TargetReading {
  const problems: Problem[] = [];
  const fields = fieldsOf(source, problems);
  if (fields === null) return { spec: null, problems };
  const { kind } = fields.record;
  if (typeof kind !== 'string' || !kinds.includes(kind)) {
    problems.push(kindProblem(kind, source.field));
    return { spec: null, problems };
  }
  const spec =
    kind === 'mediasoup'
      ? embedded(fields, source.field, connection, problems)
      : demo(fields, source.field, connection, problems);
  return problems.length > 0 ? { spec: null, problems } : { spec, problems };
}

function kindProblem(kind: unknown, field: string): Problem {
  if (typeof kind === 'string' && notYetKinds.includes(kind)) {
    return {
      field,
      value: kind,
      message: `'${kind}' is not supported yet`,
      hint: `known: ${kinds.join(', ')}`,
    };
  }
  if (typeof kind !== 'string') return { field, message: 'has no kind', hint: `known: ${kinds.join(', ')}` };
  const near = nearest(kind, [...kinds, ...notYetKinds]);
  const hint = near === null ? forms : `did you mean '${near}'?`;
  return { field, value: kind, message: `${show(kind)} is no kind of target`, hint };
}

function fieldsOf({ value, field, baseDir }: TargetSource, problems: Problem[]): Fields | null {
  if (isRecord(value)) return { record: value, baseDir };
  if (typeof value !== 'string' || value.trim() === '') {
    problems.push({ field, value, message: `must be a text or an object, not ${show(value)}`, hint: forms });
    return null;
  }
  const text = value.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return { record: { kind: 'mediasoup-demo', url: text }, baseDir };
  if (text.endsWith('.json')) return fromJson(resolve(baseDir, text), field, problems);
  return fromText(text, field, baseDir, problems);
}

function fromJson(path: string, field: string, problems: Problem[]): Fields | null {
  try {
    const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isRecord(record)) return { record, baseDir: dirname(path) };
    problems.push({ field, value: path, message: 'names a JSON file that holds no object', hint: forms });
  } catch (thrown) {
    problems.push({
      field,
      value: path,
      message: `names a file that cannot be read as JSON: ${messageOf(thrown)}`,
    });
  }
  return null;
}

function fromText(text: string, field: string, baseDir: string, problems: Problem[]): Fields | null {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const record: [string, unknown][] = [['kind', kind]];
  for (const pair of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, equals)).trim();
    if (key === '') {
      problems.push({ field, value: text, message: `has ${show(pair)} where key=value is due`, hint: forms });
      return null;
    }
    if (record.some(([name]) => name === key)) {
      problems.push({ field, value: text, message: `names '${key}' twice` });
      return null;
    }
    record.push([key, plain(pair.slice(equals + 1).trim())]);
  }
  return { record: Object.fromEntries(record), baseDir };
}

function plain(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function embedded(fields: Fields, field: string, connection: Connection, problems: Problem[]): TargetSpec {
  for (const [key, flag] of Object.entries(flags)) {
    if (connection[key as keyof Connection] === undefined) continue;
    const hint = 'give --target with the URL of a running server';
    problems.push({
      field: flag,
      message: 'needs a target that runs already; mediasoup is started for the run',
      hint,
    });
  }
  const settings: [string, unknown][] = [];
  for (const [key, value] of Object.entries(fields.record)) {
    if (key === 'kind') continue;
    if (key === 'workers' && !(Number.isInteger(value) && Number(value) >= 1)) {
      problems.push({
        field: `${field}.workers`,
        value,
        message: `must be a whole number from 1, not ${show(value)}`,
      });
    }
    const isPath = pathSettings.includes(key) && typeof value === 'string';
    const path = isPath ? resolve(fields.baseDir, value) : null;
    if (path !== null && !existsSync(path)) {
      problems.push({
        field: `${field}.${key}`,
        value,
        message: `names ${show(path)}, which does not exist`,
      });
    }
    settings.push([key, path ?? value]);
  }
  return { kind: 'mediasoup', settings: Object.fromEntries(settings) };
}

function demo(fields: Fields, field: string, connection: Connection, problems: Problem[]): TargetSpec {
  const { record, baseDir } = fields;
  for (const key of Object.keys(record)) {
    if (demoKeys.some((known) => known === key)) continue;
    const near = nearest(key, demoKeys);
    const hint = near === null ? `known here: ${demoKeys.join(', ')}` : `did you mean '${near}'?`;
    problems.push({ field: `${field}.${key}`, value: record[key], message: 'is not known', hint });
  }
  const place = (key: keyof Connection): string =>
    connection[key] === undefined ? `${field}.${key}` : flags[key];
  const pathOf = (key: 'tokenFile' | 'ca'): string | null => {
    const value = connection[key] ?? record[key];
    return value === undefined ? null : fileOf(value, place(key), baseDir, problems);
  };
  const url = signalingUrl(record['url'], `${field}.url`, problems);
  const control = connection.control ?? record['control'];
  const controlUrl = control === undefined ? null : httpUrl(control, place('control'), problems);
  const tokenFile = pathOf('tokenFile');
  const caFile = pathOf('ca');
  const insecure = connection.insecure ?? record['insecure'] ?? false;
  if (typeof insecure !== 'boolean') {
    const message = `must be true or false, not ${show(insecure)}`;
    problems.push({ field: place('insecure'), value: insecure, message });
  }
  if (insecure === true && caFile !== null) {
    problems.push({ field: place('ca'), value: caFile, message: 'and insecure exclude each other' });
  }
  if (tokenFile !== null && control === undefined) {
    const hint = 'the token opens the control endpoint: give its URL too';
    problems.push({
      field: place('tokenFile'),
      value: tokenFile,
      message: 'has no control endpoint to open',
      hint,
    });
  }
  return { kind: 'mediasoup-demo', url, controlUrl, tokenFile, insecure: insecure === true, caFile };
}

function fileOf(value: unknown, field: string, baseDir: string, problems: Problem[]): string | null {
  if (typeof value !== 'string' || value === '') {
    problems.push({ field, value, message: `must be the path of a file, not ${show(value)}` });
    return null;
  }
  const path = resolve(baseDir, value);
  if (!existsSync(path))
    problems.push({ field, value, message: `names ${show(path)}, which does not exist` });
  return path;
}

function signalingUrl(value: unknown, field: string, problems: Problem[]): string {
  const url = urlOf(value, ['ws:', 'wss:', 'http:', 'https:'], field, problems);
  if (url === null) return '';
  for (const key of ['roomId', 'peerId']) {
    if (!url.searchParams.has(key)) continue;
    problems.push({
      field,
      value,
      message: `sets ${key}, which every bot sets for itself`,
      hint: `remove ${key}`,
    });
  }
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  return url.href;
}

function httpUrl(value: unknown, field: string, problems: Problem[]): string | null {
  return urlOf(value, ['http:', 'https:'], field, problems)?.href ?? null;
}

function urlOf(value: unknown, protocols: readonly string[], field: string, problems: Problem[]): URL | null {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  const words = protocols.map((protocol) => `${protocol}//`).join(' or ');
  if (url === null || !protocols.includes(url.protocol) || url.hostname === '') {
    const found = value === undefined ? '' : `, not ${show(value)}`;
    problems.push({ field, value, message: `must be a URL that begins with ${words}${found}` });
    return null;
  }
  if (url.username !== '' || url.password !== '') {
    // It would be stored with the run.
    problems.push({ field, message: 'holds a user name or password, which would be stored with the run' });
    return null;
  }
  url.hash = '';
  return url;
}
