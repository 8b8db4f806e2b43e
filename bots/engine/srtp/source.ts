/** RFC 3711 §3.2.1 and §3.3.1: the rollover counter and the replay windows of one SSRC in one direction. */
import { ReplayWindow } from './replay-window.ts';

const rolloverLimit = 2 ** 32;

export class SrtpSource {
  roc = 0;
  /** Highest sequence number of this rollover; −1 before the first packet. */
  highest = -1;
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;

  constructor(window: number) {
    this.rtp = new ReplayWindow(window);
    this.rtcp = new ReplayWindow(64);
  }

  /** The rollover count that a packet most likely belongs to (Appendix A); −1 where it is before our first. */
  guess(sequence: number): number {
    const highest = this.highest;
    if (highest < 0) return this.roc;
    if (highest < 0x8000) return sequence - highest > 0x8000 ? this.roc - 1 : this.roc;
    return highest - 0x8000 > sequence ? (this.roc + 1) % rolloverLimit : this.roc;
  }

  /** Remembers a packet that was taken. */
  advance(roc: number, sequence: number): void {
    if (roc === this.roc) {
      if (sequence > this.highest) this.highest = sequence;
    } else if (roc > this.roc) {
      this.roc = roc;
      this.highest = sequence;
    }
  }
}
