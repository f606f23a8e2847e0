// The module road: TR50 through the module's own client, one command in each request (specs/devicewise.md 1.8). What it
// says of itself beyond that is the room modem's.
import type { Tr50Outcome } from '../../core/index.js';
import type { ModuleDeviceWise, ModuleDeviceWiseSession, RoadLimits, RoadOpener, Tr50Road } from './types.js';

/** The module takes 1500 bytes raw each way; the rest is for what it adds. */
export const MODULE_ROAD_LIMITS: RoadLimits = { maxRequestBytes: 1400, maxInFlight: 1, maxCommands: 1 };

export function createModuleRoad(module: Pick<ModuleDeviceWise, 'open'>): RoadOpener {
  return {
    name: 'module',
    async open(options) {
      return roadOver(await module.open(options));
    },
  };
}

function roadOver(session: ModuleDeviceWiseSession): Tr50Road {
  return {
    name: 'module',
    limits: MODULE_ROAD_LIMITS,
    async request(commands, { signal }) {
      const outcomes: Tr50Outcome[] = [];
      // One after the other; what follows a lost link would be lost, too.
      for (const command of commands) {
        const before = outcomes.at(-1);
        const isOver = before?.is === 'link-lost' || (signal.aborted && outcomes.length > 0);
        outcomes.push(isOver ? { is: 'busy', retryAfterMs: 1 } : await session.request(command, { signal }));
      }
      return outcomes;
    },
    methods: session.methods,
    closed: session.closed,
    close: () => session.close(),
    facts: () => session.facts(),
  };
}
