// One life of the module's own client, from telling it to connect to its end (specs/devicewise.md 1.4, 1.5). Pure: what
// is to be done comes out as effects, what became of it goes in as events.
//
//   idle ─begin→ looking ─0,x─────────────────→ preparing ─prepared→ starting ─OK──→ joining ─1,2→ up
//                   │ 1,x: left over               ↑                    │ ERROR        │ 60 s,      │ ↑
//                   └──→ clearing ─stopped─────────┘                    ↓              │ a code     │ │ 1,2
//                                                                    doubting ─1,2→ up │            │ │
//                                                                       │              │      1,1 1,3 │ │
//                                                                       ↓  what code?  ↓            ↓ │
//   closed ←─stopped─ ending ←──────────────────────────────────────────┴──────────────┴──────── faltering
//
// Four traps shape it. A failed start leaves the client started, and it goes on trying by itself: whatever fails ends with
// a stop, for a refused token above all. Stopping forgets the last error: it is read before. OK may come before the
// connection is there. And what looks like a refused token may be coverage, and the other way round: coverage is looked
// at with each code, and counts more.
//
// Who connects again is one of two, never both: the host (a lost link is stopped and closed at once) or the module (it
// has one retry period; then it is stopped and closed all the same).
import { type Step, TR50_AUTH_CODES, WaymarkError } from '../../../core/index.js';
import type { DwLinkStatus } from './parse.js';
import { codeWords } from './words.js';

/** `isStarted`: told to connect and not told to stop, whether or not the link is up. */
export interface ConnectReading {
  isStarted: boolean;
  status: DwLinkStatus;
}

const CONNECTING: DwLinkStatus = 1;
const CONNECTED: DwLinkStatus = 2;

export interface ConnectRules {
  drivenBy: 'host' | 'module';
  /** Pause between two looks while connected. */
  pollMs: number;
  /** How long after its OK the module may take to be connected. */
  joinMs: number;
  /** How long one attempt of the module may take. */
  attemptMs: number;
  /** The module's own pause between attempts, with its tick. */
  retryPeriodMs: number;
}

/** The code the module gives as its last error (0: none), and what stands against blaming the server for it. */
export interface Diagnosis {
  code: number | undefined;
  noCoverage: WaymarkError | undefined;
}

export type ConnectState =
  | { at: 'idle' }
  | { at: 'looking' }
  | { at: 'clearing' }
  | { at: 'preparing' }
  | { at: 'starting' }
  | { at: 'doubting'; refusal: WaymarkError; isStarted: boolean }
  /** `doubts`: how often it has named a code; `isLast`: the next diagnosis decides. */
  | { at: 'joining'; doubts: number; isStarted: boolean; isLast: boolean }
  /** `missed`: looks in a row without an answer. */
  | { at: 'up'; missed: number }
  | { at: 'faltering'; isLast: boolean }
  | { at: 'ending'; error: WaymarkError }
  | { at: 'closed'; error: WaymarkError };

/** `elapsedMs`: since the state was entered. */
export type ConnectEvent =
  | { is: 'begin' }
  /** Without a reading the module has not answered, or not in words that are known. */
  | { is: 'read'; reading?: ConnectReading; elapsedMs: number }
  | { is: 'prepared' }
  | { is: 'accepted' }
  | { is: 'refused'; error: WaymarkError }
  | ({ is: 'diagnosed' } & Diagnosis)
  | { is: 'paused' }
  /** Somebody was told that there is no connection. */
  | { is: 'suspected' }
  /** The stop has had its time, whatever came of it. */
  | { is: 'stopped' }
  /** The channel is gone, or the preparation has failed: nothing can be said to the module, or nothing is started. */
  | { is: 'failed'; error: WaymarkError }
  | { is: 'close'; error: WaymarkError };

export type ConnectEffect =
  | { do: 'look' }
  | { do: 'prepare' }
  | { do: 'start' }
  | { do: 'stop' }
  /** The last error and the coverage. */
  | { do: 'diagnose' }
  /** Takes the place of the pause before. */
  | { do: 'pause'; ms: number };

const JOIN_PAUSE_MS = 1500;
const SHORT_PAUSE_MS = 2000;
const LONG_PAUSE_MS = 10_000;
/** One unanswered look is weather. */
const MAX_MISSED = 3;
/** A code that stays after the client's own second attempt. */
const MAX_DOUBTS = 2;

type Next = Step<ConnectState, ConnectEffect>;
type On<K extends ConnectEvent['is']> = Extract<ConnectEvent, { is: K }>;
type At<K extends ConnectState['at']> = Extract<ConnectState, { at: K }>;

const isAuth = (code: number | undefined): boolean => code !== undefined && TR50_AUTH_CODES.includes(code);
const isConnected = (reading: ConnectReading | undefined): boolean =>
  reading?.isStarted === true && reading.status === CONNECTED;

const step = (state: ConnectState, ...effects: ConnectEffect[]): Next => ({ state, effects });
const close = (error: WaymarkError): Next => step({ at: 'closed', error });
const end = (error: WaymarkError, isStarted = true): Next =>
  isStarted ? step({ at: 'ending', error }, { do: 'stop' }) : close(error);
const up = (rules: ConnectRules): Next => step({ at: 'up', missed: 0 }, { do: 'pause', ms: rules.pollMs });

/** The error of a client that does not connect, or does no more. */
function errorOf(
  { code, noCoverage }: Diagnosis,
  otherwise: 'devicewise.unreachable' | 'devicewise.lost',
  cause?: WaymarkError,
): WaymarkError {
  if (noCoverage && otherwise === 'devicewise.unreachable') return noCoverage;
  // The card and the port have their own words, whatever the client says.
  if (cause?.code.startsWith('sim.')) return cause;
  const error = isAuth(code) && !noCoverage ? 'devicewise.refused' : otherwise;
  const said = code === undefined || code === 0 ? undefined : code;
  const words = said === undefined ? (cause?.message ?? 'the module names no reason') : codeWords(said);
  return new WaymarkError(error, `the module’s deviceWISE client: ${words}`, {
    cause: cause ?? noCoverage,
    evidence: { ...cause?.evidence, ...(said === undefined ? {} : { code: said }) },
  });
}

function doubt(rules: ConnectRules, state: At<'doubting'>, event: ConnectEvent): Next {
  if (event.is === 'read') {
    // Its own second attempt has succeeded.
    if (isConnected(event.reading)) return up(rules);
    return step({ ...state, isStarted: event.reading?.isStarted ?? true }, { do: 'diagnose' });
  }
  if (event.is !== 'diagnosed') return { state };
  return end(errorOf(event, 'devicewise.unreachable', state.refusal), state.isStarted);
}

function join(rules: ConnectRules, state: At<'joining'>, event: ConnectEvent): Next {
  if (event.is === 'paused') return step(state, { do: 'look' });
  if (event.is === 'read') {
    const { reading, elapsedMs } = event;
    if (isConnected(reading)) return up(rules);
    const isStarted = reading?.isStarted ?? true;
    const isLast = !isStarted || elapsedMs >= rules.joinMs;
    const isTrying = reading === undefined || reading.status === CONNECTING;
    if (isTrying && !isLast) return step(state, { do: 'pause', ms: JOIN_PAUSE_MS });
    return step({ ...state, isStarted, isLast }, { do: 'diagnose' });
  }
  if (event.is !== 'diagnosed') return { state };
  const { code, noCoverage } = event;
  const doubts = state.doubts + (code === undefined || code === 0 ? 0 : 1);
  // Just told to connect it waits, too: without a code that is no failure.
  if (state.isLast || isAuth(code) || noCoverage || doubts >= MAX_DOUBTS)
    return end(errorOf(event, 'devicewise.unreachable'), state.isStarted);
  return step({ ...state, doubts }, { do: 'pause', ms: JOIN_PAUSE_MS });
}

function lost(why: string): WaymarkError {
  return new WaymarkError('devicewise.lost', `the module’s deviceWISE client: ${why}`);
}

function watch(rules: ConnectRules, state: At<'up'>, event: ConnectEvent): Next {
  if (event.is === 'paused' || event.is === 'suspected') return step(state, { do: 'look' });
  if (event.is !== 'read') return { state };
  const { reading } = event;
  if (isConnected(reading)) return up(rules);
  if (reading === undefined) {
    const missed = state.missed + 1;
    if (missed >= MAX_MISSED) return end(lost('does not say any more whether it is connected'));
    return step({ at: 'up', missed }, { do: 'pause', ms: SHORT_PAUSE_MS });
  }
  return falter(rules, { at: 'faltering', isLast: false }, { ...event, elapsedMs: 0 });
}

function falter(rules: ConnectRules, state: At<'faltering'>, event: ConnectEvent): Next {
  if (event.is === 'paused' || event.is === 'suspected') return step(state, { do: 'look' });
  if (event.is === 'read') {
    const { reading, elapsedMs } = event;
    if (isConnected(reading)) return up(rules);
    if (reading?.isStarted === false) return close(lost('was stopped by somebody else, or with the module'));
    const isTrying = reading === undefined || reading.status === CONNECTING;
    const isLast = elapsedMs >= (rules.drivenBy === 'module' ? rules.retryPeriodMs : rules.attemptMs);
    if (isTrying && !isLast) return step(state, { do: 'pause', ms: SHORT_PAUSE_MS });
    return step({ at: 'faltering', isLast }, { do: 'diagnose' });
  }
  if (event.is !== 'diagnosed') return { state };
  if (rules.drivenBy === 'host' || state.isLast || (isAuth(event.code) && !event.noCoverage))
    return end(errorOf(event, 'devicewise.lost'));
  return step(state, { do: 'pause', ms: Math.min(rules.pollMs, LONG_PAUSE_MS) });
}

/** Told to close: what may be started is stopped, what is being stopped is waited for. */
function closeFrom(state: ConnectState, error: WaymarkError): Next {
  switch (state.at) {
    case 'idle':
    case 'looking':
    case 'preparing':
      return close(error);
    case 'clearing':
      return step({ at: 'ending', error });
    default:
      return end(error);
  }
}

/** After a look before anything was done. */
function clearFirst({ reading }: On<'read'>): Next {
  return reading?.isStarted === false
    ? step({ at: 'preparing' }, { do: 'prepare' })
    : step({ at: 'clearing' }, { do: 'stop' });
}

export function nextConnect(rules: ConnectRules, state: ConnectState, event: ConnectEvent): Next {
  if (state.at === 'closed') return { state };
  if (state.at === 'ending') return event.is === 'stopped' ? close(state.error) : { state };
  if (event.is === 'failed') return close(event.error);
  if (event.is === 'close') return closeFrom(state, event.error);
  switch (state.at) {
    case 'idle':
      return event.is === 'begin' ? step({ at: 'looking' }, { do: 'look' }) : { state };
    case 'looking':
      return event.is === 'read' ? clearFirst(event) : { state };
    case 'clearing':
      return event.is === 'stopped' ? step({ at: 'preparing' }, { do: 'prepare' }) : { state };
    case 'preparing':
      return event.is === 'prepared' ? step({ at: 'starting' }, { do: 'start' }) : { state };
    case 'starting':
      if (event.is === 'accepted')
        return step({ at: 'joining', doubts: 0, isStarted: true, isLast: false }, { do: 'look' });
      if (event.is === 'refused')
        return step({ at: 'doubting', refusal: event.error, isStarted: true }, { do: 'look' });
      return { state };
    case 'doubting':
      return doubt(rules, state, event);
    case 'joining':
      return join(rules, state, event);
    case 'up':
      return watch(rules, state, event);
    case 'faltering':
      return falter(rules, state, event);
  }
}
