// What an entry of the table of commands is, and what the parts of the table share.

import type { Fields } from './fields.js';
import { mistake } from './fields.js';

/** Who is told: a whole world, a module alone, the clouds alone. */
export type CommandScope = 'world' | 'modem' | 'clouds';

export interface CommandEntry<Command> {
  /** As typed behind `sim ctl`. */
  usage: string;
  what: string;
  /** Fields that words without `=` fill, in turn. */
  words?: readonly string[];
  /** Who understands it. */
  scopes: readonly CommandScope[];
  read(fields: Fields): Command;
}

/** One entry for every command of a union. */
export type CommandTable<Command extends { do: string }> = Readonly<{
  [Name in Command['do']]: CommandEntry<Command>;
}>;

/** The change, if there is one. Errors: `cli.usage`. */
export function some<T extends object>(change: T, name: string): T {
  if (Object.keys(change).length === 0) throw mistake(`${name}: nothing to change`);
  return change;
}
