/** What synthetic bots cannot do yet is refused, with what they can do. */
import type { ScenarioEntry } from '../options.ts';
import { recordings } from '../profiles.ts';
import type { Media } from '../scenario.ts';
import type { Problem } from './problem.ts';

const sizes = recordings.map(({ width, height, fps }) => `${width}×${height} at ${fps} fps`).join(', ');

/**
 * @param field the entry's
 * @param media what the entry's bots publish, resolved; null where it cannot be relied upon
 */
export function checkSynthetic(entry: ScenarioEntry, field: string, media: Media | null): Problem[] {
  if (entry.bot !== 'synthetic') return [];
  const problems: Problem[] = [];
  if (entry.decode !== undefined) {
    const message = 'has no meaning for synthetic bots: they count what they receive and decode nothing';
    problems.push({ field: `${field}.decode`, value: entry.decode, message });
  }
  if (media === null || !publishes(entry)) return problems;
  // Where the file says it: at the entry, or for all.
  const placeOf = (kind: 'audio' | 'video'): string =>
    entry.media?.[kind] === undefined ? `media.${kind}` : `${field}.media.${kind}`;
  const { kinds = ['audio', 'video'] } = entry.rooms ?? {};
  const audio = kinds.includes('audio') ? media.audio : null;
  const video = kinds.includes('video') ? media.video : null;
  if (audio?.file != null) {
    const message = 'is not supported yet by synthetic bots: they publish a recording of their own';
    problems.push({ field: `${placeOf('audio')}.file`, value: audio.file, message });
  }
  if (video !== null) problems.push(...checkVideo(video, placeOf('video')));
  return problems;
}

/** Viewers of another entry's rooms publish nothing unless told. */
function publishes({ rooms, joins }: ScenarioEntry): boolean {
  return (rooms?.publishers ?? (joins === undefined ? 'all' : 0)) !== 0;
}

function checkVideo(video: NonNullable<Media['video']>, field: string): Problem[] {
  const { codec, width, height, fps, maxBitrateBps, layers, file } = video;
  const notYet = 'is not supported yet by synthetic bots';
  if (file !== null) return [{ field: `${field}.file`, value: file, message: notYet }];
  if (codec !== 'VP8') return [{ field: `${field}.codec`, value: codec, message: notYet, hint: "use 'VP8'" }];
  if (layers > 1)
    return [{ field: `${field}.simulcast`, value: layers, message: notYet, hint: 'switch it off' }];
  const recording = recordings.find(
    (each) => each.width === width && each.height === height && each.fps === fps,
  );
  if (recording === undefined) {
    const message = `asks for ${width}×${height} at ${fps} fps, of which synthetic bots have no recording`;
    return [{ field, value: `${width}×${height} at ${fps} fps`, message, hint: `use ${sizes}` }];
  }
  if (recording.bitrateBps <= maxBitrateBps) return [];
  const message = `is ${maxBitrateBps}, below the ${recording.bitrateBps} of the recording that synthetic bots publish`;
  return [{ field: `${field}.maxBitrateBps`, value: maxBitrateBps, message }];
}
