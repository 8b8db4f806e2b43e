/** Camera and microphone of a page. Runs in the page. */
import type { PageMedia } from './contract.ts';

/** Our tracks; null when nothing is published. What browsers do to voices costs CPU and tells nothing of the SFU. */
export async function capture({ publish }: PageMedia): Promise<MediaStream | null> {
  const { audio, video } = publish;
  if (audio === null && video === null) return null;
  const wanted = {
    audio: audio !== null && { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: video !== null && {
      width: { exact: video.width },
      height: { exact: video.height },
      frameRate: { exact: video.fps },
    },
  };
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (thrown) {
    // Chrome's own message is empty where a constraint cannot be met.
    const { name, message, constraint } = thrown as OverconstrainedError;
    throw new Error(`getUserMedia: ${name} ${constraint ?? message}`, { cause: thrown });
  }
}

export function stop(tracks: MediaStream | null): void {
  for (const track of tracks?.getTracks() ?? []) track.stop();
}
