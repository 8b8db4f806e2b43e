/**
 * Expected errors: one class, a stable code, and the exit code that the code stands for.
 * Anything that is thrown and is not a `BenchError` is a bug of ours (103).
 */

/** Exit codes of the command line, in the words of what happened. */
export const exitCodes = {
  ok: 0,
  thresholdFailed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  bug: 103,
  invalidInput: 104,
  interrupted: 105,
  scenarioThrew: 107,
  abortedByScenario: 108,
  inconclusive: 120,
  invalidTrials: 121,
  targetFailed: 122,
  environment: 123,
} as const;

/** When several things went wrong at once, the first of these that applies is the exit code. */
export const exitPrecedence: readonly number[] = [
  105, 104, 107, 100, 101, 108, 123, 122, 103, 121, 99, 120, 0,
];

/** Every code that an expected error may carry, with its exit code. */
export const errorCodes = {
  SCENARIO_NOT_FOUND: exitCodes.invalidInput,
  SCENARIO_SYNTAX: exitCodes.invalidInput,
  SCENARIO_INVALID: exitCodes.invalidInput,
  SCENARIO_THREW: exitCodes.scenarioThrew,
  SCENARIO_ABORTED: exitCodes.abortedByScenario,
  SETUP_TIMEOUT: exitCodes.setupTimeout,
  TEARDOWN_TIMEOUT: exitCodes.teardownTimeout,
  OPTION_INVALID: exitCodes.invalidInput,
  RUN_DIRECTORY_INVALID: exitCodes.invalidInput,
  TARGET_UNREACHABLE: exitCodes.targetFailed,
  TARGET_REFUSED: exitCodes.targetFailed,
  TARGET_CERTIFICATE: exitCodes.targetFailed,
  TARGET_DIED: exitCodes.targetFailed,
  BROWSER_MISSING: exitCodes.environment,
  WORKER_MISSING: exitCodes.environment,
  CORE_TAKEN: exitCodes.environment,
  TOO_FEW_CORES: exitCodes.environment,
  TOO_FEW_SOCKETS: exitCodes.environment,
  /** The load would take more than this machine's generator can make (doctor --ceiling). */
  CEILING: exitCodes.environment,
  DIRECTORY_NOT_WRITABLE: exitCodes.environment,
  DISK_FULL: exitCodes.environment,
  HOST_FAILED: exitCodes.environment,
  /** Every bot host died: the load that was asked for is not there any more. */
  GENERATOR_LOST: exitCodes.invalidTrials,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What an expected error says beside its message. */
export interface ErrorDetail {
  /** What the user can do about it: one sentence. */
  readonly hint?: string;
  readonly file?: string;
  /** Path of the field, as the user would write it: `scenarios.crowd.levels[2]`. */
  readonly field?: string;
  readonly value?: unknown;
  readonly cause?: unknown;
}

/** An expected error: the user, the machine or the target can do something about it. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.detail = detail;
  }

  get exitCode(): number {
    return errorCodes[this.code];
  }
}

/** The exit code for everything that went wrong: the one that stands first in the order of precedence. */
export function worstExitCode(codes: readonly number[]): number {
  return exitPrecedence.find((code) => codes.includes(code)) ?? exitCodes.ok;
}

/** Text for a person: message, place, hint. */
export function explain(message: string, { file, field, value, hint }: Omit<ErrorDetail, 'cause'>): string {
  const lines = [`error: ${message}`];
  if (file !== undefined) lines.push(`  file:  ${file}`);
  if (field !== undefined) lines.push(`  field: ${field}`);
  if (value !== undefined) lines.push(`  value: ${JSON.stringify(value) ?? typeof value}`);
  if (hint !== undefined) lines.push(`  hint:  ${hint}`);
  return lines.join('\n');
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
