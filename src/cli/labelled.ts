// The rows in which verbs tell facts to people: a label, then what is known.
import { oneLine } from '../core/index.js';

/** Width of the label column. */
const LABEL = 13;

/** What is known of several things, in one text. */
export const joined = (parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(', ');

/** One line, harmless for a terminal; none for what is not known. */
export const labelled = (label: string, text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : [`  ${label.padEnd(LABEL)}${oneLine(text)}`];
