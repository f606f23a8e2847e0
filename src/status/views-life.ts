// What the status object says of the configuration in force and of the month's data.

/** A mistake in the file that was read last. Never holds a value that could be a secret. */
export interface ConfigProblemView {
  file: string;
  /** From 1; 0 where no line is to blame. */
  line: number;
  column: number;
  /** `modem.bearer.apn`; empty for the file as a whole. */
  path: string;
  message: string;
}

/** How the last reading of the configuration went; with `refused` the one before stays in force. */
export interface ConfigView {
  state: 'ok' | 'refused';
  /** ISO 8601: the configuration in force is since then, or the file is refused since then. */
  since: string;
  file: string;
  /** How often the configuration in force was replaced since the process started. */
  reloads: number;
  problems: readonly ConfigProblemView[];
}

/** The bytes of this billing month and what follows from them. */
export interface DataView {
  /** In and out, all purposes, as counted on this side of TCP. */
  monthBytes: number;
  /** Absent without `dataBudget.monthlyMiB`. */
  budgetBytes?: number;
  percent?: number;
  /** ISO 8601: the month began and ends. Absent while no date could be believed yet. */
  since?: string;
  resetsAt?: string;
  byPurpose: Readonly<Record<string, number>>;
  /** `metered`: fewer bytes are spent on everything but corrections, positions and commands. */
  profile: 'normal' | 'metered';
  /** `data.near-budget`, `data.over-budget`. */
  reason?: string;
  hint?: string;
  /** For people. */
  sentence: string;
}
