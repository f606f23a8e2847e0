// The network as the module meets it: performs the radio machine's effects, brings contexts up and down, tells of both.
import { type Clock, createRunner } from '../../core/index.js';
import type { Family } from './command.js';
import type { Latency } from './latency.js';
import type { SimModuleOptions } from './options.js';
import { nextRadio, type RadioEffect, type RadioEvent, type RadioState, statOf } from './radio.js';
import { networkTimeUrcs } from './standard/clock.js';
import { contextUrcs, loginFits } from './standard/context.js';
import { registrationUrcs } from './standard/registration.js';
import type { Coverage, ModuleState, SessionSettings } from './state.js';
import type { Timers } from './timers.js';

export interface NetworkSide {
  /** Power, functionality, card or selection changed: the radio starts or stops accordingly. */
  update(): void;
  setContext(id: number, isActive: boolean, byNetwork?: boolean): void;
  setPdpActive(isActive: boolean): void;
  onPdp(cb: (isActive: boolean) => void): () => void;
  setCoverage(change: Partial<Coverage>): void;
}

interface NetworkDeps {
  state: ModuleState;
  family: Family;
  clock: Clock;
  timers: Timers;
  latency: Latency;
  /** Unsolicited lines, made for the settings of each port. */
  report: (make: (session: SessionSettings) => readonly string[]) => void;
  /** A context is gone; a data call on it ends. */
  lost: (contextId: number) => void;
}

/** +CFUN modes without a radio. */
const SILENT_MODES = [0, 4, 19, 127];

export function createNetwork(
  { state, family, clock, timers, latency, report, lost }: NetworkDeps,
  options: Pick<SimModuleOptions, 'searchMs' | 'bearerMs' | 'hasInitialBearer'>,
): NetworkSide {
  const watchers = new Set<(isActive: boolean) => void>();
  let stopSearch = (): void => undefined;
  let stopBearer = (): void => undefined;

  const setContext = (id: number, isActive: boolean, byNetwork = false): void => {
    if (state.activeContexts.has(id) === isActive) return;
    if (isActive) state.activeContexts.add(id);
    else state.activeContexts.delete(id);
    report((session) => contextUrcs(session, id, isActive, byNetwork));
    if (!isActive) {
      if (byNetwork) report(() => family.contextUrcs(state, id));
      state.stackContexts.delete(id);
      if (state.cardContext === id) state.cardContext = undefined;
      lost(id);
    }
    if (id === 1) for (const cb of [...watchers]) cb(isActive);
  };
  const attach = (): void => {
    state.isAttached = true;
    state.hasNetworkTime = true;
    const now = clock.wall();
    report((session) => networkTimeUrcs(state, session, now));
    if (options.hasInitialBearer === false) return;
    stopBearer = timers.after(latency.fixed(options.bearerMs ?? family.times.bearer), () => {
      if (state.isAttached && state.nvm.data.contexts[1] && loginFits(state, 1)) setContext(1, true, true);
    }).cancel;
  };
  const detach = (): void => {
    stopBearer();
    state.isAttached = false;
    for (const id of [...state.activeContexts]) setContext(id, false, true);
  };
  const announce = (): void => {
    state.registration = statOf(radio.state);
    report((session) => registrationUrcs(state, session));
  };
  const search = (): void => {
    stopSearch();
    stopSearch = timers.after(latency.fixed(options.searchMs ?? family.times.search), () =>
      radio.send({ is: 'search-done', coverage: state.coverage.state }),
    ).cancel;
  };
  const effects: Readonly<Record<RadioEffect, () => void>> = {
    'start-search': search,
    'stop-search': () => stopSearch(),
    announce,
    attach,
    detach,
  };
  const radio = createRunner<RadioState, RadioEvent, RadioEffect>({
    initial: { is: 'off' },
    next: nextRadio,
    perform: (effect) => effects[effect](),
  });

  return {
    update() {
      const isRadioOn = !SILENT_MODES.includes(state.functionality);
      const isAllowed = state.power === 'on' && isRadioOn && state.card.state === 'ready' && state.selection !== 2;
      radio.send({ is: isAllowed ? 'allowed' : 'forbidden' });
    },
    setContext,
    setPdpActive(isActive) {
      stopBearer();
      if (!isActive || state.isAttached) setContext(1, isActive, true);
    },
    onPdp(cb) {
      watchers.add(cb);
      return () => void watchers.delete(cb);
    },
    setCoverage(change) {
      Object.assign(state.coverage, change);
      radio.send({ is: 'coverage', coverage: state.coverage.state });
    },
  };
}
