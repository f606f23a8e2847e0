// A mistake in the configuration, with its place, and the error that carries all of them at once.
import { WaymarkError } from '../core/index.js';

export interface ConfigProblem {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** `modem.bearer.apn`; empty for the file as a whole. */
  path: string;
  /** What is wrong and what to do. Never holds a value that could be a secret. */
  message: string;
}

/** `config.invalid` with every problem found; `secret.permission` when loose file modes are all there is. */
export class ConfigError extends WaymarkError {
  readonly problems: readonly ConfigProblem[];

  constructor(code: 'config.invalid' | 'secret.permission', problems: readonly ConfigProblem[], message: string) {
    super(code, message);
    this.problems = problems;
  }
}
