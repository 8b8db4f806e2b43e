/** `doctor --ceiling`: how much this machine's own generator can receive; and what `run` makes of that. */
import { fixed, percent, whole } from '../../reports/format.ts';
import { allowedCores, divideCores, lockCores } from '../cores.ts';
import type { Ceiling, CeilingLimit } from '../doctor/ceiling.ts';
import { ceilingPlan, measureCeiling } from '../doctor/measure-ceiling.ts';
import { BenchError, exitCodes } from '../errors.ts';
import { forecast } from '../forecast.ts';
import { ceilingFile, keepFact, machineKey, readCeiling } from '../machine-facts.ts';
import type { Scenario } from '../scenario.ts';
import type { CoreFlags, OutputFlags } from './flags.ts';
import { onInterrupt } from './interrupt.ts';
import { createTerminal } from './terminal.ts';

/** Of the ceiling that a run may ask for. */
export const ceilingShare = 0.6;

/** @returns the exit code; @throws BenchError where it cannot be measured */
export async function findCeiling(flags: OutputFlags & CoreFlags): Promise<number> {
  const terminal = createTerminal({ quiet: flags.quiet ?? false, color: flags.color });
  const { coreSfu, coreGenerator } = twoCores(flags);
  const unlock = lockCores([coreSfu, coreGenerator], 'doctor --ceiling');
  const interruption = new AbortController();
  const release = onInterrupt(() => interruption.abort());
  const found = await measureCeiling({
    ...ceilingPlan,
    coreSfu,
    coreGenerator,
    signal: interruption.signal,
    onStep: ({ sockets, receivedPerSecond, cpuCores, cpuUsPerPacket }) =>
      terminal.note(
        `${whole(sockets)} sockets · ${whole(receivedPerSecond)} packets/s · ${percent(cpuCores, 0)} of the core · ${fixed(cpuUsPerPacket, 2)} µs each`,
      ),
  }).finally(() => {
    release();
    unlock();
  });
  if (interruption.signal.aborted) return exitCodes.interrupted;
  if (found === null)
    throw new BenchError('HOST_FAILED', 'the first load was already more than the generator could take', {
      hint: 'something else uses its core: try again when the machine is quiet',
    });
  const file = ceilingFile(found.key);
  keepFact(file, found);
  process.stdout.write(
    flags.json ? `${JSON.stringify({ ...found, file }, null, 2)}\n` : ceilingText(found, file),
  );
  return exitCodes.ok;
}

function twoCores({ coresSfu, coresGenerator }: CoreFlags): { coreSfu: number; coreGenerator: number } {
  const wishes = { workers: 1, embedded: true, sfu: coresSfu ?? null, generator: coresGenerator ?? null };
  const { sfu, generator } = divideCores(allowedCores(), wishes);
  const [coreSfu, coreGenerator] = [sfu?.[0], generator?.[0]];
  if (coreSfu === undefined || coreGenerator === undefined || coreSfu === coreGenerator)
    throw new BenchError('TOO_FEW_CORES', 'sender and receiver have no cores of their own here', {
      hint: 'allow this process two cores or more',
    });
  return { coreSfu, coreGenerator };
}

const endings: Readonly<Record<CeilingLimit, string>> = {
  cpu: 'its core was used to 80 %',
  drops: 'its sockets lost packets beyond that',
  'late polls': 'it looked at its sockets too late beyond that',
  sender:
    'not reached, as the sender’s core was full before: estimated from the last load’s cost of a packet',
  sockets: 'not reached, as no more sockets fit: estimated from the last load’s cost of a packet',
};

export function ceilingText(ceiling: Ceiling, file: string): string {
  const { packetsPerSecond, cpuUsPerPacket, limit, means, isEstimate } = ceiling;
  return [
    `ceiling  ${isEstimate ? 'about ' : ''}${whole(packetsPerSecond)} packets/s on one core of the generator, ${fixed(cpuUsPerPacket, 2)} µs each: ${endings[limit]}`,
    `         two streams and 100 packets/s per socket, one packet in 16 verified, feedback on; ${means}`,
    `         runs with synthetic bots are refused above ${percent(ceilingShare, 0)} of it: ${whole(packetsPerSecond * ceilingShare)} packets/s a core`,
    `kept     ${file}`,
    '',
  ].join('\n');
}

/**
 * Of a machine whose ceiling is known no more is asked than it can do; where it is not known, nothing is refused.
 * @throws BenchError CEILING
 */
export function checkCeiling(scenario: Scenario, { coresGenerator }: CoreFlags): void {
  if (!scenario.groups.some(({ bot }) => bot === 'synthetic')) return;
  const file = ceilingFile(machineKey());
  const ceiling = readCeiling(file);
  if (ceiling === null) return;
  const embedded = scenario.target.kind === 'mediasoup';
  const workers = embedded ? Number(scenario.target.settings['workers'] ?? 1) : 0;
  const wishes = { workers, embedded, sfu: null, generator: coresGenerator ?? null };
  const cores = divideCores(allowedCores(), wishes).generator?.length ?? allowedCores().length;
  const asked = packetsPerSecond(scenario);
  const most = ceiling.packetsPerSecond * ceilingShare * Math.max(1, cores);
  if (asked <= most) return;
  throw new BenchError(
    'CEILING',
    `the bots would handle ${whole(asked)} packets/s, and this machine’s generator can be trusted with ${whole(most)}: ${percent(ceilingShare, 0)} of what ${cores === 1 ? 'its core' : `its ${cores} cores`} can do`,
    {
      file,
      hint: 'lower the level, give the generator more cores, or measure again with sfubench doctor --ceiling; without that file nothing is refused',
    },
  );
}

/** At the highest load of each group, sent and received, those of Chrome bots among them included. */
function packetsPerSecond(scenario: Scenario): number {
  const { groups } = forecast(scenario);
  const most = groups
    .filter((_, at) => scenario.groups[at]?.joins === null)
    .map(({ steps }) =>
      Math.max(0, ...steps.map(({ load }) => load.inbound.packetsPerSecond + load.outbound.packetsPerSecond)),
    );
  return most.reduce((sum, packets) => sum + packets, 0);
}
