/** The bots of a host: one whose page crashed is asked for again before all of it is gone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nowMs } from '../../bots/clock.ts';
import type { BotEvent } from '../../bots/messages.ts';
import { type CrashListener, Roster } from '../../bots/roster.ts';
import { defaultQuality } from '../../harness/scenario/quality.ts';
import { botSpec } from '../support/bot-specs.ts';
import { stage } from '../support/fake-endpoint.ts';
import { pause } from '../support/played-bot.ts';

const quality = { limits: defaultQuality, sources: {} };

describe('a bot whose page crashed', () => {
  it('is made ready again once it is gone, and says that it cannot join until then', async () => {
    const gone = Promise.withResolvers<void>();
    const set = stage();
    const said: string[] = [];
    let crash: CrashListener | null = null;
    const roster = Roster.create({
      target: set.target,
      functions: {},
      setupData: null,
      endpointOf: async (_spec, onCrash) => {
        crash = onCrash;
        return { ...set.endpoint, close: () => gone.promise };
      },
      emit: (event: BotEvent, turn) => said.push(`${event.event} ${turn}`),
      onFree: (bot, turn) => said.push(`${bot} free ${turn}`),
      quality,
      watchesLag: false,
    });
    assert.deepEqual(await roster.prepare([botSpec('bot')]), []);
    roster.join('bot', nowMs(), 0);
    await pause(40);
    assert.ok(crash !== null);
    (crash as CrashListener)('page', 'it crashed');
    await pause(20);
    const again = roster.prepare([botSpec('bot')]);
    roster.join('bot', nowMs(), 1);
    assert.deepEqual(said, ['joined 0', 'crashed 0', 'bot free 0', 'join-failed 1', 'bot free 1']);
    gone.resolve();
    assert.deepEqual(await again, []);
    roster.join('bot', nowMs(), 2);
    await pause(40);
    assert.equal(said.at(-1), 'joined 2');
    await roster.close();
  });
});
