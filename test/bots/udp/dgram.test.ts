import { DgramUdp } from '../../../bots/udp/dgram.ts';
import { udpContract } from '../../contracts/udp.ts';

udpContract('portable', (options) => DgramUdp.create(options));
