// The module road: TR50 through the module's own client, one command in each request (specs/devicewise.md 1.8). What it
// says of itself beyond that is the room modem's.
//
// The module knows nothing of a session that the cloud has forgotten: it stays connected, and each request is refused with
// a text. So a refusal that speaks of the session is looked into with diag.ping, and when that is refused alike, the
// connection ends: the next CONNECT tells whether the token is still good.
import {
  type Clock,
  type Logger,
  linkedController,
  type Tr50Command,
  type Tr50Outcome,
  WaymarkError,
} from '../../core/index.js';
import { meaningOf } from './judgement.js';
import { createModuleMailbox } from './module-mailbox.js';
import type { ModuleDeviceWise, ModuleDeviceWiseSession, RoadLimits, RoadOpener, Tr50Road } from './types.js';

/** The module takes 1500 bytes raw each way; the rest is for what it adds. */
export const MODULE_ROAD_LIMITS: RoadLimits = { maxRequestBytes: 1400, maxInFlight: 1, maxCommands: 1 };

export interface ModuleRoadDeps {
  clock: Clock;
  log: Logger;
  module: Pick<ModuleDeviceWise, 'open'>;
}

export function createModuleRoad(deps: ModuleRoadDeps): RoadOpener {
  return {
    name: 'module',
    async open(options) {
      return roadOver(deps, await deps.module.open(options));
    },
  };
}

const isAboutSession = (outcome: Tr50Outcome): boolean => outcome.is === 'failed' && meaningOf(outcome) === 'session';

function roadOver({ clock, log }: ModuleRoadDeps, session: ModuleDeviceWiseSession): Tr50Road {
  let ourReason: WaymarkError | undefined;

  const ask = async (command: Tr50Command, signal: AbortSignal): Promise<Tr50Outcome> => {
    const outcome = await session.request(command, { signal });
    if (!isAboutSession(outcome)) return outcome;
    // It may only sound like it: a key can be called anything.
    if (!isAboutSession(await session.request({ command: 'diag.ping' }, { signal }))) return outcome;
    ourReason ??= new WaymarkError('devicewise.lost', 'the server has forgotten this session');
    void session.close();
    return { is: 'link-lost' };
  };

  const life = linkedController();
  const mailbox = createModuleMailbox({
    ...{ clock, log, rung: session.methods },
    request: (command) => ask(command, life.signal),
  });
  const closed = session.closed.then((reason) => {
    mailbox.end();
    life.abort();
    return ourReason ?? reason;
  });
  void mailbox.check();

  return {
    name: 'module',
    limits: MODULE_ROAD_LIMITS,
    async request(commands, { signal }) {
      const outcomes: Tr50Outcome[] = [];
      // One after the other; what follows a lost link would be lost, too.
      for (const command of commands) {
        const before = outcomes.at(-1);
        const isOver = before?.is === 'link-lost' || (signal.aborted && outcomes.length > 0);
        const outcome: Tr50Outcome = isOver ? { is: 'busy', retryAfterMs: 1 } : await ask(command, signal);
        outcomes.push(outcome);
        mailbox.answered(command, outcome);
      }
      return outcomes;
    },
    methods: mailbox.methods,
    closed,
    close: () => session.close(),
    facts: () => session.facts(),
  };
}
