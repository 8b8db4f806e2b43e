/** Every parser that takes bytes from the network. */
import type { Target } from './mutate.ts';
import { dtls } from './targets/dtls.ts';
import { payloads } from './targets/payload.ts';
import { receiver } from './targets/receiver.ts';
import { rtcp } from './targets/rtcp.ts';
import { rtp } from './targets/rtp.ts';
import { srtp } from './targets/srtp.ts';
import { ice, stun } from './targets/stun.ts';

export const targets: readonly Target[] = [rtp, rtcp, stun, ice, ...srtp, ...payloads, receiver, ...dtls];
