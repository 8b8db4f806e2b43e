import { deepEqual, equal, match } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Connection, readTarget } from '../harness/target-spec.ts';
import { folder } from './scenario/scenario-file.ts';

function read(value: unknown, connection: Connection = {}) {
  return readTarget({ value, field: 'target', baseDir: folder }, connection);
}

const demo = { kind: 'mediasoup-demo', controlUrl: null, tokenFile: null, insecure: false, caFile: null };

test('the forms of a target', () => {
  writeFileSync(join(folder, 'target.json'), '{ "kind": "mediasoup", "workers": 3, "enableTcp": false }');
  writeFileSync(join(folder, 'worker'), '');
  const rows: readonly [unknown, unknown][] = [
    ['mediasoup', { kind: 'mediasoup', settings: {} }],
    [
      'mediasoup:workers=2,cpus=0+1,enableTcp=true',
      { kind: 'mediasoup', settings: { workers: 2, cpus: '0+1', enableTcp: true } },
    ],
    ['mediasoup:workerBin=worker', { kind: 'mediasoup', settings: { workerBin: join(folder, 'worker') } }],
    [
      { kind: 'mediasoup', cpus: [0, 1] },
      { kind: 'mediasoup', settings: { cpus: [0, 1] } },
    ],
    ['target.json', { kind: 'mediasoup', settings: { workers: 3, enableTcp: false } }],
    ['wss://host:4443', { ...demo, url: 'wss://host:4443/' }],
    ['https://host:4443/', { ...demo, url: 'wss://host:4443/' }],
    ['http://127.0.0.1:80/x?a=1#top', { ...demo, url: 'ws://127.0.0.1/x?a=1' }],
    ['mediasoup-demo:url=ws://h:1,insecure=true', { ...demo, url: 'ws://h:1/', insecure: true }],
    [
      { kind: 'mediasoup-demo', url: 'ws://h:1', control: 'http://h:2' },
      { ...demo, url: 'ws://h:1/', controlUrl: 'http://h:2/' },
    ],
  ];
  for (const [value, spec] of rows) deepEqual(read(value), { spec, problems: [] }, JSON.stringify(value));
});

test('the command line adds how to reach a target that runs already', () => {
  const token = join(folder, 'token');
  writeFileSync(token, 'x');
  const connection = { control: 'http://h:2', tokenFile: token, insecure: true };
  const spec = { ...demo, url: 'ws://h:1/', controlUrl: 'http://h:2/', tokenFile: token, insecure: true };
  deepEqual(read('ws://h:1', connection), { spec, problems: [] });
});

test('what is wrong with a target is said with its place', () => {
  const rows: readonly [unknown, string, RegExp, Connection?][] = [
    ['', 'target', /must be a text or an object/],
    [7, 'target', /must be a text or an object/],
    [{}, 'target', /has no kind/],
    ['mediasop', 'target', /no kind of target/],
    ['janus', 'target', /not supported yet/],
    ['whip:url=x', 'target', /not supported yet/],
    ['page', 'target', /not supported yet/],
    ['custom', 'target', /not supported yet/],
    ['mediasoup:workers', 'target', /'workers' where key=value is due/],
    ['mediasoup:workers=1,workers=2', 'target', /names 'workers' twice/],
    ['mediasoup:workers=0', 'target.workers', /a whole number from 1/],
    ['mediasoup:workerBin=absent', 'target.workerBin', /which does not exist/],
    ['absent.json', 'target', /cannot be read as JSON/],
    ['ftp://host', 'target.url', /begins with ws:\/\/ or wss:/],
    ['mediasoup-demo', 'target.url', /must be a URL/],
    ['mediasoup-demo:url=ws://h,contrl=http://h', 'target.contrl', /is not known/],
    ['wss://user:secret@host', 'target.url', /user name or password/],
    ['wss://host/?roomId=a', 'target.url', /sets roomId/],
    ['mediasoup', '--control', /needs a target that runs already/, { control: 'http://h' }],
    ['ws://h', '--control', /http:\/\/ or https:/, { control: 'ws://h' }],
    ['ws://h', '--token-file', /does not exist/, { control: 'http://h', tokenFile: '/absent' }],
    ['ws://h', '--token-file', /no control endpoint/, { tokenFile: folder }],
    ['ws://h', '--ca', /exclude each other/, { insecure: true, ca: folder }],
  ];
  for (const [value, field, message, connection] of rows) {
    const { spec, problems } = read(value, connection);
    equal(spec, null, String(value));
    equal(problems[0]?.field, field, String(value));
    match(problems[0]?.message ?? '', message);
  }
});

test('anything at all is a target or has a problem', () => {
  const text = fc.string().map((rest) => `mediasoup:${rest}`);
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), text, fc.webUrl()), (value) => {
      const { spec, problems } = read(value);
      return (spec === null) === problems.length > 0;
    }),
  );
});
