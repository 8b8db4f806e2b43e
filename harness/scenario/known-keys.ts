/**
 * Words of k6's options that are not ours, or not yet. They are refused by name: an option that was silently
 * ignored (a threshold that nobody evaluates) would be a silent pass.
 */

/** Part of the language, not built yet. */
export const notYetTop: readonly string[] = [
  'systemTags',
  'minIterationDuration',
  'paused',
  'linger',
  'env',
  'executionSegment',
  'executionSegmentSequence',
];

export const notYetEntry: readonly string[] = ['quality'];

export const notYetExecutors: readonly string[] = ['externally-controlled'];

const http = 'it is about HTTP requests, and bots make none';
const tls = "it is about k6's TLS client; see insecure and ca of the target";
const cloud = 'runs do not leave your machines';

/** Makes no sense for an SFU, with the reason. */
export const meaningless: ReadonlyMap<string, string> = new Map([
  ['batch', http],
  ['batchPerHost', http],
  ['blacklistIPs', http],
  ['blockHostnames', http],
  ['discardResponseBodies', http],
  ['dns', http],
  ['hosts', http],
  ['httpDebug', http],
  ['maxRedirects', http],
  ['noConnectionReuse', http],
  ['noVUConnectionReuse', http],
  ['noCookiesReset', http],
  ['rps', 'the load is a number of peers; joinRate limits how fast they come'],
  ['throw', http],
  ['userAgent', http],
  ['insecureSkipTLSVerify', tls],
  ['tlsAIAFetch', tls],
  ['tlsAuth', tls],
  ['tlsCipherSuites', tls],
  ['tlsVersion', tls],
  ['cloud', cloud],
  ['ext', cloud],
  ['noUsageReport', 'no usage is reported to anybody'],
  ['vusMax', 'k6 itself no longer reads it'],
  ['options', "it is about k6's browser module; bot: 'chrome' needs none"],
]);
