// The network as the module meets it: performs the radio machine's effects, brings contexts up and down, tells of both.
import { type Clock, createRunner } from '../../core/index.js';
import { contextUrcs } from './context.js';
import type { Latency } from './latency.js';
import { networkTimeUrcs, registrationUrcs } from './network.js';
import type { SimModuleOptions } from './options.js';
import { nextRadio, type RadioEffect, type RadioEvent, type RadioState, statOf } from './radio.js';
import type { Coverage, ModuleState } from './state.js';
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
  clock: Clock;
  timers: Timers;
  latency: Latency;
  urc: (text: string) => void;
}

export function createNetwork(
  { state, clock, timers, latency, urc }: NetworkDeps,
  options: Pick<SimModuleOptions, 'searchMs' | 'bearerMs' | 'hasInitialBearer'>,
): NetworkSide {
  const watchers = new Set<(isActive: boolean) => void>();
  let stopSearch = (): void => undefined;
  let stopBearer = (): void => undefined;

  const setContext = (id: number, isActive: boolean, byNetwork = false): void => {
    if (state.activeContexts.has(id) === isActive) return;
    if (isActive) state.activeContexts.add(id);
    else state.activeContexts.delete(id);
    for (const text of contextUrcs(state, id, isActive, byNetwork)) urc(text);
    if (id === 1) for (const cb of [...watchers]) cb(isActive);
  };
  const attach = (): void => {
    state.isAttached = true;
    state.hasNetworkTime = true;
    for (const text of networkTimeUrcs(state, clock.wall())) urc(text);
    if (options.hasInitialBearer === false) return;
    stopBearer = timers.after(latency.fixed(options.bearerMs ?? 200), () => {
      if (state.isAttached && state.nvm.data.contexts[1]) setContext(1, true, true);
    }).cancel;
  };
  const detach = (): void => {
    stopBearer();
    state.isAttached = false;
    for (const id of [...state.activeContexts]) setContext(id, false, true);
  };
  const announce = (): void => {
    state.registration = statOf(radio.state);
    for (const text of registrationUrcs(state)) urc(text);
  };
  const search = (): void => {
    stopSearch();
    stopSearch = timers.after(latency.fixed(options.searchMs ?? 1500), () =>
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
      const isRadioOn = ![0, 4].includes(state.functionality);
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
