/** RTCP packets. The transport-wide feedback packets are of Chrome's form: padding flagged, deltas of both sizes. */

export const rtcp = {
  /** One status, received, delta 0x94 ticks; one byte of padding. */
  feedbackRun: {
    packet: 'afcd0005 fa17fa17 43032fa0 00990001 3de80217 20019401',
    senderSsrc: 0xfa17fa17,
    mediaSsrc: 0x43032fa0,
    base: 0x99,
    referenceTime: 0x3de802,
    feedbackCount: 0x17,
    statuses: [[0x99, 0x94]],
  },
  /** A run of two, then a two-bit vector: small, large, lost, small, large, lost, lost. */
  feedbackVector: {
    packet: '8fcd0007 00000001 00000002 fffe0009 ffffff01 2002 d860 04 05 06 ff9c 07 0123',
    senderSsrc: 1,
    mediaSsrc: 2,
    base: 0xfffe,
    referenceTime: -1,
    feedbackCount: 1,
    statuses: [
      [0xfffe, 4],
      [0xffff, 5],
      [0, 6],
      [1, -100],
      [2, null],
      [3, 7],
      [4, 0x123],
      [5, null],
      [6, null],
    ],
  },
  /** SR with one block and SDES with a CNAME, as a compound. */
  senderCompound:
    '81c8000c 902f9e2e da8bd1fc dddda05a aaf4edd5 00000001 00000002 bc5e9a40 00fffffe 000046e1 00000111 09f36432 00024a79' +
    '81ca0003 902f9e2e 01036162 63000000',
} as const;
