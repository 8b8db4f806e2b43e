/** What the command line and a child that runs one of the scenario's own functions say to each other. */
import type { ScriptReading } from '../../bots/script/book.ts';

export type ScriptFunction = 'setup' | 'teardown' | 'handleSummary';

/** To the child, once. */
export interface ScriptCall {
  /** Of the scenario file. */
  readonly url: string;
  readonly name: ScriptFunction;
  /** As JSON; null for nothing. */
  readonly argument: string | null;
}

export type FromScript =
  /** The file is loaded: from here on the function's own time counts. */
  | { readonly type: 'began' }
  | {
      readonly type: 'over';
      readonly outcome:
        | { readonly kind: 'returned'; readonly json: string | null }
        | { readonly kind: 'threw' | 'aborted'; readonly message: string };
      readonly readings: readonly ScriptReading[];
    };
