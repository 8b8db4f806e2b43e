/**
 * What a packet cost the workers while a step filled them, before any was full. That differs from step to step, by what
 * else goes on in the machine and around it; and unlike the cost over the whole step it does not rise by the worker's
 * falling over, so it may tell why it fell. Kept among a trial's figures; nothing is decided by it.
 */
import type { Sample } from './record.ts';

/** A worker with less to do sleeps between packets, and each costs more; a fuller one may be about to drop them. */
const range = { from: 0.25, to: 0.88 };
/** A step that begins above has nothing of the kind to tell: its packets are cheaper, as there are more. */
const emptyCores = 0.5;
/** Fewer seconds tell of noise. */
const leastSeconds = 3;
/** Of a step: joins of a level near the capacity take about as long. */
const firstSeconds = 15;

interface Step {
  seconds: number;
  counted: number;
  cpuSeconds: number;
  packets: number;
  isOver: boolean;
}

export class Filling {
  readonly #steps = new Map<string, Step>();
  /** Of this second: each worker's cores, and what each group of bots has received so far. */
  #cores: number[] = [];
  readonly #received = new Map<string, number>();
  #packets = 0;

  /** A step of the group begins. */
  begin(group: string): void {
    this.#steps.set(group, { seconds: 0, counted: 0, cpuSeconds: 0, packets: 0, isOver: false });
  }

  collect(samples: readonly Sample[]): void {
    for (const { e, v } of samples) {
      const { worker_cpu_cores: cores, rtp_packets_received_total: received } = v;
      if (typeof cores === 'number') this.#cores.push(cores);
      if (!e.startsWith('bots:') || typeof received !== 'number') continue;
      // Who has left takes what he received along.
      this.#packets += Math.max(0, received - (this.#received.get(e) ?? received));
      this.#received.set(e, received);
    }
  }

  /** A second is over. */
  tick(): void {
    const [cores, packets] = [this.#cores, this.#packets];
    [this.#cores, this.#packets] = [[], 0];
    if (cores.length === 0) return;
    const hottest = Math.max(...cores);
    for (const step of this.#steps.values()) {
      if (step.seconds === 0 && hottest > emptyCores) step.isOver = true;
      step.seconds += 1;
      if (step.seconds > firstSeconds || hottest > range.to) step.isOver = true;
      if (step.isOver || hottest < range.from || packets === 0) continue;
      step.counted += 1;
      step.cpuSeconds += cores.reduce((sum, value) => sum + value, 0);
      step.packets += packets;
    }
  }

  /** µs of all workers' CPU per packet that bots received; null where the step did not fill them from low on. */
  usPerPacket(group: string): number | null {
    const step = this.#steps.get(group);
    if (step === undefined || step.counted < leastSeconds) return null;
    return (step.cpuSeconds / step.packets) * 1e6;
  }
}
