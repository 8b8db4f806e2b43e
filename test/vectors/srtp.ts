/** Test vectors of RFC 3711 (appendix B) and RFC 7714 (§16, §17): session keys are given, not derived. */

export const keyDerivation = {
  masterKey: 'E1F97A0D3E018BE0D64FA32C06DE4139',
  masterSalt: '0EC675AD498AFEEBB6960B3AABE6',
  encryption: 'c61e7a93744f39ee10734afe3ff7a087',
  salt: '30cbbc08863d8c85d49db34a9ae1',
  authentication: 'cebe321f6ff7716b6fd4ab49af256a156d38baa4',
} as const;

/** B.2: the keystream from the counter's start, and from block 0xfeff. */
export const keystream = {
  key: '2B7E151628AED2A6ABF7158809CF4F3C',
  salt: 'F0F1F2F3F4F5F6F7F8F9FAFBFCFD',
  start: 'e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0',
  late: 'ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae 6a2cc3787889374fbeb4c81b17ba6c44',
} as const;

const rtp =
  '8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573';
const rtcp =
  '81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef';
const key128 = '000102030405060708090a0b0c0d0e0f';
const key256 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

export const gcm = {
  salt: '517569642070726f2071756f',
  rtp,
  rtcp,
  rtcpIndex: 0x5d4,
  /** Authenticated, not encrypted. */
  taggedOnly: [
    { section: '§17.3', key: key128, srtcp: `${rtcp} 841dd968 3dd78ec9 2ae58790 125f62b3 000005d4` },
    { section: '§17.4', key: key256, srtcp: `${rtcp} 91db4afb feee5a97 8fab4393 ed2615fe 000005d4` },
  ],
  cases: [
    {
      key: key128,
      srtp: '8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce',
      srtcp:
        '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4',
    },
    {
      key: key256,
      srtp: '8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b 7aa3db36 dfffd6b0 f9bb7878 d7a76c13',
      srtcp:
        '81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4',
    },
  ],
} as const;
