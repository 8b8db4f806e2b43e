/** The reference node, started for one run on this machine and ended with it. */
import { randomBytes } from 'node:crypto';
import { ControlClient } from './control-client.ts';
import { NodeProcess } from './mediasoup/node-process.ts';
import type { NodeInput } from './mediasoup/options.ts';
import type { Target, TargetEvents } from './target.ts';

export interface EmbeddedOptions extends TargetEvents {
  /** As the scenario or `--target` gave them; the node checks them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly worker: { readonly path: string; readonly kind: 'prebuilt' | 'built' | 'given' } | null;
  /** Cores of the workers; null is unpinned. */
  readonly cores: readonly number[] | null;
}

/** @throws BenchError as the node told it: an option that is wrong, no worker, no mediasoup package. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Target> {
  const token = randomBytes(32).toString('hex');
  const { settings, worker, cores } = options;
  const input = {
    ...(worker === null ? {} : { workerBin: worker.path, workerKind: worker.kind }),
    ...(cores === null ? {} : { cpus: cores.join(',') }),
    ...settings,
  } as NodeInput;
  const node = await NodeProcess.create({
    input,
    token,
    onWorkerDeath: (death) => options.onWorkerDeath(death.index, death.reason),
    onDeath: options.onNodeDeath,
  });
  const { signalingUrl, controlUrl } = node.ready;
  const control =
    controlUrl === null ? null : new ControlClient({ url: controlUrl, token, insecure: true, caFile: null });
  try {
    return {
      kind: 'mediasoup',
      embedded: true,
      dialect: 'mediasoup-demo',
      signalingUrl,
      tls: { insecure: true, caFile: null },
      control,
      description: control === null ? null : await control.description(),
      close: () => node.close(),
    };
  } catch (error) {
    await node.close();
    throw error;
  }
}
