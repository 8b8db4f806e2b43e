/** The process entry of either side of `doctor --ceiling`, so that each has a core of its own. Ends with its IPC channel. */
import type { CeilingOrder, CeilingReport } from './messages.ts';
import { NullSfu } from './null-sfu.ts';
import { Sink } from './sink.ts';

let side: NullSfu | Sink | null = null;

function tell(report: CeilingReport): void {
  if (process.connected) process.send?.(report);
}

async function obey(order: CeilingOrder): Promise<void> {
  if (order.type === 'null-sfu') {
    const created = await NullSfu.create();
    side = created;
    tell({ type: 'ready', ports: [created.local], means: created.means });
  } else if (order.type === 'sink') {
    const created = await Sink.create(order.sockets, order.from);
    side = created;
    tell({ type: 'ready', ports: created.ports, means: created.means });
  } else if (order.type === 'read') {
    if (side !== null) tell({ type: 'reading', ...side.read() });
  } else if (side instanceof NullSfu) {
    if (order.type === 'ports') side.aim(order.ports);
    else side.load(order.sockets);
  }
}

function end(): void {
  side?.close();
  side = null;
}

process.on('message', (order: CeilingOrder) => {
  obey(order).catch((thrown: unknown) => {
    tell({ type: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) });
    end();
  });
});
process.on('disconnect', end);
// Ctrl-C in a terminal is for whoever started this.
process.on('SIGINT', () => undefined);
