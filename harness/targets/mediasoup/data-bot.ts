/** The demo's data bot: a data producer that every peer consumes, and that repeats what peers send to it. */
import type { types } from 'mediasoup';
import type { PeerDataProducer } from './peer.ts';

/** RFC 8831 section 8: a data channel's UTF-8 string. */
const stringPpid = 51;
const maxMessageSize = 512;

/** Closes with its router. */
export class DataBot {
  readonly dataProducer: PeerDataProducer;
  readonly #transport: types.DirectTransport;

  static async create(router: types.Router): Promise<DataBot> {
    const transport = await router.createDirectTransport({
      maxSendMessageSize: maxMessageSize,
      maxReceiveMessageSize: maxMessageSize,
    });
    return new DataBot(transport, await transport.produceData({ label: 'bot', appData: { channel: 'bot' } }));
  }

  private constructor(transport: types.DirectTransport, dataProducer: PeerDataProducer) {
    this.#transport = transport;
    this.dataProducer = dataProducer;
  }

  /** Listens to a peer's data producer and answers to all. */
  async listen(dataProducer: PeerDataProducer, nameOf: () => string): Promise<void> {
    try {
      const dataConsumer = await this.#transport.consumeData({ dataProducerId: dataProducer.id });
      dataConsumer.on('message', (message, ppid) => {
        if (ppid !== stringPpid) return;
        const answer = `${nameOf()} wrote "${message.toString('utf8')}"`;
        this.dataProducer.send(Buffer.from(answer).subarray(0, maxMessageSize).toString());
      });
    } catch {
      // The data producer closed meanwhile.
    }
  }
}
