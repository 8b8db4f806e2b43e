import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/**
 * @typedef {object} DownloadLimits
 * @property {number} [responseMs] until the server begins to answer (the connection itself has 10 s, by fetch)
 * @property {number} [stallMs] without a byte
 * @property {number} [totalMs]
 * @property {number} [maxBytes]
 */

/**
 * Fetches a file, or says why it could not: no wait is without bound.
 *
 * @param {string} url
 * @param {string} file
 * @param {AbortSignal} signal
 * @param {DownloadLimits} [limits]
 * @returns {Promise<void>}
 */
export async function download(url, file, signal, limits = {}) {
  const { responseMs = 20_000, stallMs = 20_000, totalMs = 600_000, maxBytes = 500_000_000 } = limits;
  const abort = new AbortController();
  const total = setTimeout(() => abort.abort(new Error(`not done after ${totalMs / 1000} s`)), totalMs);
  const interrupted = () => abort.abort(signal.reason);
  signal.addEventListener('abort', interrupted, { once: true });
  let idle = setTimeout(() => abort.abort(new Error(`no answer for ${responseMs / 1000} s`)), responseMs);
  try {
    signal.throwIfAborted();
    const response = await fetch(url, { signal: abort.signal, redirect: 'follow' });
    if (!response.ok || response.body === null)
      throw new Error(`HTTP ${response.status} ${response.statusText}`);
    let received = 0;
    const { body } = response;
    const watched = async function* () {
      for await (const chunk of body) {
        clearTimeout(idle);
        idle = setTimeout(() => abort.abort(new Error(`stalled for ${stallMs / 1000} s`)), stallMs);
        received += chunk.byteLength;
        if (received > maxBytes) throw new Error(`larger than ${maxBytes} bytes`);
        yield chunk;
      }
    };
    clearTimeout(idle);
    idle = setTimeout(() => abort.abort(new Error(`stalled for ${stallMs / 1000} s`)), stallMs);
    await pipeline(watched, createWriteStream(file), { signal: abort.signal });
  } catch (error) {
    // An aborted fetch fails in several ways; the reason is what the reader needs.
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
    signal.removeEventListener('abort', interrupted);
  }
}
