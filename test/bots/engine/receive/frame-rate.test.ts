/** Rates of a counter that is read now and then. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FrameRate } from '../../../../bots/engine/receive/frame-rate.ts';

it('is that since the reading before, unless that was just now or a pause lies between', () => {
  const rate = new FrameRate();
  assert.equal(rate.read(1000, 7), null);
  assert.equal(rate.read(2000, 37), 30);
  // Too near: the next one goes on from the reading before.
  assert.equal(rate.read(2100, 37), null);
  assert.equal(rate.read(4000, 67), 15);
  rate.reset();
  assert.equal(rate.read(9000, 100), null);
  assert.equal(rate.read(9200, 106), 30);
});
