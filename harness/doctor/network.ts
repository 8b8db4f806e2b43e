/** Findings about the loopback network, from readings that `read-network.ts` makes. Pure. */
import { type Finding, ok, problem, warning } from './finding.ts';

/** An exchange of datagrams with ourselves. */
export type EchoTrial =
  | { readonly state: 'echoed'; readonly sent: number; readonly received: number; readonly medianMs: number }
  | { readonly state: 'failed'; readonly reason: string };

export function loopbackFinding(trial: EchoTrial): Finding {
  const remedy =
    'bots and the embedded node talk over 127.0.0.1: look at the firewall, and at ip link show lo';
  if (trial.state === 'failed') return problem('loopback', `UDP failed: ${trial.reason}`, remedy);
  const { sent, received, medianMs } = trial;
  const found = `UDP: ${received} of ${sent} datagrams came back, in ${medianMs.toFixed(2)} ms`;
  if (received === 0) return problem('loopback', found, remedy);
  return received < sent ? warning('loopback', found, remedy) : ok('loopback', found);
}

export function ipv6Finding(trial: EchoTrial): Finding {
  if (trial.state === 'echoed' && trial.received > 0) return ok('IPv6', 'loopback works');
  return ok('IPv6', 'no loopback: IPv4 is used, and enough');
}

/** Ports that the system gives to clients; null where it does not say. */
export type PortRange = readonly [first: number, last: number] | null;

/** @param mediaPort first port that the embedded node tries for media */
export function portsFinding(ephemeral: PortRange, mediaPort: number, sudo: string): Finding {
  if (ephemeral === null)
    return ok('ports', `media from ${mediaPort}; ephemeral range not shown by this system`);
  const [first, last] = ephemeral;
  const found = `media from ${mediaPort}, ephemeral ${first}-${last}`;
  if (mediaPort < first || mediaPort > last) return ok('ports', found);
  return warning(
    'ports',
    found,
    `a client could hold the node's port: ${sudo}sysctl -w net.ipv4.ip_local_port_range="32768 60999"`,
  );
}
