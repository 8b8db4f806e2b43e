/**
 * The thread that keeps a schedule goes before the others of its core. Waking, it would else wait for the slices of
 * whoever runs there (the collector, the signalling of a node, a neighbour): 10–30 ms on Linux, more than a packet of
 * audio may be late. It takes the core for fractions of a millisecond at a time, so nobody waits for it in turn; and
 * the kernel keeps 5 % of each core for them all the same (sched(7), sched_rt_runtime_us).
 */

/** sched_setscheduler(2): round robin, not handed on to threads and processes that this one starts. */
const roundRobinHere = 2 | 0x4000_0000;
const lowestPriority = 1;

/** False where this is no Linux, where FFI is not loadable, or where we lack the right (CAP_SYS_NICE, RLIMIT_RTPRIO). */
export async function takePrecedence(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    const { default: koffi } = await import('koffi');
    const set = koffi.load(null).func('sched_setscheduler', 'int', ['int', 'int', 'int *']);
    return set(0, roundRobinHere, [lowestPriority]) === 0;
  } catch {
    return false;
  }
}
