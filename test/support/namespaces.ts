/** Network and mount namespaces of a test's own; everything they hold goes with them. Needs root and iproute2. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['-m', '-n', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function canUseNetworks(): boolean {
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
    return canUnshare();
  } catch {
    return false;
  }
}

export interface Link {
  readonly left: { readonly namespace: string; readonly address: string };
  readonly right: { readonly namespace: string; readonly address: string };
  close(): void;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Two hosts with one cable between them. */
export function createLink(): Link {
  const id = randomBytes(3).toString('hex');
  const [left, right] = [`sb-l-${id}`, `sb-r-${id}`];
  const ends = [
    { namespace: left, device: `vl${id}`, address: '10.211.0.1' },
    { namespace: right, device: `vr${id}`, address: '10.211.0.2' },
  ];
  ip('netns', 'add', left);
  ip('netns', 'add', right);
  ip('link', 'add', `vl${id}`, 'type', 'veth', 'peer', 'name', `vr${id}`);
  for (const { namespace, device, address } of ends) {
    ip('link', 'set', device, 'netns', namespace);
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  return {
    left: { namespace: left, address: '10.211.0.1' },
    right: { namespace: right, address: '10.211.0.2' },
    close: () => {
      for (const namespace of [left, right]) ip('netns', 'del', namespace);
    },
  };
}
