/**
 * Rooms for what is written in k6's words alone, which do not speak of them: a block of options out of a k6 script may be
 * pasted as it is. An executor of ours has to be told.
 */
import { fieldOf, isRecord } from './problem.ts';

/** Peers of a room where nothing says so, and as many are there. */
const usualRoom = 4;

type Entry = Readonly<Record<string, unknown>>;

const vusOf = ({ vus = 1 }: Entry): unknown => vus;
const arrivingOf = (entry: Entry): unknown => entry['maxVUs'] ?? entry['preAllocatedVUs'];

/** k6's executors, and how many peers there are at most; ramps are taken to be long enough. */
const mostPeers: ReadonlyMap<unknown, (entry: Entry) => unknown> = new Map<
  unknown,
  (entry: Entry) => unknown
>([
  ['constant-vus', vusOf],
  ['ramping-vus', () => usualRoom],
  ['constant-arrival-rate', arrivingOf],
  ['ramping-arrival-rate', arrivingOf],
  ['per-vu-iterations', vusOf],
  ['shared-iterations', vusOf],
]);

export interface Roomed {
  readonly scenarios: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** `scenarios` as written; `place` names an entry as its user knows it. */
export function withUsualRooms(
  scenarios: Readonly<Record<string, unknown>>,
  place: (name: string) => string = (name) => fieldOf(['scenarios', name]),
): Roomed {
  const warnings: string[] = [];
  const roomed = Object.entries(scenarios).map(([name, entry]): [string, unknown] => {
    if (!isRecord(entry) || entry['rooms'] !== undefined || entry['joins'] !== undefined)
      return [name, entry];
    const mostOf = mostPeers.get(entry['executor']);
    if (mostOf === undefined) return [name, entry];
    const most = mostOf(entry);
    const size = typeof most === 'number' && most >= 1 ? Math.min(usualRoom, Math.floor(most)) : usualRoom;
    warnings.push(
      `${place(name)}: peers are in rooms of ${size}, as k6's words say nothing of rooms: write rooms: { size: … }`,
    );
    return [name, { ...entry, rooms: { size } }];
  });
  return { scenarios: Object.fromEntries(roomed), warnings };
}
