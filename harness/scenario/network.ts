/** From `network` of the options to what each direction does to a bot's packets, and what cannot be. */
import type { LinkConditions, NetworkConditions } from '../../bots/bot.ts';
import { durationMs, formatDuration } from '../durations.ts';
import type { LinkOptions, NetworkOptions } from '../network-options.ts';
import type { Duration, ExpandedEntry, ExpandedOptions } from '../options.ts';
import type { Group, Quality } from '../scenario.ts';
import type { Problem } from './problem.ts';

/** As long as a home router's buffer: longer than what real-time media bears, shorter than what its users bear. */
const defaultQueueMs = 200;

/** What the entry says goes before what is said for all. */
function networkOf(entry: ExpandedEntry, options: ExpandedOptions): NetworkOptions | null {
  const network = entry.network ?? options.network ?? 'none';
  return network === 'none' ? null : network;
}

/** Null where packets meet nothing. */
export function resolveNetwork(entry: ExpandedEntry, options: ExpandedOptions): NetworkConditions | null {
  const network = networkOf(entry, options);
  if (network === null) return null;
  const { up, down, ...both } = network;
  return { up: linkOf({ ...both, ...up }), down: linkOf({ ...both, ...down }) };
}

function linkOf({ delay, jitter, loss = 0, rateBps, queue }: LinkOptions): LinkConditions {
  const queueMs = queue === undefined ? defaultQueueMs : ms(queue);
  return {
    delayMs: ms(delay),
    jitterMs: ms(jitter),
    lossRatio: loss,
    rateBps: rateBps ?? null,
    queueMs,
  };
}

function ms(duration: Duration = 0): number {
  return durationMs(duration) ?? 0;
}

/** @param field the entry's */
export function checkNetwork(entry: ExpandedEntry, field: string, options: ExpandedOptions): Problem[] {
  const network = networkOf(entry, options);
  if (network === null) return [];
  const place = { field: entry.network === undefined ? 'network' : `${field}.network`, value: network };
  if (entry.bot !== 'synthetic') {
    const message = `is for synthetic bots, and '${field}' has Chrome bots`;
    return [{ ...place, message, hint: `network: 'none' in '${field}', or bot: 'synthetic'` }];
  }
  if (options.synthetic?.wake === 'packet') {
    const message = "has no meaning beside synthetic.wake: 'packet': packets that are held up wake nobody";
    return [{ ...place, message }];
  }
  return [];
}

/** A network that breaks the limits by itself says nothing about the SFU. */
export function networkWarnings({ name, network }: Group, { latencyMs, loss }: Quality): string[] {
  if (network === null) return [];
  const { up, down } = network;
  const warnings: string[] = [];
  const delayMs = up.delayMs + down.delayMs;
  if (delayMs >= latencyMs) {
    warnings.push(
      `scenarios.${name}.network holds packets between two of its bots up for ${formatDuration(delayMs)}, and quality.latency is ${formatDuration(latencyMs)}: their windows violate`,
    );
  }
  const lost = 1 - (1 - up.lossRatio) * (1 - down.lossRatio);
  if (lost >= loss && lost > 0) {
    warnings.push(
      `scenarios.${name}.network loses ${(lost * 100).toFixed(1)} % between two of its bots, and quality.loss is ${(loss * 100).toFixed(1)} %: what is not repaired violates`,
    );
  }
  return warnings;
}

/** `40 ms, jitter up to 10 ms, 1 % loss, 2 Mb/s`; null where nothing is done. */
function linkText({ delayMs, jitterMs, lossRatio, rateBps }: LinkConditions): string | null {
  const parts = [
    ...(delayMs > 0 ? [`${delayMs} ms`] : []),
    ...(jitterMs > 0 ? [`jitter up to ${jitterMs} ms`] : []),
    ...(lossRatio > 0 ? [`${Number((lossRatio * 100).toFixed(3))} % loss`] : []),
    ...(rateBps === null ? [] : [`${Number((rateBps / 1e6).toFixed(3))} Mb/s`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

/** For people; null where packets meet nothing. */
export function networkText(network: NetworkConditions | null): string | null {
  if (network === null) return null;
  const [up, down] = [linkText(network.up), linkText(network.down)];
  if (up === down) return up === null ? null : `network ${up} each way`;
  return `network up ${up ?? 'free'}, down ${down ?? 'free'}`;
}
