/** The browsers of one host: as few as the bots' fake devices and `botsPerBrowser` allow. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BotSpec } from '../bot.ts';
import type { ChromeSettings } from '../messages.ts';
import { turnstile } from '../turnstile.ts';
import { ChromeBot } from './bot.ts';
import { Browser, type Devices, devicesOf, fits } from './browser.ts';
import { PageServer } from './page-server.ts';
import { sweepProfiles } from './profiles.ts';

export type CrashListener = (what: 'page' | 'browser', message: string) => void;

interface Place {
  readonly devices: Devices;
  readonly launched: Promise<Browser>;
  /** One for every bot that lives here. */
  readonly listeners: Set<CrashListener>;
  gone: boolean;
}

/** Browsers and pages that start at the same time: more only wait for each other's CPU, and time out together. */
const maxLaunching = 2;
const maxOpening = 4;

/** `Chromium 156.0.8078.79`. Rejects when there is no such program, or when it is no browser. */
export async function versionOf(executablePath: string): Promise<string> {
  const { stdout } = await promisify(execFile)(executablePath, ['--version'], { timeout: 10_000 });
  const [line = ''] = stdout.trim().split('\n');
  // "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)"
  return line.replace(/ built on .*/, '').trim();
}

/** All browsers of a host. */
export class Browsers {
  readonly #settings: ChromeSettings;
  readonly #server: PageServer;
  readonly #places: Place[] = [];
  readonly #launching = turnstile(maxLaunching);
  readonly #opening = turnstile(maxOpening);
  #closing: Promise<void> | null = null;

  static async create(settings: ChromeSettings): Promise<Browsers> {
    const [server] = await Promise.all([PageServer.create(), sweepProfiles()]);
    return new Browsers(settings, server);
  }

  private constructor(settings: ChromeSettings, server: PageServer) {
    this.#settings = settings;
    this.#server = server;
  }

  /** A page for this bot, in a browser with its devices. Rejects when browser or page does not come up. */
  async open(spec: BotSpec, onCrash: CrashListener): Promise<ChromeBot> {
    const place = this.#place(spec);
    place.listeners.add(onCrash);
    try {
      const browser = await place.launched;
      const options = {
        spec,
        browser,
        pageUrl: this.#server.url,
        onCrash: (message: string): void => {
          place.listeners.delete(onCrash);
          onCrash('page', message);
        },
        onClose: (): void => {
          place.listeners.delete(onCrash);
        },
      };
      return await this.#opening(() => ChromeBot.create(options));
    } catch (thrown) {
      place.listeners.delete(onCrash);
      throw thrown;
    }
  }

  /** Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = this.#places.map(({ launched }) =>
      launched.then(
        (browser) => browser.close(),
        () => undefined,
      ),
    );
    await Promise.all(closed);
    this.#server.close();
  }

  #place(spec: BotSpec): Place {
    const { botsPerBrowser } = this.#settings;
    const free = this.#places.find(
      ({ gone, listeners, devices }) => !gone && listeners.size < botsPerBrowser && fits(devices, spec),
    );
    if (free !== undefined) return free;
    const devices = devicesOf(spec);
    const place: Place = {
      devices,
      launched: this.#launching(() => Browser.create(this.#settings, devices)),
      listeners: new Set(),
      gone: false,
    };
    this.#places.push(place);
    void this.#watch(place);
    return place;
  }

  async #watch(place: Place): Promise<void> {
    try {
      const browser = await place.launched;
      browser.onGone(() => this.#lose(place, browser));
    } catch {
      place.gone = true;
    }
  }

  #lose(place: Place, browser: Browser): void {
    place.gone = true;
    const listeners = [...place.listeners];
    place.listeners.clear();
    void browser.close();
    for (const listener of listeners) listener('browser', 'the browser ended by itself');
  }
}
