// What changes something: an action by name, and how much the log says.
//
//   POST actions     {name}  → {message} | {error}
//   POST log/level   {level, forSeconds?} → {level, before} | {error}      (unix socket only)
import { type Clock, LOG_LEVELS, type LogLevel, WaymarkError } from '../core/index.js';
import type { StatusActions } from './actions.js';
import { send } from './answer.js';
import { type LevelLease, MAX_LEASE_SECONDS } from './level-lease.js';
import { isPersonAction, PERSON_ACTIONS, type PersonActionName } from './person-actions.js';
import { answerPost, objectOf } from './post.js';
import type { Visit } from './router.js';

/** A module that restarts is away for half a minute; a new identity is fetched over a slow road. */
const ACTION_MS = 120_000;
const LEVEL_MS = 1000;

export const actionList = (): unknown => ({
  schemaVersion: 1,
  actions: Object.entries(PERSON_ACTIONS).map(([name, action]) => ({ name, ...action })),
});

function nameOf(text: string): PersonActionName | undefined {
  const value = objectOf(text);
  const name = value && Object.hasOwn(value, 'name') ? value['name'] : undefined;
  return isPersonAction(name) ? name : undefined;
}

interface LevelAsked {
  level: LogLevel;
  forSeconds?: number;
}

function levelOf(text: string): LevelAsked | undefined {
  const value = objectOf(text);
  const level = LOG_LEVELS.find((one) => one === value?.['level']);
  const forSeconds = value?.['forSeconds'];
  if (level === undefined) return undefined;
  if (forSeconds === undefined) return { level };
  const isTime = typeof forSeconds === 'number' && Number.isInteger(forSeconds);
  return isTime && forSeconds >= 0 && forSeconds <= MAX_LEASE_SECONDS ? { level, forSeconds } : undefined;
}

/** Never rejects. */
export function act(actions: StatusActions, clock: Clock, { request, response }: Visit): Promise<void> {
  request.socket.setTimeout(0);
  return answerPost(
    clock,
    {
      parse: nameOf,
      form: `{"name":"${Object.keys(PERSON_ACTIONS).join('|')}"}`,
      limit: (name) => ({ ms: ACTION_MS, what: `the end of ${name}` }),
      async act(name, signal) {
        if (!actions.runPersonAction)
          throw new WaymarkError('command.not-available', 'this agent takes no requests by name');
        const { message } = await actions.runPersonAction(name, signal);
        return { message };
      },
    },
    request,
    response,
  );
}

/** Never rejects. Errors: `status.not-found` where the level cannot be changed. */
export function setLogLevel(lease: LevelLease | undefined, clock: Clock, { request, response }: Visit): Promise<void> {
  if (!lease) throw new WaymarkError('status.not-found', 'the log of this agent keeps its level');
  return answerPost(
    clock,
    {
      parse: levelOf,
      form: `{"level":"debug"}, or {"level":"debug","forSeconds":0…${MAX_LEASE_SECONDS}}`,
      limit: () => ({ ms: LEVEL_MS, what: 'the change of the level' }),
      act: ({ level, forSeconds }) =>
        Promise.resolve(
          forSeconds === 0
            ? lease.end(level)
            : lease.set(level, forSeconds === undefined ? undefined : forSeconds * 1000),
        ),
    },
    request,
    response,
  );
}

export const sendActions = ({ response }: Visit): void => send(response, 200, actionList());
