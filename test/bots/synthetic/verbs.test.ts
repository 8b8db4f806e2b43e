/** A synthetic bot's verbs on a real node: packets stop, come again, and are other ones. */
import { after, before, describe, it } from 'node:test';
import {
  accountsForAll,
  choosesWhatItTakes,
  enterTwo,
  mutesAndSpeaks,
  pausesAndResumes,
  Stage,
  switchesLayers,
} from '../../support/verbs.ts';

describe('a synthetic bot', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.create('synthetic');
    await enterTwo(stage);
  });
  after(() => stage.close());

  it('pauses what it receives, for which it is due nothing, and resumes it', () => pausesAndResumes(stage));
  it('mutes what it sends, and is heard again', () => mutesAndSpeaks(stage));
  it('chooses what it takes of what it is offered', () => choosesWhatItTakes(stage));
  it('gets the layer that it prefers', () => switchesLayers(stage));
  it('has counted what the node sent it, to the packet', () => accountsForAll(stage));
});
