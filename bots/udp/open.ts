/** Chooses the implementation, once per thread, and says which and why: the manifest of a run names it. */
import { DgramUdp } from './dgram.ts';
import type { UdpOptions, UdpPort } from './port.ts';

export type UdpChoice = 'auto' | 'linux' | 'portable';

export interface OpenedUdp {
  readonly port: UdpPort;
  readonly kind: UdpPort['kind'];
  /** For people: why this one. */
  readonly reason: string;
}

/** Says which choice the environment asks for; the caller's own goes before. */
export const choiceVariable = 'SFUBENCH_UDP';

export function chosenUdp(environment: NodeJS.ProcessEnv): UdpChoice {
  const choice = environment[choiceVariable] ?? 'auto';
  if (choice === 'auto' || choice === 'linux' || choice === 'portable') return choice;
  throw new TypeError(`${choiceVariable} is "${choice}", and can be auto, linux or portable`);
}

/** Throws only when `linux` was asked for and is not possible. */
export async function openUdp(
  choice: UdpChoice = chosenUdp(process.env),
  options: Partial<UdpOptions> = {},
): Promise<OpenedUdp> {
  if (choice === 'portable') return portable('asked for', options);
  try {
    // Loaded here: where the FFI's binary is missing, the import throws.
    const { LinuxUdp } = await import('./linux.ts');
    const port = LinuxUdp.create(options);
    return { port, kind: port.kind, reason: choice === 'linux' ? 'asked for' : 'recvmmsg and epoll by FFI' };
  } catch (cause) {
    const why = `FFI not usable: ${cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause)}`;
    if (choice === 'linux') throw new Error(`udp "linux" was asked for, but ${why}`, { cause });
    return portable(why, options);
  }
}

function portable(reason: string, options: Partial<UdpOptions>): OpenedUdp {
  const port = DgramUdp.create(options);
  return { port, kind: port.kind, reason };
}
