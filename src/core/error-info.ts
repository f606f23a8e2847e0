// What is said of every error code: what it means, how it may be retried, its cure, its exit code, the rung recovery starts from.

/** What may be done about it without a person: nothing is retried faster than its class allows. */
export type Retry = 'now' | 'backoff' | 'after' | 'never' | 'operator';

/** Where the recovery ladders start (specs: channel ladder, network ladder). */
export type Rung =
  | 'repeat'
  | 'resync'
  | 'reopen'
  | 'other-port'
  | 'module-reset'
  | 'power'
  | 'resubscribe'
  | 'session'
  | 'road'
  | 'bearer'
  | 'registration'
  | 'radio'
  | 'give-back';

export interface ErrorInfo {
  /** What has happened, in one sentence that needs no knowledge of the program; `waymark explain` shows it. */
  means: string;
  retry: Retry;
  /** One sentence for the person at the device. */
  hint: string;
  /** Exit code when a one-shot verb ends with it (default 70). */
  exit?: number;
  rung?: Rung;
}
