// Questions to a person on a terminal, or answers from the command line alone.
import { createInterface } from 'node:readline/promises';
import { oneLine, WaymarkError } from '../core/index.js';
import { stderr } from './output.js';

export interface Asker extends Disposable {
  /**
   * The answer; `usual` for an empty one. `judge` gives what is wrong with it, which is asked again.
   * Errors: `core.cancelled` at the end of input, `cli.usage` without a terminal or after too many tries.
   */
  ask(question: string, usual: string | undefined, judge: (answer: string) => string | undefined): Promise<string>;
  /** Said to the person before the next question; not again while answers that are known already are gone through. */
  say(words: string): void;
  /** The questions of `ask`; after `u` they are gone through anew, and the one before is asked again. */
  dialogue<T>(ask: () => Promise<T>): Promise<T>;
}

const TRIES = 5;

/** Never asks: what is usual, or the flag that is missing. */
export const silentAsker: Asker = {
  ask(question, usual, judge) {
    const wrong = usual === undefined ? undefined : judge(usual);
    if (usual !== undefined && wrong === undefined) return Promise.resolve(usual);
    return Promise.reject(
      new WaymarkError('cli.usage', `${question}: ${wrong ?? 'has to be given'}`, {
        hint: 'Answer by its flag (waymark init --help), or run this on a terminal without --yes.',
      }),
    );
  },
  say: () => undefined,
  dialogue: (ask) => ask(),
  [Symbol.dispose]: () => undefined,
};

const UNDO = /^(?:u|undo)$/i;
/** The one question before is wanted again. */
class Undone extends Error {}

export function createAsker(): Asker {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<never>((_, reject) =>
    lines.once('close', () => reject(new WaymarkError('core.cancelled', 'nothing was written'))),
  );
  closed.catch(() => undefined);
  /** What was answered, and how many of these the present round has used. */
  const given: string[] = [];
  let used = 0;
  return {
    say(words) {
      if (used >= given.length) stderr.write(words);
    },
    async dialogue(ask) {
      for (;;)
        try {
          used = 0;
          return await ask();
        } catch (error) {
          if (!(error instanceof Undone)) throw error;
          given.pop();
        }
    },
    async ask(question, usual, judge) {
      const known = given[used];
      if (known !== undefined) {
        used++;
        return known;
      }
      for (let i = 0; i < TRIES; i++) {
        const told = await Promise.race([
          lines.question(`${question}${usual === undefined ? '' : ` [${usual}]`}: `),
          closed,
        ]);
        const answer = told.trim() === '' ? (usual ?? '') : told.trim();
        if (UNDO.test(answer)) {
          if (given.length > 0) throw new Undone('undone');
          stderr.write('  this is the first question\n');
          continue;
        }
        const wrong = answer === '' ? 'has to be answered' : judge(answer);
        if (wrong === undefined) {
          given.push(answer);
          used++;
          return answer;
        }
        stderr.write(`  ${oneLine(wrong)}\n`);
      }
      throw new WaymarkError('cli.usage', `${question}: no usable answer`, {
        hint: 'Nothing was written: start again.',
      });
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
