/**
 * An expected failure of set-up: the user or the machine can do something about it, and `hint` says what.
 * The codes are those of the harness's own errors that end with exit code 123.
 */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';

  /**
   * @param {'SETUP_FAILED' | 'WORKER_MISSING' | 'BROWSER_MISSING'} code
   * @param {string} message
   * @param {{ hint?: string | undefined, log?: string, tail?: string, cause?: unknown }} [detail]
   *   `log` names the file that holds the whole output, `tail` its last lines
   */
  constructor(code, message, detail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.log = detail.log;
    this.tail = detail.tail;
  }
}

/**
 * @param {unknown} thrown
 * @returns {string} one line; undici hides the reason of a failed fetch in the cause
 */
export function reasonOf(thrown) {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause instanceof Error ? thrown.cause : undefined;
  const text = cause?.message || (cause && 'code' in cause ? String(cause.code) : '') || thrown.message;
  return text.split('\n', 1)[0] ?? text;
}
