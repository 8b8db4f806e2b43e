/** Sends protected streams to many sockets, as an SFU with nothing to decide would: what the sink can take is no SFU's limit. */
import { nowMs } from '../clock.ts';
import { nodeCiphers } from '../crypto/node.ts';
import { opensslCiphers } from '../crypto/openssl.ts';
import { writeUint16 } from '../engine/bytes.ts';
import { createRtpTemplate, type RtpTemplate, writeRtp } from '../engine/rtp/template.ts';
import { type SrtpKeys, srtpOverhead } from '../engine/srtp/profile.ts';
import { SrtpSender } from '../engine/srtp/sender.ts';
import { openUdp } from '../udp/open.ts';
import type { UdpPort } from '../udp/port.ts';
import type { CeilingReading } from './messages.ts';
import {
  audioBytes,
  packetsPerFrame,
  rooms,
  roundMs,
  srtpKeys,
  streamOf,
  transportSequenceId,
  videoBytes,
} from './streams.ts';

const kinds = ['audio', 'video'] as const;
const turnMs = roundMs / rooms;
/** What was not sent in this time is given up: the load is then short of what was asked, and read to be. */
const behindMs = 50;

interface Room {
  readonly audio: RtpTemplate;
  readonly video: RtpTemplate;
  rounds: number;
}

export class NullSfu {
  readonly local: number;
  readonly means: string;
  readonly #port: UdpPort;
  readonly #handle: number;
  readonly #sender: SrtpSender;
  readonly #rooms: Room[];
  readonly #packet = Buffer.alloc(videoBytes + 100 + srtpOverhead, 0x55);
  #to: number[] = [];
  #sockets = 0;
  #turns = 0;
  #sentUntilMs = 0;
  #timer: NodeJS.Timeout | null = null;

  static async create(keys = srtpKeys()): Promise<NullSfu> {
    const { port, kind } = await openUdp();
    const opening = port.open({ address: '127.0.0.1', sendBufferBytes: 8 << 20 });
    if (opening.state === 'refused') throw new Error(`no socket: ${opening.reason}`);
    return new NullSfu(port, opening.handle, opening.port, kind, keys);
  }

  private constructor(port: UdpPort, handle: number, local: number, means: string, keys: SrtpKeys) {
    this.#port = port;
    this.#handle = handle;
    this.local = local;
    this.means = means;
    const openssl = opensslCiphers();
    const ciphers = openssl.state === 'ready' ? openssl.ciphers : nodeCiphers;
    this.#sender = SrtpSender.create(keys, ciphers);
    const extensions = [{ name: 'transportSequence', id: transportSequenceId } as const];
    this.#rooms = Array.from({ length: rooms }, (_, room) => ({
      audio: createRtpTemplate({ ...streamOf(room, 'audio'), extensions }),
      video: createRtpTemplate({ ...streamOf(room, 'video'), extensions }),
      rounds: 0,
    }));
  }

  /** Where the sockets are; nothing is sent before `load`. */
  aim(ports: readonly number[]): void {
    this.#to = ports.map((port) => this.#port.address({ address: '127.0.0.1', port }));
  }

  load(sockets: number): void {
    this.#sockets = Math.min(sockets, this.#to.length);
    this.#sentUntilMs = nowMs();
    this.#timer ??= setTimeout(() => this.#tick(), 1);
  }

  read(): CeilingReading {
    const { user, system } = process.cpuUsage();
    return {
      atMs: nowMs(),
      cpuMsTotal: (user + system) / 1000,
      packetsTotal: this.#port.counters.sent,
      dropsTotal: 0,
      refusedTotal: 0,
      pollLagMs: null,
    };
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#sender.close();
    this.#port.shut();
  }

  #tick(): void {
    const now = nowMs();
    this.#sentUntilMs = Math.max(this.#sentUntilMs, now - behindMs);
    while (this.#sentUntilMs + turnMs <= now) {
      this.#round(this.#turns % rooms);
      this.#turns += 1;
      this.#sentUntilMs += turnMs;
    }
    this.#port.flush();
    this.#timer = setTimeout(() => this.#tick(), 1);
  }

  /** A packet of audio and one of video to each socket of the room. */
  #round(index: number): void {
    const room = this.#rooms[index];
    if (room === undefined) return;
    const frame = Math.floor(room.rounds / packetsPerFrame);
    for (const kind of kinds) {
      const isAudio = kind === 'audio';
      const template = room[kind];
      const marker = !isAudio && room.rounds % packetsPerFrame === packetsPerFrame - 1;
      const timestamp = isAudio ? room.rounds * 48 * roundMs : frame * packetsPerFrame * 90 * roundMs;
      const head = writeRtp(template, this.#packet, 0, marker, room.rounds & 0xffff, timestamp >>> 0);
      const sequence = (2 * room.rounds + (isAudio ? 0 : 1)) & 0xffff;
      writeUint16(this.#packet, template.transportSequenceAt, sequence);
      const length = this.#sender.protectRtp(this.#packet, 0, head + (isAudio ? audioBytes : videoBytes));
      if (length < 0) throw new Error(`a packet could not be protected: ${length}`);
      for (let socket = index; socket < this.#sockets; socket += rooms)
        this.#port.send(this.#handle, this.#packet, 0, length, this.#to[socket] ?? 0);
    }
    room.rounds += 1;
  }
}
