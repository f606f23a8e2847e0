// One line of the log as page, API and bundle show it: already scrubbed of secrets and harmless to a terminal.
import type { LogLevel } from '../core/index.js';

export interface LogEntry {
  /** Counts up by one; a gap means that lines were lost in between. */
  id: number;
  /** Wall clock, milliseconds since 1970. */
  atMs: number;
  level: LogLevel;
  /** The lane or part: `modem.channel`. */
  component?: string;
  /** Stable name: `session.up`. */
  event: string;
  /** For people, where the event has a sentence. */
  message?: string;
  fields: Readonly<Record<string, unknown>>;
}

/** The last lines, and those to come. */
export interface LogTail {
  /** The newest `limit` lines of `level` and above, the oldest first. */
  recent(options: { level: LogLevel; limit: number }): readonly LogEntry[];
  /** Told each line from now on. Returns the stop. */
  follow(onLine: (entry: LogEntry) => void): () => void;
}
