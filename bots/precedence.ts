/**
 * The host that keeps a schedule goes before the others of its core. Waking, it would else wait for the slices of
 * whoever runs there (the collector, the signalling of a node, a neighbour): 10–30 ms on Linux, longer than a packet
 * of audio may be late. Real-time scheduling is no way out: a thread that spins for a lock, whose holder waits behind
 * it, stopped everybody else on the core for 950 ms.
 */
import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

const niceness = -15;

/**
 * This process, which leads a session of its own: where the kernel divides a core among sessions (autogroup, sched(7)),
 * a thread's niceness says nothing against other sessions, and the session's does. False where neither can be raised,
 * which takes CAP_SYS_NICE.
 */
export async function takePrecedence(): Promise<boolean> {
  try {
    setPriority(niceness);
  } catch {
    return false;
  }
  // Kernels without autogroup have no such file: there the thread's niceness is what counts.
  await writeFile('/proc/self/autogroup', String(niceness)).catch(() => undefined);
  return true;
}
