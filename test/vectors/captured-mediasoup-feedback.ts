/** What a mediasoup worker sends to a publisher, captured by test/support/capture-packets.ts. */
import type { CaptureFile } from '../support/capture/reading.ts';

export const captured: CaptureFile = {
  sender: 'mediasoup 3.27.1',
  srtp: {
    profile: 8,
    masterKey: 'c62a6c113bb9ffe0a228c0cbf90cad7d76d97b4cfc79bf02dea23bced1b4140b',
    masterSalt: '14b92b38d7c8a9235f7b7f2a',
  },
  rtp: [],
  rtcp: [
    {
      name: 'PLI',
      hex: '81ce0002f177a8a1f177a8a1',
      sealed: '81ce0002f177a8a19131bae0c7b7574bc14028742bb8f2327a6c23d080000001',
      expected: [{ type: 'PLI', sender: 4051151009, media: 4051151009 }],
    },
    {
      name: 'NACK of 1',
      hex: '81cd00030000000078189d4435510000',
      sealed: '81cd000300000000f7fca82f7f99d04ff3c45cae9db8d2eb0ba17f3c082136f380000001',
      expected: [{ type: 'NACK', sender: 0, media: 2014879044, lost: [13649] }],
    },
    {
      name: 'transport-cc, lost',
      hex: '8fcd000600000000000000000001000700fd2600d055f28000520000',
      sealed:
        '8fcd00060000000021a053da5163fd859d17181c32babbd7f39a88ade1de0d1c6c78e77222cc18f13421236580000002',
      expected: [
        {
          type: 'transport-cc',
          sender: 0,
          media: 0,
          base: 1,
          reference: 64806,
          count: 7,
          deltas: [242, null, null, 128, 0, 82, 0],
        },
      ],
    },
    {
      name: 'transport-cc',
      hex: '8fcd000700000000f177a8a10008000700fd2801200712133b52513616000000',
      sealed:
        '8fcd000700000000189615ce0be991930939d7f699d43badbbd5fccc95d2179e7e10fe9c070e24e0a69b72fda14d6f4380000003',
      expected: [
        {
          type: 'transport-cc',
          sender: 0,
          media: 4051151009,
          base: 8,
          reference: 64808,
          count: 7,
          deltas: [18, 19, 59, 82, 81, 54, 22],
        },
      ],
    },
    {
      name: 'NACK of 2',
      hex: '81cd00040000000078189d443551000035640000',
      sealed: '81cd000400000000d17aed51f3a5955a66f6c90af0811c6f2d916c10e242f99f89d4694a8000000a',
      expected: [{ type: 'NACK', sender: 0, media: 2014879044, lost: [13649, 13668] }],
    },
    {
      name: 'RR of 2 + XR',
      hex: '82c9000d00000000f177a8a100000000000021040000037be370bf46000066d778189d44200000030000356700000084e370bf46000066ea80cf00040000000004000002eeb0e3712755ffe6',
      sealed:
        '82c9000d00000000d7fe9da076a23b941c207dc77716817c5a6b69e9dbc85cafda6f2312c7391e0ae4d033f4c9be84ed778c8273a30b4fe37b644e8a76294d393f27453cfde164d0a9513b08650dba99a16d33d6cf0540035a9ec1d28000000c',
      expected: [
        {
          type: 'RR',
          ssrc: 0,
          blocks: [
            [4051151009, 0, 0, 8452, 891, 3815817030, 26327],
            [2014879044, 32, 3, 13671, 132, 3815817030, 26346],
          ],
        },
        { type: 'XR', ssrc: 0, blockTypes: [4] },
      ],
    },
    {
      name: 'transport-cc, lost, large deltas',
      hex: '8fcd00060000000078189d440048000600fd360ad024250103440000',
      sealed:
        '8fcd000600000000ab98dcb740dcf45cb9fdb16c2d265f63bebbc4d54579a52b874592df568a3f699e5815f880000022',
      expected: [
        {
          type: 'transport-cc',
          sender: 0,
          media: 2014879044,
          base: 72,
          reference: 64822,
          count: 6,
          deltas: [37, null, null, null, 259, 68],
        },
      ],
    },
    {
      name: 'NACK of 3',
      hex: '81cd00040000000078189d44355a000035780600',
      sealed: '81cd000400000000beae01e12f7380839555979e5d800dcb7dfda02306880454483be4d780000027',
      expected: [{ type: 'NACK', sender: 0, media: 2014879044, lost: [13658, 13688, 13698, 13699] }],
    },
    {
      name: 'RR of 3 + XR',
      hex: '83c9001300000000f177a8a11c000002000021160000026ce371c2ed00007a74b455bf82000000000000208900000000000000000000000078189d442300000a0000359e00000071e371c2ed00007a7f80cf00040000000004000002eeb0e37241097c80',
      sealed:
        '83c9001300000000d0b611ce011b31cb9f68f65bddb3cd3516f2cb87ec5342c683f63b179e782ad88e13b57ebcab7421a519954a4c1b1ed92dedd7e34a49bd618c08112f8721c611d6dc0515152e89f214e705c0b20afd2620173dc5e90545fbf8af2bb17f01997e629f204d9fa6a30388e7dd0780000036',
      expected: [
        {
          type: 'RR',
          ssrc: 0,
          blocks: [
            [4051151009, 28, 2, 8470, 620, 3815883501, 31348],
            [3025518466, 0, 0, 8329, 0, 0, 0],
            [2014879044, 35, 10, 13726, 113, 3815883501, 31359],
          ],
        },
        { type: 'XR', ssrc: 0, blockTypes: [4] },
      ],
    },
  ],
  stun: [
    {
      name: 'response',
      hex: '0101002c2112a442cd101b634bc27ce0b7c109b9002000080001f6515e12a44300080014fc8bd3af39843b811584945a444d4dd50a5d40c380280004649bd30e',
      sealed: null,
      expected: {
        messageType: 257,
        username: null,
        priority: null,
        useCandidate: false,
        controlling: null,
        mapped: '127.0.0.1:55107',
        password: 'whskmixc4cpp7zcwlzl0hazaywzh9b89',
      },
    },
  ],
  dtls: [
    '16fefd0000000000000000004e020000420000000000000042fefdbdbb8f5eab6dd5911f313502fb20be723c020636ab6b1a5968db2cbc55730a5600c02b00001aff01000100000b000403000102000e000500020008000017000016fefd0000000000000001016c0b000160000100000000016000015d00015a308201563081fda0030201020203607d6b300a06082a8648ce3d040302303431183016060355040a0c0f6d65646961736f75703432343539313118301606035504030c0f6d65646961736f7570343234353931301e170d3136313132373034333234385a170d3336313132323034333234385a303431183016060355040a0c0f6d65646961736f75703432343539313118301606035504030c0f6d65646961736f75703432343539313059301306072a8648ce3d020106082a8648ce3d03010703420004df42cd0ee52de5e75d5771ec291424683ee0cd2695783a30ee95f4805c0022551952f1131c6dad1ca279e91ae79ec7d437b33c04d063aa9b10ba5509a77d68a8300a06082a8648ce3d0403020348003045022100c47e3d1b8385c07c444b70c58e665812466786210a75b44be2ebc3746f68b77002200b6191b1c4ee09d1e49338274779cdc4356b52aeefd4b2884a4ddb36bc082ff416fefd0000000000000002007c0c000070000200000000007003001d202d66f7e4155a644a5c57ddfeb41932c23bb903a035513be9767f4a60e1d99045040300483046022100ccab40c49e0a7a8bfdbd4dde6e0c74f39eb37cbabcbc0b06d2dcbc45fec8a261022100897a4742b86966b60e0dc140ba05ad25474f81a9020ebe6c4450209b93956d6c16fefd0000000000000003003c0d0000300003000000000030030102400028040305030603080708080809080a080b080408050806040105010601030303010302040205020602000016fefd0000000000000004000c0e0000000004000000000000',
  ],
};
