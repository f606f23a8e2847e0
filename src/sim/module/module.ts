// The simulated cellular module: a port on one side, a radio network that grants what it is told on the other. Healthy
// by default; faults are pushed in front of it (faults.ts).
//
//   port bytes → line reader → behaviours → executor (command tables) → speaker → chunker → port bytes
//                                               ↕ state ↕ radio machine
import { scrubber } from '../../core/index.js';
import type { Behaviour, BehaviourIo } from './behaviour.js';
import { createChunker } from './chunker.js';
import { type ExecutorDeps, type OpenLine, openLine } from './executor.js';
import { initialState } from './initial.js';
import { createLatency } from './latency.js';
import { createLineReader } from './line-reader.js';
import { createNetwork } from './network-side.js';
import type { SimModule, SimModuleCounters, SimModuleOptions, TranscriptLine } from './options.js';
import { type AnswerSink, createSpeaker, type Spoken } from './output.js';
import { createRandom } from './random.js';
import { cardStatus, wokenCard } from './sim-card.js';
import { freshSession, type SimCard } from './state.js';
import { createTimers } from './timers.js';

const MAX_TRANSCRIPT = 1000;
const MAX_WAITING_URCS = 200;
const nothing = (): void => undefined;
/** A line that a behaviour keeps open. */
const HELD: OpenLine = { start: nothing, isAbortable: false, abort: nothing, cancel: nothing };

export function createSimModule(options: SimModuleOptions): SimModule {
  const { port, clock, log } = options;
  const random = createRandom(options.seed ?? 1);
  const latency = createLatency(random, options.latencyScale ?? 1);
  const timers = createTimers(clock);
  const state = initialState(options);
  const counters: SimModuleCounters = { lines: 0, intrusions: 0, resets: 0 };
  const transcript: TranscriptLine[] = [];
  let behaviours: Behaviour[] = [];
  let open: OpenLine | undefined;
  let lastLine = 'AT';
  let isPerforming = false;
  let isCardStuck = false;
  let waitingUrcs: string[] = [];

  const record = (direction: '>' | '<', text: string): void => {
    const line = { atMs: clock.wall(), direction, text: scrubber.scrub(text) };
    transcript.push(line);
    if (transcript.length > MAX_TRANSCRIPT) transcript.shift();
    options.transcript?.(line);
    if (log.enabled('trace')) log.trace('sim.module-line', line);
  };

  // ---- out
  const chunker = createChunker(
    { write: (bytes) => port.write(bytes), clock },
    { chunking: options.chunking ?? 'whole', gapMs: options.chunkGapMs ?? 0 },
  );
  const say = (bytes: Uint8Array, kind: Spoken, line?: string): void => {
    if (state.power !== 'on') return;
    let out: Uint8Array | undefined = bytes;
    for (const { output } of behaviours) if (output && out) out = output(out, kind);
    if (!out) return;
    if (line !== undefined) record('<', line);
    chunker.send(out);
  };
  const speaker = createSpeaker(() => state.session, say);
  const mayInterrupt = (): boolean => !isPerforming && !reader.isTyping;
  const flushUrcs = (): void => {
    while (mayInterrupt() && waitingUrcs.length > 0) speaker.urc(waitingUrcs.shift() ?? '');
  };
  const urc = (text: string): void => {
    if (state.power !== 'on') return;
    if (waitingUrcs.length < MAX_WAITING_URCS) waitingUrcs.push(text);
    flushUrcs();
  };
  const answer: AnswerSink = {
    info: speaker.info,
    final(outcome) {
      speaker.final(outcome);
      flushUrcs();
    },
  };

  const network = createNetwork({ state, clock, timers, latency, urc }, options);

  // ---- power
  const fallSilent = (): void => {
    state.power = 'off';
    open?.cancel();
    open = undefined;
    timers.cancelAll();
    chunker.clear();
    reader.reset();
    waitingUrcs = [];
    network.update();
  };
  const powerOn = (): void => {
    state.power = 'booting';
    state.poweredOnMonoMs = clock.mono();
    state.session = freshSession(state.nvm);
    Object.assign(state, { functionality: 1, selection: 0, hasNetworkTime: false });
    const asked = wokenCard(state.card);
    if (asked !== 'absent') state.card.state = 'busy';
    timers.after(options.boot ?? 2000, () => {
      state.power = 'on';
      log.debug('sim.module-on', { model: state.identity.model });
      for (const text of options.bootTexts ?? []) urc(text);
      timers.after(latency.fixed(options.cardMs ?? 300), () => {
        if (state.card.state === 'busy' && !isCardStuck) state.card.state = asked;
        network.update();
      });
    });
  };
  const reset = (): void => {
    counters.resets++;
    fallSilent();
    powerOn();
  };

  // ---- in
  const run = (line: string, sink: AnswerSink): void => {
    const opened = openLine(executor, line.slice(2), sink, () => {
      if (open === opened) open = undefined;
    });
    open = opened;
    opened.start();
  };
  const executor: ExecutorDeps = {
    state,
    timers,
    latencyOf: latency.of,
    perform(command) {
      isPerforming = true;
      try {
        return command();
      } finally {
        isPerforming = false;
      }
    },
    world: {
      state,
      clock,
      urc,
      updateRadio: network.update,
      setContext: (id: number, isActive: boolean) => network.setContext(id, isActive),
      // The answer leaves the module before the lights go out.
      reboot: () => void timers.after(latency.fixed(100), reset),
      powerOff: () => void timers.after(latency.fixed(100), fallSilent),
      random,
    },
  };
  const io: BehaviourIo = {
    clock,
    info: speaker.info,
    final(outcome) {
      // A late result must not close somebody else's line.
      if (open === HELD) open = undefined;
      answer.final(outcome);
    },
    raw: (bytes) => say(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, 'answer'),
    urcNow: speaker.urc,
    urc,
    hold: () => void (open = HELD),
    run: (line, sink) => run(line, sink ?? answer),
    reset,
  };
  const onLine = (line: string): void => {
    counters.lines++;
    speaker.begin();
    lastLine = line;
    record('>', line);
    for (const behaviour of behaviours) if (behaviour.line?.(line, io) === true) return;
    run(line, answer);
  };
  const reader = createLineReader({
    echo: (bytes) => {
      if (state.session.echo || behaviours.some((each) => each.forcesEcho)) speaker.echo(bytes);
    },
    line: onLine,
    repeat: () => onLine(lastLine),
    isBusy: () => open !== undefined || state.power !== 'on',
    intrude() {
      if (state.power !== 'on') return;
      if (open?.isAbortable === true) open.abort();
      else counters.intrusions++;
    },
  });
  const stopReading = port.onBytes((bytes) => {
    if (state.power === 'on') reader.feed(bytes);
    flushUrcs();
  });

  const applyChunking = (): void =>
    chunker.setChunking(behaviours.find((each) => each.chunking)?.chunking ?? options.chunking ?? 'whole');

  powerOn();
  return {
    state,
    counters,
    transcriptLines: transcript,
    push(pushed) {
      const behaviour: Behaviour = typeof pushed === 'function' ? { line: pushed } : { ...pushed };
      behaviours = [behaviour, ...behaviours];
      applyChunking();
      const detachBehaviour = behaviour.attach?.(io);
      return () => {
        if (!behaviours.includes(behaviour)) return;
        behaviours = behaviours.filter((each) => each !== behaviour);
        applyChunking();
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
    setSim(cardState, details = {}) {
      isCardStuck = cardState === 'busy';
      const implied: Partial<SimCard> = {};
      if (cardState === 'ready') Object.assign(implied, { isPinEnabled: false, pinTries: 3, pukTries: 10 });
      if (cardState === 'pin') Object.assign(implied, { isPinEnabled: true, pinTries: 3 });
      if (cardState === 'puk') Object.assign(implied, { isPinEnabled: true, pinTries: 0 });
      Object.assign(state.card, implied, details, { state: cardState });
      const qss = state.session.remembered.get('#QSS') ?? '0';
      if (qss !== '0') urc(`#QSS: ${cardStatus(state.card)}`);
      network.update();
    },
    urc,
    reset,
    powerOff: fallSilent,
    unplugged: fallSilent,
    replugged: reset,
    [Symbol.asyncDispose]() {
      stopReading();
      for (const behaviour of behaviours) behaviour.dispose?.();
      behaviours = [];
      fallSilent();
      return Promise.resolve();
    },
  };
}
