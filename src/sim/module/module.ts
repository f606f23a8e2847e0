// The simulated cellular module: AT ports on one side, a radio network that grants what it is told on the other.
// Healthy by default; faults are pushed in front of it (faults.ts).
//
//   terminal (primary) ──┐
//   terminal (secondary) ┼── state ── card, radio machine, contexts, NVM
//   NMEA port ───────────┘
import { scrubber } from '../../core/index.js';
import type { Behaviour, PortName } from './behaviour.js';
import { createCardSide } from './card-side.js';
import { type CellLocateKnobs, USUAL_CELL_LOCATE } from './cell-locate.js';
import { type DeviceWiseKnobs, knobsOf } from './device-wise.js';
import { commandsOf } from './executor.js';
import { FAMILIES } from './families/all.js';
import { forgetServers } from './families/cell-locate-servers.js';
import { createDeviceWiseClient } from './families/device-wise/index.js';
import { initialState } from './initial.js';
import { createLatency } from './latency.js';
import { createNetwork } from './network-side.js';
import { createNmeaPort } from './nmea.js';
import type { SimModule, SimModuleCounters, SimModuleOptions, TranscriptLine } from './options.js';
import { createRandom } from './random.js';
import { runRemoteAt } from './remote-at.js';
import { freshSession, type SessionSettings } from './state.js';
import { createTerminal, type Terminal, type TerminalDeps } from './terminal.js';
import { createTimers } from './timers.js';

const MAX_TRANSCRIPT = 1000;

/** A module of the family that `options.profile` names, powered and booting. */
export function createSimModule(options: SimModuleOptions): SimModule {
  const { clock, log } = options;
  const family = FAMILIES[options.profile ?? 'telit'];
  const random = createRandom(options.seed ?? 1);
  const latency = createLatency(random, options.latencyScale ?? 1);
  const timers = createTimers(clock);
  const state = initialState(options, family);
  const counters: SimModuleCounters = { lines: 0, intrusions: 0, resets: 0 };
  const transcript: TranscriptLine[] = [];
  let behaviours: Behaviour[] = [];
  const behavioursOf = (name: PortName) => (): Behaviour[] =>
    behaviours.filter(({ port }) => port === undefined || port === name);

  const recorder =
    (port?: 'secondary') =>
    (direction: '>' | '<', text: string): void => {
      const line = { atMs: clock.wall(), direction, text: scrubber.scrub(text), ...(port ? { port } : {}) };
      transcript.push(line);
      if (transcript.length > MAX_TRANSCRIPT) transcript.shift();
      options.transcript?.(line);
      if (log.enabled('trace')) log.trace('sim.module-line', line);
    };

  // ---- what ports hear unasked
  const hearing = (): Terminal[] => {
    if (!secondary || state.urcPort === 'primary') return [primary];
    return state.urcPort === 'secondary' ? [secondary] : [primary, secondary];
  };
  const urc = (text: string): void => {
    for (const terminal of hearing()) terminal.urc(text);
  };
  const report = (make: (session: SessionSettings) => readonly string[]): void => {
    for (const terminal of hearing()) for (const text of make(terminal.session)) terminal.urc(text);
  };

  const network = createNetwork(
    {
      state,
      family,
      clock,
      timers,
      latency,
      report,
      lost: (id) => {
        for (const terminal of terminals) terminal.contextLost(id);
      },
    },
    options,
  );
  const card = createCardSide({
    state,
    family,
    clock,
    timers,
    latency,
    cardMs: options.cardMs ?? family.times.card,
    report,
    updateRadio: network.update,
  });

  const deviceWise = createDeviceWiseClient({
    state,
    clock,
    timers,
    latency,
    log,
    urc,
    dial: options.deviceWise?.dial,
    runRemoteAt: (line, expiresMs, done) =>
      runRemoteAt({ ...shared, latencyOf: latency.of, world: shared.world }, line, expiresMs, done),
  });
  network.onPdp((isActive) => deviceWise.contextChanged(isActive));

  // ---- power
  const fallSilent = (): void => {
    state.power = 'off';
    for (const terminal of terminals) terminal.sleep();
    timers.cancelAll();
    deviceWise.sleep();
    network.update();
  };
  const powerOn = (): void => {
    state.power = 'booting';
    state.poweredOnMonoMs = clock.mono();
    for (const terminal of terminals) terminal.wake();
    Object.assign(state, {
      functionality: 1,
      selection: 0,
      hasNetworkTime: false,
      isGnssOn: false,
      profileContext: 1,
      locating: undefined,
    });
    state.booted = { ...state.nvm.data.settings };
    card.sleep();
    timers.after(options.boot ?? family.times.boot, () => {
      state.power = 'on';
      log.debug('sim.module-on', { model: state.identity.model });
      for (const behaviour of behaviours) behaviour.booted?.(ioOf(behaviour));
      for (const text of options.bootTexts ?? family.bootTexts) urc(text);
      nmea?.start();
      card.wake((woken) => (options.bootTexts ? [] : family.cardBootTexts(woken)));
    });
  };
  /** Unlike a restart, a power cut may take settings along. */
  const cutPower = (): void => {
    fallSilent();
    if (state.cellLocate.forgetsServers) forgetServers(state);
  };
  const reset = (): void => {
    counters.resets++;
    fallSilent();
    powerOn();
  };

  // ---- ports
  const chunkingOf = (name: PortName): TerminalDeps['chunking'] =>
    behavioursOf(name)().find((each) => each.chunking)?.chunking ?? options.chunking ?? 'whole';
  const isStrict = options.strict ?? true;
  const shared: Omit<TerminalDeps, 'port' | 'session' | 'record' | 'behaviours'> = {
    state,
    family,
    commands: commandsOf(family, isStrict),
    isStrict,
    clock,
    timers,
    latency,
    chunking: options.chunking ?? 'whole',
    chunkGapMs: options.chunkGapMs ?? 0,
    counters,
    reset,
    world: {
      state,
      family,
      clock,
      urc,
      updateRadio: network.update,
      cardChanged: () => card.changed(),
      setContext: (id: number, isActive: boolean) => network.setContext(id, isActive),
      // The answer leaves the module before the lights go out.
      reboot: () => void timers.after(latency.fixed(100), reset),
      powerOff: () => void timers.after(latency.fixed(100), cutPower),
      later: (ms, fn) => timers.after(latency.fixed(ms), fn),
      random,
      deviceWise,
    },
  };
  const primary = createTerminal({
    ...shared,
    port: options.port,
    session: state.session,
    record: recorder(),
    behaviours: behavioursOf('primary'),
  });
  const secondary = options.secondary
    ? createTerminal({
        ...shared,
        port: options.secondary,
        session: freshSession(state.nvm),
        record: recorder('secondary'),
        behaviours: behavioursOf('secondary'),
      })
    : undefined;
  const terminals = secondary ? [primary, secondary] : [primary];
  const nmea = options.nmea ? createNmeaPort({ port: options.nmea, clock, timers, state }) : undefined;
  const ioOf = ({ port }: Behaviour): Terminal['io'] => (port === 'secondary' && secondary ? secondary : primary).io;
  const applyChunking = (): void => {
    primary.setChunking(chunkingOf('primary'));
    secondary?.setChunking(chunkingOf('secondary'));
  };

  /** The newest behaviour that says something about it wins. */
  const applyCellLocate = ({ cellLocate }: Behaviour): void => {
    if (!cellLocate) return;
    state.cellLocate = behaviours.reduceRight<CellLocateKnobs>((knobs, each) => ({ ...knobs, ...each.cellLocate }), {
      ...USUAL_CELL_LOCATE,
      ...options.cellLocate,
    });
    state.locateTries = 0;
  };
  const applyDeviceWise = ({ deviceWise: knobs }: Behaviour): void => {
    if (!knobs) return;
    state.deviceWise.knobs = behaviours.reduceRight<DeviceWiseKnobs>(
      (all, each) => ({ ...all, ...each.deviceWise }),
      knobsOf(options.deviceWise),
    );
    if (knobs.firstSeq !== undefined) state.deviceWise.nextId = state.deviceWise.knobs.firstSeq;
  };

  powerOn();
  return {
    state,
    counters,
    transcriptLines: transcript,
    deviceWise: {
      drop: (code = -18323) => deviceWise.drop(code),
      state() {
        const { status, lastError, inbox } = state.deviceWise;
        return { isStarted: deviceWise.isStarted, status, lastError, inbox: inbox.length };
      },
      get counters() {
        return state.deviceWise.counters;
      },
    },
    push(pushed) {
      const behaviour: Behaviour = typeof pushed === 'function' ? { line: pushed } : { ...pushed };
      behaviours = [behaviour, ...behaviours];
      applyChunking();
      applyCellLocate(behaviour);
      applyDeviceWise(behaviour);
      const detachBehaviour = behaviour.attach?.(ioOf(behaviour));
      return () => {
        if (!behaviours.includes(behaviour)) return;
        behaviours = behaviours.filter((each) => each !== behaviour);
        applyChunking();
        applyCellLocate(behaviour);
        applyDeviceWise(behaviour);
        detachBehaviour?.();
      };
    },
    get pdpActive() {
      return state.activeContexts.has(1);
    },
    setPdpActive: network.setPdpActive,
    onPdp: network.onPdp,
    setRegistration: network.setCoverage,
    setSignal: (change) => void Object.assign(state.signal, change),
    setSim: (cardState, details = {}) => card.set(cardState, details),
    swapSim: (details, absentMs = 500) => card.swap(details, absentMs),
    urc,
    reset,
    powerOff: cutPower,
    unplugged: cutPower,
    replugged: reset,
    [Symbol.asyncDispose]() {
      for (const terminal of terminals) terminal.stop();
      nmea?.[Symbol.dispose]();
      card[Symbol.dispose]();
      for (const behaviour of behaviours) behaviour.dispose?.();
      behaviours = [];
      fallSilent();
      return Promise.resolve();
    },
  };
}
