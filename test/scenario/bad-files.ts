/** Scenario files that are wrong as a whole or in their words, and what is said about each. */
import type { ErrorCode } from '../../harness/errors.ts';

export type Row = readonly [text: string, code: ErrorCode, field: string | undefined, fragment: RegExp];

/** One scenario whose fields are replaced or added to. */
export function crowd(fields: string, top = ''): string {
  return `export const options = { ${top} scenarios: { crowd: {
    executor: 'staircase', rooms: { size: 2 }, levels: [2, 4], hold: '30s', ${fields} } } };`;
}
export function video(fields: string): string {
  return crowd('', `media: { video: { ${fields} } },`);
}
/** Synthetic bots that publish this video. */
export function synthetic(fields: string, top = ''): string {
  return crowd(`bot: 'synthetic', media: { video: { ${fields} } },`, top);
}
/** Chrome bots in a room of random bytes. */
export function spectators(fields: string): string {
  return `export const options = { synthetic: { payload: 'marked' }, scenarios: {
    crowd: { executor: 'constant-vus', bot: 'synthetic', rooms: { size: 2 }, vus: 2, duration: '30s' },
    probes: { executor: 'constant-vus', joins: 'crowd', ${fields} } } };`;
}
export function vus(fields: string): string {
  return `export const options = { scenarios: { crowd: { executor: 'constant-vus', rooms: { size: 2 }, vus: 2, duration: '30s' },
    probes: { executor: 'constant-vus', ${fields} } } };`;
}
export function stages(list: string): string {
  return `export const options = { scenarios: { crowd: { executor: 'ramping-vus', rooms: { size: 2 }, stages: ${list} } } };`;
}

export const files: readonly Row[] = [
  ['export const options = {\n  a: 1,\n  b: = 2 };', 'SCENARIO_SYNTAX', undefined, /line 3: .*b: = 2/s],
  ['enum A { B }\nexport const options = {};', 'SCENARIO_SYNTAX', undefined, /line 1: .*no enums/s],
  [
    "import { nothing } from 'sfubench';\nvoid nothing;",
    'SCENARIO_SYNTAX',
    undefined,
    /line 1: .*'nothing'/s,
  ],
  ["import './absent.ts';", 'SCENARIO_INVALID', undefined, /import fails.*carry their ending/s],
  [
    "import http from 'k6/http';\nvoid http;",
    'SCENARIO_INVALID',
    undefined,
    /k6's modules do not exist here/,
  ],
  [
    "\nfunction f() {\n  throw new Error('boom');\n}\nf();",
    'SCENARIO_THREW',
    undefined,
    /boom \(at f \(.*:3:9\)\)/,
  ],
  ["throw 'a text';", 'SCENARIO_THREW', undefined, /a text/],
  ['await Promise.reject(new TypeError("late"));', 'SCENARIO_THREW', undefined, /late/],
  ['JSON.parse("{");', 'SCENARIO_THREW', undefined, /JSON/],
  ['', 'SCENARIO_INVALID', 'options', /exports no options/],
  ['export const options = 7;', 'SCENARIO_INVALID', 'options', /must be an object, not 7/],
  ['export const options = [];', 'SCENARIO_INVALID', 'options', /must be an object/],
  ['export const options = {};', 'SCENARIO_INVALID', 'scenarios', /is missing/],
  ['export const options = { scenarios: {} };', 'SCENARIO_INVALID', 'scenarios', /at least one entry/],
  [
    'export const options = { scenarios: { a: 1 } };',
    'SCENARIO_INVALID',
    'scenarios.a',
    /must be an object, not 1/,
  ],
  [
    'const o = { scenarios: {} }; o.scenarios = o; export const options = o;',
    'SCENARIO_INVALID',
    'scenarios',
    /contains itself/,
  ],
];

export const words: readonly Row[] = [
  [crowd('', 'target: "mediasop",'), 'SCENARIO_INVALID', 'target', /did you mean 'mediasoup'/],
  [crowd('', 'sceanrios: {},'), 'SCENARIO_INVALID', 'sceanrios', /not known.*did you mean 'scenarios'/s],
  [crowd('levles: [2],'), 'SCENARIO_INVALID', 'scenarios.crowd.levles', /did you mean 'levels'/],
  [crowd('toString: 1,'), 'SCENARIO_INVALID', 'scenarios.crowd.toString', /is not known/],
  [crowd('rooms: { sise: 2 },'), 'SCENARIO_INVALID', 'scenarios.crowd.rooms.sise', /did you mean 'size'/],
  [crowd('xyz: 1,'), 'SCENARIO_INVALID', 'scenarios.crowd.xyz', /known here: .*levels/s],
  [crowd('stages: [],'), 'SCENARIO_INVALID', 'scenarios.crowd.stages', /belongs to executor 'ramping-vus'/],
  [
    crowd("executor: 'staircas',"),
    'SCENARIO_INVALID',
    'scenarios.crowd.executor',
    /did you mean 'staircase'/,
  ],
  [crowd('executor: 3,'), 'SCENARIO_INVALID', 'scenarios.crowd.executor', /must be a name, not 3/],
  [crowd('executor: undefined,'), 'SCENARIO_INVALID', 'scenarios.crowd.executor', /is missing/],
  [
    'export const options = { scenarios: { "a b": {} } };',
    'SCENARIO_INVALID',
    'scenarios["a b"]',
    /part of a room id/,
  ],
  [
    crowd("bot: 'firefox',"),
    'SCENARIO_INVALID',
    'scenarios.crowd.bot',
    /'chrome' or 'synthetic', not 'firefox'/,
  ],
  [crowd('tags: { a: 1 },'), 'SCENARIO_INVALID', 'scenarios.crowd.tags.a', /must be a text, not 1/],
  [crowd('', "target: () => 'x',"), 'SCENARIO_INVALID', 'target', /is a function/],
  [crowd('', 'seed: -1,'), 'SCENARIO_INVALID', 'seed', /whole number from 0/],
];

/** What thresholds say and to whom is tested with their parser; here, that a scenario's are read at all. */
export const thresholds: readonly Row[] = [
  [crowd('', 'thresholds: 3,'), 'SCENARIO_INVALID', 'thresholds', /object of lists/],
  [
    crowd('', "thresholds: { join_msec: ['p(95)<1'] },"),
    'SCENARIO_INVALID',
    'thresholds.join_msec',
    /names no metric.*did you mean 'join_ms'/s,
  ],
  [
    crowd('', "thresholds: { 'join_ms{scenario:crwd}': ['p(95)<1'] },"),
    'SCENARIO_INVALID',
    'thresholds["join_ms{scenario:crwd}"]',
    /names no scenario: 'crwd'.*did you mean 'crowd'/s,
  ],
  [
    crowd('', "thresholds: { joins_total: ['p(95)<1'] },"),
    'SCENARIO_INVALID',
    'thresholds.joins_total[0]',
    /count/,
  ],
];

export const notYet: readonly Row[] = [
  ...['externally-controlled'].map(
    (name): Row => [
      crowd(`executor: '${name}',`),
      'SCENARIO_INVALID',
      'scenarios.crowd.executor',
      /not supported yet/,
    ],
  ),
  [synthetic("codec: 'H264'"), 'SCENARIO_INVALID', 'scenarios.crowd.media.video.codec', /use 'VP8'/],
  [
    synthetic('width: 1920, height: 1080, simulcast: true'),
    'SCENARIO_INVALID',
    'scenarios.crowd.media.video',
    /in 3 layers.*no recording of 480×270 and 960×540 and 1920×1080.*'marked'/s,
  ],
  [
    synthetic('width: 1280, height: 720, simulcast: true, maxBitrateBps: 2_000_000'),
    'SCENARIO_INVALID',
    'scenarios.crowd.media.video.maxBitrateBps',
    /below the 2085718/,
  ],
  [
    synthetic("codec: 'VP9'", "synthetic: { payload: 'marked' },"),
    'SCENARIO_INVALID',
    'scenarios.crowd.media.video.codec',
    /use 'VP8' or 'H264'/,
  ],
  [crowd('', "synthetic: { verify: 'all' },"), 'SCENARIO_INVALID', 'synthetic', /no scenario has bot/],
  [
    synthetic('', "synthetic: { keyFrameInterval: '2s' },"),
    'SCENARIO_INVALID',
    'synthetic.keyFrameInterval',
    /is for payload: 'marked'/,
  ],
  [
    synthetic('', "synthetic: { payload: 'marked', keyFrameInterval: '100ms' },"),
    'SCENARIO_INVALID',
    'synthetic.keyFrameInterval',
    /from 300ms/,
  ],
  [
    synthetic('', "synthetic: { verfy: 'all' },"),
    'SCENARIO_INVALID',
    'synthetic.verfy',
    /did you mean 'verify'/,
  ],
  [synthetic('', 'synthetic: 1,'), 'SCENARIO_INVALID', 'synthetic', /an object such as/],
  [
    synthetic('', "synthetic: { wake: 'often' },"),
    'SCENARIO_INVALID',
    'synthetic.wake',
    /'batch' or 'packet', not 'often'/,
  ],
  [spectators(''), 'SCENARIO_INVALID', 'synthetic.payload', /Chrome bots of 'probes' consume what 'crowd'/],
  [
    crowd('', "media: { audio: { speech: 'p59' } },"),
    'SCENARIO_INVALID',
    'media.audio.speech',
    /is for synthetic bots/,
  ],
  [
    synthetic('width: 800, height: 600'),
    'SCENARIO_INVALID',
    'scenarios.crowd.media.video',
    /800×600 at 30 fps.*640×360 at 30 fps/s,
  ],
  [
    synthetic('maxBitrateBps: 100_000'),
    'SCENARIO_INVALID',
    'scenarios.crowd.media.video.maxBitrateBps',
    /below the 448141/,
  ],
  [
    crowd("bot: 'synthetic', decode: 'play',"),
    'SCENARIO_INVALID',
    'scenarios.crowd.decode',
    /decode nothing/,
  ],
  [crowd('', "target: 'janus',"), 'SCENARIO_INVALID', 'target', /not supported yet/],
  [crowd('', 'batch: 3,'), 'SCENARIO_INVALID', 'batch', /no meaning here: .*HTTP/],
  [crowd('', 'insecureSkipTLSVerify: true,'), 'SCENARIO_INVALID', 'insecureSkipTLSVerify', /insecure and ca/],
];
