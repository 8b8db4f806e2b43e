/** The query of a signalling URL: mediasoup-demo's parameters, and our own `consume` and `maxConsumers`. */

export interface JoinQuery {
  readonly roomId: string;
  readonly peerId: string;
  /** Extra consumers per producer, over the same transport. As in the demo, a room takes it from its first peer. */
  readonly consumerReplicas: number;
  /** Producers on one worker, consumers on another, piped. From the room's first peer too. */
  readonly usePipeTransports: boolean;
  readonly consume: ConsumeWish;
}

/** What the node creates consumers for; what it leaves out is not created at all, hence not counted. */
export interface ConsumeWish {
  readonly kinds: readonly ('audio' | 'video')[];
  /** Most producers consumed at a time. Replicas come on top. */
  readonly max: number;
}

const kindsOf = { all: ['audio', 'video'], none: [], audio: ['audio'], video: ['video'] } as const;

/** Any other parameter is ignored, as the demo does; of those known, a value without meaning is refused. */
export function parseJoinQuery(url: string): JoinQuery | { readonly error: string } {
  const query = URL.parse(url, 'ws://node.invalid')?.searchParams;
  if (query === undefined) return { error: 'the address is no URL' };
  const [roomId, peerId] = [query.get('roomId') ?? '', query.get('peerId') ?? ''];
  for (const [name, id] of [
    ['roomId', roomId],
    ['peerId', peerId],
  ] as const) {
    if (id === '' || id.length > 256) return { error: `${name} must have 1 to 256 characters` };
  }
  const consumerReplicas = Number(query.get('consumerReplicas') ?? 0);
  if (!isCount(consumerReplicas, 1000))
    return { error: 'consumerReplicas must be a whole number from 0 to 1000' };
  const pipe = query.get('usePipeTransports') ?? 'false';
  if (pipe !== 'true' && pipe !== 'false') return { error: 'usePipeTransports must be true or false' };
  const consume = query.get('consume') ?? 'all';
  if (!Object.hasOwn(kindsOf, consume)) return { error: 'consume must be all, none, audio or video' };
  const limit = query.get('maxConsumers');
  const max = limit === null ? Number.POSITIVE_INFINITY : Number(limit === '' ? Number.NaN : limit);
  if (limit !== null && !isCount(max, 1_000_000))
    return { error: 'maxConsumers must be a whole number from 0 on' };
  const kinds = kindsOf[consume as keyof typeof kindsOf];
  return { roomId, peerId, consumerReplicas, usePipeTransports: pipe === 'true', consume: { kinds, max } };
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
