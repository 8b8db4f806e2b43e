/** What synthetic bots cannot do is refused, with what they can do. */
import type { MediaOptions } from '../media-options.ts';
import type { ExpandedEntry, ExpandedOptions } from '../options.ts';
import { layerSizes, recordedLayers, recordings, totalRate } from '../profiles.ts';
import type { Media } from '../scenario.ts';
import type { Problem } from './problem.ts';

const sizes = recordings.map(({ width, height, fps }) => `${width}×${height} at ${fps} fps`).join(', ');
const marked = "synthetic: { payload: 'marked' }, which Chrome cannot decode";

/** What the whole file says of synthetic bots. `names`: entries that are as they must be. */
export function checkSyntheticOptions(options: ExpandedOptions, names: ReadonlySet<string>): Problem[] {
  const { synthetic } = options;
  const all = Object.entries(options.scenarios ?? {});
  if (synthetic === undefined || all.some(([name]) => !names.has(name))) return [];
  const problems: Problem[] = [];
  if (all.every(([, { bot }]) => bot !== 'synthetic')) {
    const message = "has no meaning: no scenario has bot: 'synthetic'";
    return [{ field: 'synthetic', value: synthetic, message }];
  }
  const { payload, keyFrameInterval } = synthetic;
  if (payload === 'marked') problems.push(...checkSpectators(options));
  else if (keyFrameInterval !== undefined) {
    const message = "is for payload: 'marked'; key frames of recordings come where they were recorded";
    problems.push({ field: 'synthetic.keyFrameInterval', value: keyFrameInterval, message });
  }
  return problems;
}

/** Whose rooms an entry's bots are in. */
function roomsOf([name, { joins }]: readonly [string, ExpandedEntry]): string {
  return joins ?? name;
}

/** Browsers would show nothing of random bytes, ask for key frames without end, and count as a bad SFU. */
function checkSpectators({ scenarios }: ExpandedOptions): Problem[] {
  const all = Object.entries(scenarios);
  const spectators = all.filter(([, entry]) => entry.bot !== 'synthetic' && consumes(entry));
  return spectators.flatMap((spectator) => {
    const publisher = all.find(
      (other) => other[1].bot === 'synthetic' && publishes(other[1]) && roomsOf(other) === roomsOf(spectator),
    );
    if (publisher === undefined) return [];
    const message = `is 'marked', which no browser can decode, and the Chrome bots of '${spectator[0]}' consume what '${publisher[0]}' publishes`;
    const hint = `use payload: 'cassette', or consume: 'none' in '${spectator[0]}'`;
    return [{ field: 'synthetic.payload', value: 'marked', message, hint }];
  });
}

function consumes({ consume = 'all' }: ExpandedEntry): boolean {
  return typeof consume === 'string' ? consume === 'all' : consume.max !== 0;
}

/**
 * @param field the entry's
 * @param media what the entry's bots publish, resolved; null where it cannot be relied upon
 */
export function checkSynthetic(
  entry: ExpandedEntry,
  field: string,
  media: Media | null,
  options: ExpandedOptions,
): Problem[] {
  // Where the file says it: at the entry, or for all.
  const placeOf = (kind: 'audio' | 'video'): string =>
    entry.media?.[kind] === undefined ? `media.${kind}` : `${field}.media.${kind}`;
  const { kinds = ['audio', 'video'] } = entry.rooms ?? {};
  const isSent = media !== null && publishes(entry);
  const audio = isSent && kinds.includes('audio') ? media.audio : null;
  const video = isSent && kinds.includes('video') ? media.video : null;
  const problems: Problem[] = [];
  if (entry.bot !== 'synthetic') {
    if (audio === null || audio.speech === 'constant') return [];
    const message = `is for synthetic bots, and '${field}' publishes audio by Chrome`;
    return [{ field: `${placeOf('audio')}.speech`, value: audio.speech, message }];
  }
  if (entry.decode !== undefined) {
    const message = 'has no meaning for synthetic bots: they count what they receive and decode nothing';
    problems.push({ field: `${field}.decode`, value: entry.decode, message });
  }
  if (audio?.file != null) {
    const message = 'is not supported yet by synthetic bots: they publish a recording of their own';
    problems.push({ field: `${placeOf('audio')}.file`, value: audio.file, message });
  }
  if (video === null) return problems;
  const given = limitGiven(entry.media ?? {}) ?? limitGiven(options.media ?? {});
  const isMarked = options.synthetic?.payload === 'marked';
  const found = isMarked
    ? checkMarked(video, placeOf('video'))
    : checkRecorded(video, placeOf('video'), given);
  return [...problems, ...found];
}

/** Viewers of another entry's rooms publish nothing unless told. */
function publishes({ rooms, joins }: ExpandedEntry): boolean {
  return (rooms?.publishers ?? (joins === undefined ? 'all' : 0)) !== 0;
}

/** The bitrate that the file itself asks for; what follows from a size by default is no wish. */
function limitGiven({ video }: MediaOptions): number | null | undefined {
  if (video === undefined) return undefined;
  return typeof video === 'object' ? (video.maxBitrateBps ?? null) : null;
}

type Video = NonNullable<Media['video']>;

const notYet = 'is not supported yet by synthetic bots';

function checkMarked({ codec, file }: Video, field: string): Problem[] {
  if (file !== null) return [{ field: `${field}.file`, value: file, message: notYet }];
  if (codec !== 'VP9') return [];
  return [{ field: `${field}.codec`, value: codec, message: notYet, hint: "use 'VP8' or 'H264'" }];
}

function checkRecorded(video: Video, field: string, limitBps: number | null | undefined): Problem[] {
  const { codec, width, height, fps, layers, file } = video;
  if (file !== null) return [{ field: `${field}.file`, value: file, message: notYet }];
  if (codec !== 'VP8') {
    const hint = codec === 'H264' ? `use 'VP8', or ${marked}` : "use 'VP8'";
    const message = 'is one that synthetic bots have no recording of';
    return [{ field: `${field}.codec`, value: codec, message, hint }];
  }
  const found = recordedLayers(video);
  if (found.length < layers) {
    const smaller = layers === 1 ? '' : ` in ${layers} layers`;
    const missing = layerSizes(video)
      .filter((size) => found.every(({ width: known }) => known !== size.width))
      .map((size) => `${size.width}×${size.height}`);
    const which = layers === 1 ? 'which' : missing.join(' and ');
    const message = `asks for ${width}×${height} at ${fps} fps${smaller}, and synthetic bots have no recording of ${which}`;
    const hint = `use ${sizes}, or ${marked}`;
    return [{ field, value: `${width}×${height} at ${fps} fps`, message, hint }];
  }
  const { bitrateBps } = totalRate(found);
  if (typeof limitBps !== 'number' || bitrateBps <= limitBps) return [];
  const message = `is ${limitBps}, below the ${bitrateBps} of the recording that synthetic bots publish`;
  return [{ field: `${field}.maxBitrateBps`, value: limitBps, message, hint: `raise it, or use ${marked}` }];
}
