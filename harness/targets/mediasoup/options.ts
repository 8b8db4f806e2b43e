/**
 * What a reference node can be told: one table of fields, each with the way its value is read and its default.
 * The table takes typed values (from the harness) as well as text (from a target spec, a flag or the environment),
 * and keeps mediasoup's own names for mediasoup's own settings.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { BenchError } from '../../errors.ts';
import { cpuList, flag, integer, oneOf, type Read, text, textList } from './values.ts';

interface Field<T> {
  readonly read: Read<T>;
  readonly fallback: T;
  /** For `--help`. */
  readonly about: string;
}

function field<T>(read: Read<T>, fallback: T, about: string): Field<T> {
  return { read, fallback, about };
}

function optional<T>(read: Read<T>, about: string): Field<T | null> {
  return { read, fallback: null, about };
}

const filePath: Read<string> = (value) => resolve(text(value));
const portNumber = integer(0, 65_535);
const bitrateBps = integer(1, 10_000_000_000);
const byteCount = integer(1, 2_147_483_647);

const fields = {
  /** Worker processes. */
  workers: field(integer(1, 256), 1, 'worker processes'),
  /** Path of the worker binary; null: the one that mediasoup itself would take. */
  workerBin: optional(filePath, 'worker binary; the one of set-up when absent'),
  /** Where the binary came from, as set-up knows it. */
  workerKind: optional(
    oneOf(['prebuilt', 'built', 'given']),
    'where the binary came from: prebuilt, built or given',
  ),
  /** Folder of another mediasoup package to load instead of the installed one. */
  mediasoupDir: optional(filePath, 'folder of another mediasoup package to load'),
  /** Cores to pin workers to: worker i takes the (i mod n)-th. */
  cpus: optional(cpuList, 'cores to pin workers to, in turn: 0,2-3'),

  /** Address that signalling and control listen on. */
  listenHost: field(text, '127.0.0.1', 'address of signalling and control'),
  /** 0: any free port. */
  signalingPort: field(portNumber, 0, 'port of signalling; 0: any free one'),
  controlPort: field(portNumber, 0, 'port of control; 0: any free one'),
  /** Certificate chain and key in PEM; both or none. Signalling and control then speak TLS. */
  tlsCert: optional(filePath, 'certificate chain, PEM; signalling and control then speak TLS'),
  tlsKey: optional(filePath, 'private key, PEM'),
  /** File with the control token, where the environment does not hold it. */
  tokenFile: optional(filePath, 'file with the control token (or SFUBENCH_TOKEN)'),

  /** Address that media is received and sent on; null: listenHost where that is an address, else loopback. */
  rtcListenIp: optional(text, 'address of media; listenHost when absent'),
  /** Address or host name put into ICE candidates instead of rtcListenIp. */
  announcedAddress: optional(text, 'address or host name in ICE candidates'),
  /** First media port to try. Ports of 32768 and above are the system's ephemeral ones: a client could hold them. */
  rtcPort: field(integer(1024, 32_767), 20_000, 'first media port to try, below the ephemeral ones'),
  sendBufferSize: optional(byteCount, 'send buffer of media sockets, bytes'),
  recvBufferSize: optional(byteCount, 'receive buffer of media sockets, bytes'),

  /** The extras of mediasoup-demo's rooms; each costs worker time, so each is off until asked for. */
  audioLevelObserver: field(flag, false, 'audio level observer in each room: true or false'),
  activeSpeakerObserver: field(flag, false, 'active speaker observer in each room: true or false'),
  dataBot: field(flag, false, 'the demo’s data bot in each room: true or false'),
  /** As the demo's consumers; what publishers send of it is then never due. */
  ignoreDtx: field(
    flag,
    true,
    'leave opus’ comfort noise out of what is forwarded, as the demo does: true or false',
  ),
  /** SCTP on WebRtcTransports; null: only with dataBot. */
  sctp: optional(flag, 'SCTP on transports: true or false'),

  logLevel: field(
    oneOf(['debug', 'warn', 'error', 'none']),
    'error',
    'worker log: debug, warn, error or none',
  ),
  logTags: optional(textList, 'worker log tags: ice+dtls'),
  dtlsCertificateFile: optional(filePath, 'DTLS certificate of the workers'),
  dtlsPrivateKeyFile: optional(filePath, 'DTLS key of the workers'),
  libwebrtcFieldTrials: optional(text, 'field trials of libwebrtc in the worker'),

  initialAvailableOutgoingBitrate: field(
    bitrateBps,
    1_000_000,
    'bandwidth estimate that a transport begins with, bits per second',
  ),
  minimumAvailableOutgoingBitrate: optional(bitrateBps, 'least outgoing bitrate, bits per second'),
  maxOutgoingBitrate: optional(bitrateBps, 'most outgoing bitrate of a transport, bits per second'),
  maxIncomingBitrate: optional(bitrateBps, 'most incoming bitrate of a transport, bits per second'),
  /** Seconds; 0 switches the check off. */
  iceConsentTimeout: field(
    integer(0, 3600),
    20,
    'seconds without consent until a transport is closed; 0: never',
  ),
  enableTcp: field(flag, true, 'offer TCP candidates: true or false'),
  preferUdp: field(flag, false, 'prefer UDP candidates to TCP: true or false'),
  preferTcp: field(flag, false, 'prefer TCP candidates to UDP: true or false'),
  maxSendMessageSize: optional(byteCount, 'SCTP, bytes'),
  maxReceiveMessageSize: optional(byteCount, 'SCTP, bytes'),
  sctpSendBufferSize: optional(byteCount, 'SCTP, bytes'),
} as const;

type Fields = typeof fields;
type ValueOf<F> = F extends Field<infer T> ? T : never;
type Plain = { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

/** Resolved: every field present, frozen. */
export type NodeOptions = Omit<Plain, 'rtcListenIp' | 'sctp'> & {
  readonly rtcListenIp: string;
  readonly sctp: boolean;
};

/** As given: any field may be missing or be text. */
export type NodeInput = {
  readonly [Name in keyof Fields]?: ValueOf<Fields[Name]> | string | number | undefined;
};

export const nodeOptionNames: readonly string[] = Object.keys(fields);

/** What each option is, in a few words. */
export const nodeOptionsAbout: ReadonlyMap<string, string> = new Map(
  Object.entries(fields).map(([name, { about }]) => [name, about]),
);

/**
 * Resolves and checks what was given.
 * @param places how the user wrote a field where that differs from its name (an environment variable, a flag)
 * @throws BenchError OPTION_INVALID naming the option, its value and what would be right
 */
export function resolveNodeOptions(
  input: NodeInput,
  places: Readonly<Record<string, string>> = {},
): NodeOptions {
  for (const name of Object.keys(input)) {
    if (Object.hasOwn(fields, name)) continue;
    throw invalid(
      name,
      undefined,
      `the node has no option '${name}'`,
      `did you mean '${closest(name, [...nodeOptionNames])}'?`,
    );
  }
  const given: Readonly<Record<string, unknown>> = input;
  const resolved: Record<string, unknown> = {};
  for (const [name, { read, fallback }] of Object.entries<Field<unknown>>(fields)) {
    const value = given[name];
    resolved[name] =
      value === undefined || value === null ? fallback : readValue(read, value, places[name] ?? name);
  }
  return complete(resolved as Plain, places);
}

function readValue<T>(read: Read<T>, value: unknown, place: string): T {
  try {
    return read(value);
  } catch (cause) {
    const wanted = cause instanceof Error ? cause.message : String(cause);
    throw invalid(
      place,
      value,
      `option '${place}' has a value that the node cannot use`,
      `it takes ${wanted}`,
    );
  }
}

/** Rules that more than one field takes part in, and the defaults that follow from other fields. */
function complete(plain: Plain, places: Readonly<Record<string, string>>): NodeOptions {
  for (const [one, other] of [
    ['tlsCert', 'tlsKey'],
    ['tlsKey', 'tlsCert'],
    ['dtlsCertificateFile', 'dtlsPrivateKeyFile'],
    ['dtlsPrivateKeyFile', 'dtlsCertificateFile'],
  ] as const) {
    if (plain[one] === null || plain[other] !== null) continue;
    throw invalid(
      places[one] ?? one,
      plain[one],
      `option '${one}' came without '${other}'`,
      'give both files, or neither',
    );
  }
  const rtcListenIp = plain.rtcListenIp ?? (isIP(plain.listenHost) > 0 ? plain.listenHost : '127.0.0.1');
  const place = plain.rtcListenIp === null ? 'listenHost' : (places['rtcListenIp'] ?? 'rtcListenIp');
  if (isIP(rtcListenIp) === 0) {
    throw invalid(
      place,
      rtcListenIp,
      `option '${place}' is not an IP address`,
      'media needs an address of this machine, not a name',
    );
  }
  if (isWildcard(rtcListenIp) && plain.announcedAddress === null) {
    const hint = 'give announcedAddress too: no client can send media to a wildcard address';
    throw invalid(
      place,
      rtcListenIp,
      `option '${place}' is a wildcard address and nothing is announced instead`,
      hint,
    );
  }
  return Object.freeze({ ...plain, rtcListenIp, sctp: plain.sctp ?? plain.dataBot });
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** The environment variables of mediasoup-demo's servers that the verb `node` understands, newest name first. */
const environmentNames = {
  tlsCert: ['HTTPS_CERT_FULLCHAIN'],
  tlsKey: ['HTTPS_CERT_PRIVKEY'],
  announcedAddress: ['MEDIASOUP_ANNOUNCED_ADDRESS', 'MEDIASOUP_ANNOUNCED_IP'],
  rtcListenIp: ['MEDIASOUP_LISTEN_IP'],
  signalingPort: ['HTTP_LISTEN_PORT', 'PROTOO_LISTEN_PORT'],
  workerBin: ['MEDIASOUP_WORKER_BIN'],
} as const satisfies Partial<Record<keyof Fields, readonly string[]>>;

/** What the environment says, and under which name. */
export function optionsOfEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly input: NodeInput;
  readonly places: Readonly<Record<string, string>>;
} {
  const input: Record<string, string> = {};
  const places: Record<string, string> = {};
  for (const [name, variables] of Object.entries(environmentNames)) {
    const variable = variables.find((candidate) => (env[candidate] ?? '') !== '');
    if (variable === undefined) continue;
    input[name] = env[variable] ?? '';
    places[name] = variable;
  }
  return { input, places };
}

function invalid(place: string, value: unknown, message: string, hint: string): BenchError {
  return new BenchError('OPTION_INVALID', message, { field: place, value, hint });
}
