/** Scenario files whose load is wrong in how it moves over time, and what is said about each. */
import { crowd, type Row } from './bad-files.ts';

function entry(executor: string, fields: string): string {
  return `export const options = { scenarios: { crowd: { executor: '${executor}', rooms: { size: 2 }, ${fields} } } };`;
}
function rate(fields: string): string {
  return entry('constant-arrival-rate', `rate: 5, duration: '10s', preAllocatedVUs: 4, ${fields}`);
}
function ramp(fields: string): string {
  return entry('ramping-arrival-rate', `preAllocatedVUs: 4, ${fields}`);
}
function shared(fields: string): string {
  return entry('shared-iterations', fields);
}
function shortcuts(fields: string): string {
  return `export const options = { ${fields} };`;
}
function row(text: string, field: string, fragment: RegExp): Row {
  return [text, 'SCENARIO_INVALID', field === '' ? undefined : field, fragment];
}

function search(fields: string): string {
  return entry('capacity-search', `guess: 20, ${fields}`);
}

const at = 'scenarios.crowd';

export const searches: readonly Row[] = [
  row(entry('capacity-search', ''), `${at}.guess`, /is missing/),
  row(search('guess: 0,'), `${at}.guess`, /from 1 to 100,000, not 0/),
  row(search('width: 5,'), `${at}.width`, /a share from 0.005 to 0.5, such as 0.05 for 5 %, not 5/),
  row(search("width: '5%',"), `${at}.width`, /a share/),
  row(search("budget: '1m',"), `${at}.budget`, /is 1m, too little for one trial: at least 2m5s/),
  row(search("budget: '2m5s', fullTrial: '31s',"), `${at}.budget`, /at least 2m6s/),
  row(search("shortTrial: '500ms',"), `${at}.shortTrial`, /from 1s/),
  row(search('highest: 2,'), `${at}.highest`, /not two levels of whole rooms.*a room has 2 peers/s),
  row(search('lowest: 30, highest: 40,'), `${at}.guess`, /is 20, outside of the levels from 30 to 40/),
  row(search("levelUnit: 'rooms', guess: 40_000,"), `${at}.highest`, /240000 peers, more than 100000/),
  row(search("levelUnit: 'workers',"), `${at}.levelUnit`, /'peers' or 'rooms'/),
  row(search('levels: [2],'), `${at}.levels`, /belongs to executor 'staircase'/),
  row(search("budjet: '1m',"), `${at}.budjet`, /did you mean 'budget'/),
  [
    `export const options = { scenarios: {
      a: { executor: 'capacity-search', guess: 20, rooms: { size: 2 } },
      b: { executor: 'capacity-search', guess: 20, rooms: { size: 2 } } } };`,
    'SCENARIO_INVALID',
    'scenarios.b.executor',
    /is that of 'a', too: there is one search in a run/,
  ],
];

export const sessions: readonly Row[] = [
  row(rate('rate: 0,'), `${at}.rate`, /from 1 .*sessions in each timeUnit, not 0/),
  row(rate("timeUnit: '1ms', rate: 11,"), `${at}.rate`, /11000 sessions per second.*timeUnit/s),
  row(rate('timeUnit: 0,'), `${at}.timeUnit`, /duration from 1ms/),
  row(rate('maxVUs: 3,'), `${at}.maxVUs`, /is 3, below preAllocatedVUs, which is 4/),
  row(rate('preAllocatedVUs: 0,'), `${at}.preAllocatedVUs`, /nobody could begin/),
  row(rate('preAllocatedVUs: 1,'), `${at}.preAllocatedVUs`, /below rooms.size/),
  row(rate('preAllocatedVUs: undefined,'), `${at}.preAllocatedVUs`, /is missing/),
  row(rate('joinRate: 3,'), `${at}.joinRate`, /belongs to executor 'staircase'/),
  row(rate("sessionDuraton: '3s',"), `${at}.sessionDuraton`, /did you mean 'sessionDuration'/),
  row(rate("gracefulStop: 'x',"), `${at}.gracefulStop`, /must be a duration/),
  row(ramp("stages: [{ duration: '1m', target: 0 }],"), `${at}.stages`, /never leave zero/),
  row(ramp('stages: [{ duration: 0, target: 5 }],'), `${at}.stages`, /no time at all/),
  row(
    ramp("stages: [{ duration: '1m', target: -1 }],"),
    `${at}.stages[0].target`,
    /sessions in each timeUnit/,
  ),
  row(
    ramp("timeUnit: '1ms', stages: [{ duration: '1m', target: 20 }],"),
    `${at}.stages[0].target`,
    /20000 sessions/,
  ),
  row(
    ramp("duration: '1m', stages: [{ duration: '1m', target: 1 }],"),
    `${at}.duration`,
    /belongs to executor 'constant-vus'/,
  ),
  row(shared('vus: 4, iterations: 3,'), `${at}.iterations`, /is 3, below vus, which is 4/),
  row(shared('vus: 1, iterations: 3,'), `${at}.vus`, /below rooms.size/),
  row(shared("vus: 2, iterations: 3, maxDuration: '10ms',"), `${at}.maxDuration`, /from 1s/),
  row(entry('per-vu-iterations', 'vus: 2, iterations: 0,'), `${at}.iterations`, /from 1 /),
  row(entry('per-vu-iterations', "vus: 2, settle: '1s',"), `${at}.settle`, /belongs to executor/),
  row(crowd("startTime: 'soon',"), `${at}.startTime`, /must be a duration/),
  row(crowd('env: { A: 1 },'), `${at}.env.A`, /must be a text, not 1/),
  row(crowd("gracefulStop: '1s',"), `${at}.gracefulStop`, /belongs to executor 'constant-vus'/),
  row(crowd('executor: "constant-arival-rate",'), `${at}.executor`, /did you mean 'constant-arrival-rate'/),
];

export const shortcutRows: readonly Row[] = [
  row(
    shortcuts("vus: 3, duration: '10s', stages: [{ duration: '1m', target: 3 }]"),
    'duration',
    /exclude each other/,
  ),
  row(shortcuts("vus: 0, stages: [{ duration: '1m', target: 0 }]"), 'stages', /never leave zero/),
  row(shortcuts("stages: [{ duration: '1m', target: 'x' }]"), 'stages[0].target', /not 'x'/),
  row(shortcuts("vus: 3, duration: '10ms'"), 'duration', /from 1s/),
  row(shortcuts("vus: 'x', duration: '10s'"), 'vus', /not 'x'/),
  row(shortcuts('vus: 3, iterations: 2'), 'iterations', /below vus/),
  row(shortcuts("vus: 3, duration: '10s', rooms: { sise: 3 }"), 'rooms.sise', /did you mean 'size'/),
  row(shortcuts("vus: 3, duration: '10s', rooms: { size: 4 }"), 'vus', /below rooms.size/),
  row(shortcuts("vus: 3, iterations: 9, settle: '1s'"), 'settle', /belongs to executor/),
  row(shortcuts('vus: 0'), 'vus', /from 1/),
  row(shortcuts('vus: 3, scenarios: {}'), 'scenarios', /at least one entry/),
  row(crowd('', "duration: '10s',"), 'duration', /'scenarios' exclude each other/),
];
