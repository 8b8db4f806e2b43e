/** One Chrome, for bots whose fake camera and microphone are the same: they belong to the browser, not to a page. */
import type { Browser as Puppet } from 'puppeteer-core';
import { launch } from 'puppeteer-core';
import type { BotSpec, VideoMedia } from '../bot.ts';
import { within } from '../clock.ts';
import type { ChromeSettings } from '../messages.ts';
import { createProfile, removeProfile } from './profiles.ts';

/** What bots of one browser have in common. Null: whatever the browser has. */
export interface Devices {
  /** The camera is one for all pages, and opens in the size that the first of them asks for. */
  readonly size: string | null;
  /** Flags of the launch. */
  readonly fps: number | null;
  readonly videoFile: string | null;
  readonly audioFile: string | null;
}

/** Chrome's own default, for browsers whose first bot has no camera. */
const defaultFps = 20;

export function devicesOf({ publish: { audio, video } }: BotSpec): Devices {
  return {
    size: video === null ? null : sizeOf(video),
    fps: video?.fps ?? null,
    videoFile: video?.file ?? null,
    audioFile: audio?.file ?? null,
  };
}

function sizeOf({ width, height }: VideoMedia): string {
  return `${width}x${height}`;
}

/** Whether a bot can live in a browser with these devices. */
export function fits(devices: Devices, spec: BotSpec): boolean {
  const { video, audio } = spec.publish;
  const cameraFits =
    video === null ||
    (sizeOf(video) === devices.size && video.fps === devices.fps && video.file === devices.videoFile);
  return cameraFits && (audio === null || audio.file === devices.audioFile);
}

/** Why each of them: Chrome shall spend its time on media only, reach no network by itself, and ask nobody. */
export function flagsOf(devices: Devices, asRoot: boolean): string[] {
  return [
    ...(asRoot ? ['--no-sandbox'] : []),
    `--use-fake-device-for-media-stream=fps=${devices.fps ?? defaultFps}`,
    ...(devices.videoFile === null ? [] : [`--use-file-for-fake-video-capture=${devices.videoFile}`]),
    ...(devices.audioFile === null ? [] : [`--use-file-for-fake-audio-capture=${devices.audioFile}`]),
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    // Pages behind others shall run as if each were its user's only one.
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    // Host candidates of loopback and of every interface, in clear: a bot's ICE needs no mDNS.
    '--disable-features=WebRtcHideLocalIpsWithMdns,SpareRendererForSitePerProcess',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
    '--disable-gpu',
    '--no-first-run',
    '--no-default-browser-check',
    // Neither a first tab nor a process in reserve: nobody would use them.
    '--no-startup-window',
  ];
}

/** A running browser. */
export class Browser {
  readonly #puppet: Puppet;
  readonly #profile: string;
  #closing: Promise<void> | null = null;

  /** Rejects when Chrome does not start. */
  static async create(settings: ChromeSettings, devices: Devices): Promise<Browser> {
    const profile = await createProfile();
    try {
      const puppet = await launch({
        executablePath: settings.executablePath,
        headless: true,
        // Chrome ends when this pipe closes, which it does however the host ends.
        pipe: true,
        userDataDir: profile,
        args: [...flagsOf(devices, process.getuid?.() === 0), ...settings.extraArgs],
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        defaultViewport: null,
        waitForInitialPage: false,
        timeout: 20_000,
        protocolTimeout: 30_000,
      });
      return new Browser(puppet, profile);
    } catch (thrown) {
      await removeProfile(profile);
      throw thrown;
    }
  }

  private constructor(puppet: Puppet, profile: string) {
    this.#puppet = puppet;
    this.#profile = profile;
  }

  get puppet(): Puppet {
    return this.#puppet;
  }

  /** Called once when the browser is gone although nobody closed it. */
  onGone(gone: () => void): void {
    this.#puppet.once('disconnected', () => {
      if (this.#closing === null) gone();
    });
  }

  /** Idempotent; kills what does not end in time. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = this.#puppet.close().then(
      () => true,
      () => false,
    );
    const chrome = this.#puppet.process();
    if (!(await within(700, closed, false)) && chrome?.pid !== undefined) {
      try {
        // Its process group: Chrome was started as the leader of one.
        process.kill(-chrome.pid, 'SIGKILL');
      } catch {
        chrome.kill('SIGKILL');
      }
    }
    await removeProfile(this.#profile);
  }
}
