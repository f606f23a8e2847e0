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
  [Symbol.dispose]: () => undefined,
};

export function createAsker(): Asker {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<never>((_, reject) =>
    lines.once('close', () => reject(new WaymarkError('core.cancelled', 'nothing was written'))),
  );
  closed.catch(() => undefined);
  return {
    async ask(question, usual, judge) {
      for (let i = 0; i < TRIES; i++) {
        const told = await Promise.race([
          lines.question(`${question}${usual === undefined ? '' : ` [${usual}]`}: `),
          closed,
        ]);
        const answer = told.trim() === '' ? (usual ?? '') : told.trim();
        const wrong = answer === '' ? 'has to be answered' : judge(answer);
        if (wrong === undefined) return answer;
        stderr.write(`  ${oneLine(wrong)}\n`);
      }
      throw new WaymarkError('cli.usage', `${question}: no usable answer`, {
        hint: 'Nothing was written: start again.',
      });
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
