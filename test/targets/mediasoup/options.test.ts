/** What the node can be told, and what it refuses by name. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BenchError } from '../../../harness/errors.ts';
import { optionsOfEnvironment, resolveNodeOptions } from '../../../harness/targets/mediasoup/options.ts';
import { leastLoaded } from '../../../harness/targets/mediasoup/placement.ts';
import { parseJoinQuery } from '../../../harness/targets/mediasoup/query.ts';

function refused(input: Readonly<Record<string, unknown>>, field: string, hint: RegExp): void {
  assert.throws(
    () => resolveNodeOptions(input),
    (error) =>
      error instanceof BenchError &&
      error.code === 'OPTION_INVALID' &&
      error.detail.field === field &&
      hint.test(error.detail.hint ?? ''),
    `${JSON.stringify(input)} must be refused`,
  );
}

describe('options', () => {
  it('are complete, frozen, and the demo’s where nothing is said', () => {
    const options = resolveNodeOptions({});
    assert.ok(Object.isFrozen(options));
    assert.ok(!Object.values(options).includes(undefined as never));
    const { workers, listenHost, rtcListenIp, initialAvailableOutgoingBitrate, iceConsentTimeout, sctp } =
      options;
    assert.deepEqual(
      { workers, listenHost, rtcListenIp, initialAvailableOutgoingBitrate, iceConsentTimeout, sctp },
      {
        workers: 1,
        listenHost: '127.0.0.1',
        rtcListenIp: '127.0.0.1',
        initialAvailableOutgoingBitrate: 1_000_000,
        iceConsentTimeout: 20,
        sctp: false,
      },
    );
  });

  it('read text as a target spec has it', () => {
    const options = resolveNodeOptions({
      workers: '3',
      dataBot: 'true',
      cpus: '0+2-4',
      maxIncomingBitrate: '500000',
    });
    assert.deepEqual(
      [options.workers, options.dataBot, options.sctp, options.cpus, options.maxIncomingBitrate],
      [3, true, true, [0, 2, 3, 4], 500_000],
    );
    assert.deepEqual(resolveNodeOptions({ cpus: '0,2' }).cpus, [0, 2]);
  });

  it('are refused with name, value and what would be right', () => {
    refused({ workers: 0 }, 'workers', /1 to 256/);
    refused({ workers: '1.5' }, 'workers', /whole number/);
    refused({ workers: '' }, 'workers', /whole number/);
    refused({ wokers: 2 }, 'wokers', /'workers'/);
    refused({ rtcPort: 40_000 }, 'rtcPort', /32767/);
    refused({ logLevel: 'loud' }, 'logLevel', /debug, warn, error, none/);
    refused({ enableTcp: 'yes' }, 'enableTcp', /true or false/);
    refused({ cpus: '1+1' }, 'cpus', /each once/);
    refused({ cpus: '3-1' }, 'cpus', /core numbers/);
    refused({ cpus: [] }, 'cpus', /core numbers/);
    refused({ initialAvailableOutgoingBitrate: 0 }, 'initialAvailableOutgoingBitrate', /whole number/);
    refused({ tlsCert: 'a.pem' }, 'tlsCert', /both/);
    refused({ listenHost: 'localhost', rtcListenIp: 'localhost' }, 'rtcListenIp', /address/);
    refused({ listenHost: '0.0.0.0' }, 'listenHost', /announcedAddress/);
  });

  it('of the environment go by their newest name, and are refused by it', () => {
    const { input, places } = optionsOfEnvironment({
      HTTPS_CERT_FULLCHAIN: '/c.pem',
      HTTPS_CERT_PRIVKEY: '/k.pem',
      MEDIASOUP_ANNOUNCED_IP: '192.0.2.1',
      MEDIASOUP_ANNOUNCED_ADDRESS: 'sfu.example',
      PROTOO_LISTEN_PORT: '4443',
      HTTP_LISTEN_PORT: '',
    });
    assert.deepEqual(input, {
      tlsCert: '/c.pem',
      tlsKey: '/k.pem',
      announcedAddress: 'sfu.example',
      signalingPort: '4443',
    });
    const wrong = optionsOfEnvironment({ PROTOO_LISTEN_PORT: 'https' });
    assert.throws(
      () => resolveNodeOptions(wrong.input, wrong.places),
      (error) => error instanceof BenchError && error.detail.field === 'PROTOO_LISTEN_PORT',
    );
    assert.equal(places['announcedAddress'], 'MEDIASOUP_ANNOUNCED_ADDRESS');
  });
});

const worker = (index: number, consumers: number, rooms: number, alive = true) => ({
  index,
  alive,
  load: { consumers, rooms: { size: rooms } },
});

describe('a room is placed', () => {
  it('by consumers, then rooms, then index, on workers that live', () => {
    assert.equal(leastLoaded([worker(0, 9, 1), worker(1, 3, 5), worker(2, 4, 0)])?.index, 1);
    assert.equal(leastLoaded([worker(0, 3, 2), worker(1, 3, 1)])?.index, 1);
    assert.equal(leastLoaded([worker(1, 0, 0), worker(0, 0, 0)])?.index, 0);
    assert.equal(leastLoaded([worker(0, 0, 0, false), worker(1, 9, 9)])?.index, 1);
    assert.equal(leastLoaded([worker(0, 0, 0, false)]), undefined);
    const first = worker(0, 0, 0);
    assert.equal(leastLoaded([first], first), undefined);
  });
});

describe('the query of a signalling address', () => {
  it('has defaults, ignores what it does not know, and survives anything', () => {
    assert.deepEqual(parseJoinQuery('/?roomId=r&peerId=p&throttleSecret=x'), {
      roomId: 'r',
      peerId: 'p',
      consumerReplicas: 0,
      usePipeTransports: false,
      consume: { kinds: ['audio', 'video'], max: Number.POSITIVE_INFINITY },
    });
    for (const odd of ['', '//', '/?', '?roomId', `/?roomId=r&peerId=${'p'.repeat(300)}`, 'http://[::1']) {
      assert.ok('error' in parseJoinQuery(odd), odd);
    }
  });
});
