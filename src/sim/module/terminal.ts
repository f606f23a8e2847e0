// One AT port of the module: what is typed there becomes lines, lines become answers, in the settings of this port.
//
//   port bytes → behaviours → online? data mode : prompt? text : line reader → behaviours → executor → speaker
//   port bytes ← chunker ← behaviours ←───────────────────────────────────────────────────────────────┘
import type { Clock } from '../../core/index.js';
import type { PortLike } from '../plug.js';
import type { Behaviour, BehaviourIo } from './behaviour.js';
import { type Chunking, createChunker } from './chunker.js';
import type { CommandTable, Family } from './command.js';
import { createDataMode } from './data-mode.js';
import { type ExecutorDeps, type OpenLine, openLine } from './executor.js';
import type { Latency } from './latency.js';
import { createLineReader } from './line-reader.js';
import type { SimModuleCounters } from './options.js';
import { type AnswerSink, createSpeaker, type Spoken } from './output.js';
import { createPrompt } from './prompt.js';
import { S_DEFAULTS } from './standard/basic.js';
import { freshSession, type ModuleState, type SessionSettings } from './state.js';
import type { Timers } from './timers.js';

const MAX_WAITING_URCS = 200;
const nothing = (): void => undefined;
/** A line that a behaviour keeps open. */
const HELD: OpenLine = { start: nothing, isAbortable: false, abort: nothing, cancel: nothing };

export interface Terminal {
  readonly session: SessionSettings;
  readonly io: BehaviourIo;
  /** An unsolicited line at the next place where one may stand. */
  urc(text: string): void;
  /** Power-on: the stored profile again. */
  wake(): void;
  /** Power is gone, and the open command with it. */
  sleep(): void;
  /** A context is gone: a data call on it ends with NO CARRIER. */
  contextLost(contextId: number): void;
  setChunking(chunking: Chunking): void;
  stop(): void;
}

export interface TerminalDeps {
  port: PortLike;
  /** Of this port; kept for ever, its values change. */
  session: SessionSettings;
  state: ModuleState;
  family: Family;
  commands: CommandTable;
  isStrict: boolean;
  clock: Clock;
  timers: Timers;
  latency: Latency;
  chunking: Chunking;
  chunkGapMs: number;
  counters: SimModuleCounters;
  /** Those that are for this port. */
  behaviours: () => readonly Behaviour[];
  record: (direction: '>' | '<', text: string) => void;
  /** The module as commands see it from any port. */
  world: Omit<ExecutorDeps['world'], 'session' | 'callContext' | 'hangUp'>;
  reset: () => void;
}

export function createTerminal(deps: TerminalDeps): Terminal {
  const { port, session, state, clock, timers, family, behaviours, record, counters } = deps;
  let open: OpenLine | undefined;
  let lastLine = 'AT';
  let isPerforming = false;
  let isOnline = false;
  let callContext: number | undefined;
  let waitingUrcs: string[] = [];

  // ---- out
  const chunker = createChunker(
    { write: (bytes) => port.write(bytes), clock },
    { chunking: deps.chunking, gapMs: deps.chunkGapMs },
  );
  const say = (bytes: Uint8Array, kind: Spoken, line?: string): void => {
    if (state.power !== 'on') return;
    let out: Uint8Array | undefined = bytes;
    for (const { output } of behaviours()) if (output && out) out = output(out, kind);
    if (!out) return;
    if (line !== undefined) record('<', line);
    chunker.send(out);
  };
  const { blankAfterColon } = state.quirks;
  const speaker = createSpeaker({ settings: session, words: family, blankAfterColon }, say);
  const mayInterrupt = (): boolean => !isPerforming && !isOnline && !prompt.isOpen && !reader.isTyping;
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
  const echo = (bytes: Uint8Array): void => {
    if (session.echo || behaviours().some((each) => each.forcesEcho)) speaker.echo(bytes);
  };

  // ---- online
  const register = (n: number): number => session.sRegisters.get(n) ?? S_DEFAULTS[n] ?? 0;
  const dataMode = createDataMode({
    clock,
    timers,
    // S12 counts fiftieths of a second.
    guardMs: () => register(12) * 20,
    escapeCode: () => register(2),
    onEscape() {
      // Telit can be told to ignore it.
      if (session.remembered.get('#SKIPESC') === '1') return;
      leaveOnline();
      answer.final('OK');
    },
  });
  const goOnline = (contextId: number): void => {
    callContext = contextId;
    isOnline = true;
    dataMode.start();
  };
  const leaveOnline = (): void => {
    isOnline = false;
    dataMode.stop();
  };
  const dropCall = (): void => {
    if (callContext === undefined) return;
    callContext = undefined;
    const wasOnline = isOnline;
    leaveOnline();
    if (wasOnline) answer.final('NO CARRIER');
    else urc('NO CARRIER');
  };

  // ---- prompt
  const prompt = createPrompt(
    (text) => say(Buffer.from(text), 'answer'),
    (byte, isForced) => (isForced ? say : echo)(Uint8Array.of(byte), 'echo'),
  );

  // ---- in
  const world: ExecutorDeps['world'] = {
    ...deps.world,
    session,
    get callContext() {
      return callContext;
    },
    hangUp() {
      callContext = undefined;
    },
  };
  const executor: ExecutorDeps = {
    family,
    commands: deps.commands,
    isStrict: deps.isStrict,
    timers,
    latencyOf: deps.latency.of,
    world,
    prompt: prompt.text,
    promptBytes: prompt.bytes,
    goOnline,
    perform(command) {
      isPerforming = true;
      try {
        return command();
      } finally {
        isPerforming = false;
      }
    },
  };
  const run = (line: string, sink: AnswerSink): void => {
    if (deps.isStrict && !/^(?:AT|at)/.test(line)) {
      sink.final('ERROR');
      return;
    }
    const opened = openLine(executor, line.slice(2), sink, () => {
      if (open === opened) open = undefined;
    });
    open = opened;
    opened.start();
  };
  const onLine = (line: string): void => {
    counters.lines++;
    speaker.begin();
    lastLine = line;
    record('>', line);
    for (const behaviour of behaviours()) if (behaviour.line?.(line, io) === true) return;
    run(line, answer);
  };
  const reader = createLineReader({
    echo,
    line: onLine,
    repeat: () => onLine(lastLine),
    isBusy: () => open !== undefined || state.power !== 'on',
    intrude() {
      if (state.power !== 'on') return;
      if (open?.isAbortable === true) open.abort();
      else counters.intrusions++;
    },
  });
  const take = (bytes: Uint8Array): void => {
    if (state.power === 'on') {
      let input: Uint8Array | undefined = bytes;
      for (const behaviour of behaviours()) if (behaviour.input && input) input = behaviour.input(input);
      for (const byte of input ?? []) {
        if (isOnline) dataMode.feed(byte);
        else if (prompt.isOpen) prompt.take(byte);
        else reader.take(byte);
      }
    }
    flushUrcs();
  };
  const stopReading = port.onBytes(take);

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
    urc: deps.world.urc,
    hold: () => void (open = HELD),
    run: (line, sink) => run(line, sink ?? answer),
    type: (text) => take(Buffer.from(text, 'latin1')),
    prompt: prompt.text,
    goOnline: () => goOnline(1),
    dropCall,
    reset: deps.reset,
  };

  return {
    session,
    io,
    urc,
    wake: () => void Object.assign(session, freshSession(state.nvm)),
    sleep() {
      open?.cancel();
      open = undefined;
      leaveOnline();
      callContext = undefined;
      prompt.reset();
      chunker.clear();
      reader.reset();
      waitingUrcs = [];
    },
    contextLost(contextId) {
      if (callContext === contextId) dropCall();
    },
    setChunking: chunker.setChunking,
    stop: stopReading,
  };
}
