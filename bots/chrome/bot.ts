/** A bot's media as a page in Chrome: the host's end of `page.ts`. */
import type { BrowserContext, Page } from 'puppeteer-core';
import type { BotSpec, MediaKind } from '../bot.ts';
import { nowMs, within } from '../clock.ts';
import type { Endpoint, EndpointLink, EndpointReading } from '../endpoint.ts';
import type { ConsumerOffer, Direction, RtpCapabilities, TransportOffer } from '../signaling/signaling.ts';
import type { Browser } from './browser.ts';
import type { PageCalls, PageMessage, PageReading, PageStream } from './contract.ts';
import { keyOf, readingsOf } from './reading.ts';

/** A page that does not answer its last reading in this time has none. */
const lastReadingMs = 300;
const openMs = 20_000;

type Answer<K extends keyof PageCalls> = Awaited<ReturnType<PageCalls[K]>>;

export interface ChromeBotOptions {
  readonly spec: BotSpec;
  readonly browser: Browser;
  readonly pageUrl: string;
  /** The page is gone although nobody closed it. Called once at most. */
  readonly onCrash: (message: string) => void;
  readonly onClose: () => void;
}

/** Puppeteer puts the page's stack, of minified code, behind the message. */
function firstLine(thrown: unknown): Error {
  const [message = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n');
  return new Error(message, { cause: thrown });
}

/** One page in a browser context of its own. */
export class ChromeBot implements Endpoint {
  readonly #spec: BotSpec;
  readonly #onClose: () => void;
  readonly #context: BrowserContext;
  readonly #page: Page;
  /** Our clock minus the page's, milliseconds. */
  #offsetMs = 0;
  #link: EndpointLink | null = null;
  /** What the session answered to the page with: the page knows only its text. */
  #refusal: unknown = null;
  #previous = new Map<string, PageStream>();
  #closing: Promise<void> | null = null;

  /** Opens the page and has it ask for its devices once. Rejects when the page does not come up. */
  static async create(options: ChromeBotOptions): Promise<ChromeBot> {
    const context = await options.browser.puppet.createBrowserContext();
    try {
      const page = await context.newPage();
      const bot = new ChromeBot(options, context, page);
      page.once('error', (error) => {
        if (bot.#closing === null) options.onCrash(error.message);
      });
      await page.exposeFunction('tellHost', (message: PageMessage) => bot.#told(message));
      await page.goto(options.pageUrl, { timeout: openMs, waitUntil: 'load' });
      await bot.#compareClocks();
      const warm = bot.#call('warm', bot.#media).then(() => true);
      if (!(await within(openMs, warm, false))) throw new Error(`no camera after ${openMs} ms`);
      return bot;
    } catch (thrown) {
      await within(1_000, context.close(), undefined).catch(() => undefined);
      throw thrown;
    }
  }

  private constructor({ spec, onClose }: ChromeBotOptions, context: BrowserContext, page: Page) {
    this.#spec = spec;
    this.#onClose = onClose;
    this.#context = context;
    this.#page = page;
  }

  async begin(link: EndpointLink): Promise<void> {
    this.#link = link;
    this.#previous = new Map();
    await this.#call('begin', this.#media);
  }

  load(capabilities: RtpCapabilities): Promise<RtpCapabilities> {
    return this.#call('load', capabilities);
  }

  openTransport(direction: Direction, offer: TransportOffer): Promise<void> {
    return this.#call('openTransport', direction, offer);
  }

  publish(kind: MediaKind): Promise<void> {
    return this.#call('publish', kind);
  }

  mute(kind: MediaKind, muted: boolean): Promise<void> {
    return this.#call('mute', kind, muted);
  }

  consume(offer: ConsumerOffer): Promise<void> {
    return this.#call('consume', offer);
  }

  closeConsumer(id: string): void {
    this.#call('closeConsumer', id).catch(() => undefined);
  }

  pauseConsumer(id: string, paused: boolean): void {
    this.#call('pauseConsumer', id, paused).catch(() => undefined);
  }

  async read(): Promise<EndpointReading> {
    return this.#take(await this.#call('read'));
  }

  stopSending(): Promise<void> {
    return this.#call('stopSending');
  }

  async end(): Promise<EndpointReading | null> {
    const ended = this.#call('end').catch(() => null);
    const last = await within(lastReadingMs, ended, null);
    this.#link = null;
    return last === null ? null : this.#take(last);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A crashed page, or a browser that is gone, answers nothing.
    await within(
      1_000,
      this.#context.close().catch(() => undefined),
      undefined,
    );
    this.#onClose();
  }

  get #media(): Pick<BotSpec, 'publish' | 'decode'> {
    return { publish: this.#spec.publish, decode: this.#spec.decode };
  }

  #take(reading: PageReading): EndpointReading {
    const readings = readingsOf(this.#spec.id, reading, this.#previous, this.#offsetMs);
    this.#previous = new Map(reading.streams.map((stream) => [keyOf(stream), stream]));
    return readings;
  }

  async #call<K extends keyof PageCalls>(name: K, ...args: Parameters<PageCalls[K]>): Promise<Answer<K>> {
    try {
      return (await this.#page.evaluate(
        (name, args) => (window.bot[name] as (...args: unknown[]) => unknown)(...args),
        name,
        args,
      )) as Answer<K>;
    } catch (thrown) {
      if (this.#refusal === null) throw firstLine(thrown);
      const refusal = this.#refusal;
      this.#refusal = null;
      throw refusal;
    }
  }

  async #told(message: PageMessage): Promise<string | null> {
    const link = this.#link;
    if (link === null) return null;
    switch (message.type) {
      case 'connected':
        link.connected(message.direction, message.at + this.#offsetMs);
        return null;
      case 'failed':
        link.failed(message.direction, 'its connection state is failed');
        return null;
      case 'first-media':
        link.firstMedia(message.at + this.#offsetMs);
        return null;
      case 'connect':
      case 'produce':
        try {
          if (message.type === 'produce') return await link.produce(message.kind, message.rtpParameters);
          await link.connectTransport(message.direction, message.dtlsParameters);
          return null;
        } catch (thrown) {
          this.#refusal = thrown;
          throw thrown;
        }
      default:
        throw new Error('the page said what the host does not know');
    }
  }

  /** Both clocks are CLOCK_MONOTONIC, the page's counts from its start: the quickest of some answers is the truest. */
  async #compareClocks(): Promise<void> {
    let quickestMs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const askedMs = nowMs();
      const page = await this.#call('now');
      const tookMs = nowMs() - askedMs;
      if (tookMs >= quickestMs) continue;
      quickestMs = tookMs;
      this.#offsetMs = askedMs + tookMs / 2 - page;
    }
  }
}
