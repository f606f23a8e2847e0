// Ties a module's own doings to its USB ports: when it restarts they leave and come back, when it shuts down they stay
// away. A module behind a bridge chip keeps its ports.
import type { Clock, Timer } from '../core/index.js';
import type { Machine } from './machine.js';
import type { SimModule } from './module/options.js';

/** What becomes of the ports when the module restarts. */
export const PORTS_AFTER_RESET = ['stay', 'return', 'renumber'] as const;
export type PortsAfterReset = (typeof PORTS_AFTER_RESET)[number];

/** Real time between two looks at the module. */
const LOOK_MS = 25;
/** Real time for its last words to get out before the ports go. */
const LAST_WORDS_MS = 50;
/** Clock time a restarting module is away from the bus (specs/modem.md 4.3: interfaces appear over 0.5 to 3 s). */
const AWAY_MS = { lowest: 500, highest: 3000 };

export interface BusWatch {
  /** How the ports behave at the next restart only. */
  once(how: PortsAfterReset): void;
  /** The cable gave it power (true) or took it: what follows from that is no restart of its own. */
  powered(isPowered: boolean): void;
  stop(): void;
}

export function watchBus(deps: {
  machine: Machine;
  module: SimModule;
  clock: Clock;
  /** What every restart does. */
  usual: PortsAfterReset;
  /** 0..1, the same for the same seed. */
  random: () => number;
  /** What went wrong while ports were moved. */
  onError: (error: unknown) => void;
}): BusWatch {
  const { machine, module, clock, usual, random } = deps;
  let next: PortsAfterReset | undefined;
  let resets = module.counters.resets;
  let isPowered = true;
  let wasOff = false;
  let timer: Timer | undefined;

  let leaving: Timer | undefined;

  const move = (start: () => Promise<void>): void => {
    leaving?.cancel();
    leaving = clock.deadline(LAST_WORDS_MS, () => void start().catch(deps.onError));
  };
  const look = (): void => {
    timer = clock.deadline(LOOK_MS, look);
    if (!isPowered) return;
    const isOff = module.state.power === 'off';
    if (module.counters.resets !== resets) {
      resets = module.counters.resets;
      const how = next ?? usual;
      next = undefined;
      const gapMs = AWAY_MS.lowest + random() * (AWAY_MS.highest - AWAY_MS.lowest);
      if (how !== 'stay' || wasOff) {
        const renumber = how === 'renumber';
        move(() => machine.reenumerate('modem', { renumber, gapMs }));
      }
    } else if (isOff && !wasOff) move(() => machine.leaveBus('modem'));
    wasOff = isOff;
  };
  if (machine.isResetWithModule) look();
  return {
    once: (how) => void (next = how),
    powered(isOn) {
      leaving?.cancel();
      isPowered = isOn;
      resets = module.counters.resets;
      wasOff = false;
    },
    stop() {
      timer?.cancel();
      leaving?.cancel();
    },
  };
}
