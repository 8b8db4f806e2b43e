/**
 * What set-up says: one line a step, on standard error so that `--json` output stays clean.
 *
 * @typedef {object} Progress
 * @property {(text: string) => void} begin opens the line of a step
 * @property {(text: string) => void} update says how far the open step is; only a terminal shows it
 * @property {(text: string) => void} end closes the line with its outcome and the time it took
 * @property {(text: string) => void} say a line of its own
 */

/**
 * @param {{ write(text: string): unknown, isTTY?: boolean }} stream
 * @returns {Progress}
 */
export function createProgress(stream) {
  let open = '';
  let beganAt = 0;
  const close = () => {
    if (open !== '') stream.write('\n');
    open = '';
  };
  return {
    begin(text) {
      close();
      open = `setup: ${text} …`;
      beganAt = Date.now();
      stream.write(open);
    },
    update(text) {
      if (stream.isTTY && open !== '') stream.write(`\r\x1b[K${open} ${text}`);
    },
    end(text) {
      if (open === '') return;
      if (stream.isTTY) stream.write(`\r\x1b[K${open}`);
      stream.write(` ${text} (${duration(Date.now() - beganAt)})`);
      close();
    },
    say(text) {
      close();
      stream.write(`setup: ${text}\n`);
    },
  };
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
