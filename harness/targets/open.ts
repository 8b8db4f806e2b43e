/** From a target's spec to the target: started by us (embedded), or found where the user says it is. */
import { readFileSync } from 'node:fs';
import { BenchError, messageOf } from '../errors.ts';
import type { TargetSpec } from '../scenario.ts';
import { ControlClient } from './control-client.ts';
import { type EmbeddedOptions, startEmbedded } from './embedded.ts';
import { reach } from './reach.ts';
import type { Target, TargetEvents } from './target.ts';

export type OpenOptions = TargetEvents & Omit<EmbeddedOptions, 'settings' | keyof TargetEvents>;

export async function openTarget(spec: TargetSpec, options: OpenOptions): Promise<Target> {
  if (spec.kind === 'mediasoup') return startEmbedded({ ...options, settings: spec.settings });
  const control = spec.controlUrl === null ? null : controlOf(spec.controlUrl, spec);
  await reach(spec.url, 'target', spec);
  return {
    kind: spec.kind,
    embedded: false,
    dialect: 'mediasoup-demo',
    signalingUrl: spec.url,
    tls: { insecure: spec.insecure, caFile: spec.caFile },
    control,
    description: control === null ? null : await control.description(),
    close: () => Promise.resolve(),
  };
}

function controlOf(
  url: string,
  spec: { readonly tokenFile: string | null; readonly insecure: boolean; readonly caFile: string | null },
): ControlClient {
  const token = spec.tokenFile === null ? process.env['SFUBENCH_TOKEN'] : tokenFrom(spec.tokenFile);
  if (token === undefined || token === '') {
    throw new BenchError('OPTION_INVALID', 'the control endpoint needs a token', {
      field: spec.tokenFile === null ? 'SFUBENCH_TOKEN' : 'token-file',
      hint: 'give the token the node was started with: SFUBENCH_TOKEN in the environment, or --token-file',
    });
  }
  return new ControlClient({ url, token, insecure: spec.insecure, caFile: spec.caFile });
}

function tokenFrom(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new BenchError('OPTION_INVALID', `cannot read the token: ${messageOf(error)}`, {
      file,
      field: 'token-file',
      hint: 'name a file that holds the token and nothing else',
    });
  }
}
