// `waymark do NAME`: one of the things a person may ask of the running agent, over its unix socket.
import { createInterface } from 'node:readline/promises';
import { createClock, EXIT, exitCodeOf, linkedController, toWaymarkError, WaymarkError } from '../core/index.js';
import { isPersonAction, PERSON_ACTIONS, type PersonAction, postPersonAction } from '../status/index.js';
import { createProgress } from './modem-access.js';
import { onStopSignal } from './on-stop.js';
import { explainFailure, printJson, stdout } from './output.js';
import { runtimeDirOf, type WhereOptions } from './where.js';

export interface DoOptions extends WhereOptions {
  yes: boolean;
}

const ACTIONS: Readonly<Record<string, PersonAction>> = PERSON_ACTIONS;

function list(json: boolean): number {
  const actions = Object.entries(ACTIONS).map(([name, action]) => ({ name, ...action }));
  if (json) printJson({ schemaVersion: 1, actions });
  else
    for (const { name, description, interrupts } of actions)
      stdout.write(`${name.padEnd(16)}${description}${interrupts ? ' Interrupts the service for a while.' : ''}\n`);
  return EXIT.ok;
}

/** A person at a terminal is asked; a program has to say --yes. */
async function isAgreed({ label, description }: PersonAction): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${label}: ${description} This interrupts the service. Go on? [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}

/** 0 done, 64 no such thing or not agreed to, else as the error says. */
export async function doAction(name: string | undefined, options: DoOptions): Promise<number> {
  if (name === undefined) return list(options.json);
  const clock = createClock();
  using stop = linkedController();
  const off = onStopSignal(() => stop.abort());
  try {
    if (!isPersonAction(name))
      throw new WaymarkError('cli.usage', `there is nothing called ${name} to be done`, {
        hint: `There are: ${Object.keys(ACTIONS).join(', ')}.`,
      });
    const action = PERSON_ACTIONS[name];
    if (action.interrupts && !options.yes && !(await isAgreed(action)))
      throw new WaymarkError('cli.usage', `${name} interrupts the service and was not confirmed`, {
        hint: 'Say --yes to do it without being asked.',
      });
    const runtimeDir = await runtimeDirOf(options);
    using progress = createProgress(clock);
    progress.stage(`“${action.label}” to end`);
    const { message } = await postPersonAction(runtimeDir, clock, name, stop.signal);
    if (options.json) printJson({ name, result: 'done', message });
    else stdout.write(`${message}\n`);
    return EXIT.ok;
  } catch (error) {
    const { code, message, hint } = toWaymarkError(error);
    if (options.json) printJson({ name, error: { code, message, hint } });
    else explainFailure(error);
    return exitCodeOf(error);
  } finally {
    off();
  }
}
