// What may be asked of a running agent beyond looking: shapes shared by the agent, its door and the command line.
import type { LogLevel } from '../core/index.js';
import type { PersonActionName, PersonActionResult } from './person-actions.js';

/** One line of the AT dialogue: `>` to the module, `<` from it. Scrubbed of secrets and safe for a terminal. */
export interface TraceLine {
  /** Wall clock, ms. */
  atMs: number;
  direction: '>' | '<';
  text: string;
}

export interface AtRequest {
  /** One line as typed, starting with AT. */
  command: string;
  /** True when the person accepts what a command may do that is not known to be harmless. */
  unsafe: boolean;
  /** How long the module may take; without it the usual ceiling of the command, cut to 10 s. */
  timeoutMs?: number;
}

export interface AtAnswer {
  lines: string[];
  final: string;
}

export interface StatusActions {
  /**
   * Runs one guarded AT command on the running agent's modem.
   * Errors: `cli.usage` (refused by the guard, with what instead), `modem.*`, `sim.*`, `link.*`.
   */
  modemAt?(request: AtRequest, signal: AbortSignal): Promise<AtAnswer>;
  /** Follows the AT dialogue; each line already scrubbed and terminal-safe. Returns the stop. */
  followTrace?(onLine: (line: TraceLine) => void): { recent: readonly TraceLine[]; stop(): void };
  /**
   * Tries a credential now; one that works is no longer parked.
   * Errors: `cli.usage` (no such one), `token.not-testable`, `secret.*`, and what the far side said.
   */
  testToken?(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Tries the new value beside a credential now and puts it in force.
   * Errors: `cli.usage` (there is none), `token.not-rotated`, `token.waits`.
   */
  rotateToken?(id: string, signal: AbortSignal): Promise<void>;
  /**
   * What a person asked for by name.
   * Errors: `command.not-available` (this gateway has no such part), and what the part that does it says.
   */
  runPersonAction?(name: PersonActionName, signal: AbortSignal): Promise<PersonActionResult>;
  /** Changes how much the log says, for a guided capture; gives the level there was. */
  setLogLevel?(level: LogLevel): LogLevel;
}
