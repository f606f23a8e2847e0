// The module's inbox: 20 places; fetching a message frees its place (specs/devicewise.md 1.8).
import { isWaymarkError } from '../../../core/index.js';
import type { AtChannel, AtResult } from '../../at.js';
import { numeral } from '../../command.js';
import type { Way } from './match.js';
import { DATA, type Fetched, fetchedOf, MAX_ID, parseDwlrcv } from './parse.js';

const COMMAND: Readonly<Record<Way, string>> = { formatted: 'AT#DWRCV', raw: 'AT#DWRCVR' };

export interface Inbox {
  /** What waits, oldest first; undefined when the module does not say. Errors: those of `run` but `modem.error`. */
  list(): Promise<number[] | undefined>;
  /** Tries the ways in turn until one brings the message. Errors: those of `run` but `modem.error`. */
  fetch(id: number, ways: readonly Way[]): Promise<Fetched>;
}

export function createInbox(run: AtChannel['run'], signal: AbortSignal): Inbox {
  /** Which error an id gets that is not there differs by firmware. */
  const ask = async (command: Parameters<AtChannel['run']>[0]): Promise<AtResult | undefined> => {
    try {
      return await run(command, { signal });
    } catch (error) {
      if (isWaymarkError(error, 'modem.error')) return undefined;
      throw error;
    }
  };
  return {
    async list() {
      const answer = await ask({ text: 'AT#DWLRCV' });
      return answer?.lines.map((line) => parseDwlrcv(line)).find((ids) => ids !== undefined);
    },
    async fetch(id, ways) {
      for (const way of ways) {
        const text = `${COMMAND[way]}=${numeral(id, 0, MAX_ID, 'message id')}`;
        const answer = await ask({ text, payload: DATA });
        const fetched: Fetched = answer ? fetchedOf(answer) : { is: 'gone' };
        if (fetched.is === 'message') return fetched;
      }
      return { is: 'gone' };
    },
  };
}
