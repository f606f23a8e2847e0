// The one object that says what the gateway is doing and why not. Page, API, metrics, CLI, doctor and bundle are views
// of it; it holds no secret and no full identifier (specs/reliability.md section 10, names in camelCase with units).
import type { ClockTrustStatus, Fix } from '../core/index.js';
import type {
  AssistanceView,
  CellLocateView,
  CorrectionUseView,
  CredentialView,
  LatencyView,
  ModemView,
  PartView,
  PositionView,
  ReceiverView,
} from './views.js';
import type { CloudView, CommandsView, LocatedView, OutputView } from './views-clouds.js';
import type { ConfigView, DataView } from './views-life.js';

export const LAMPS = ['modem', 'sim', 'network', 'identity', 'session', 'corrections', 'fix'] as const;
export type LampName = (typeof LAMPS)[number];

export type LampState = 'lit' | 'waiting' | 'dark' | 'absent';

/** One link of the chain a person follows with a finger: the first that is not lit carries the reason. */
export interface LampView {
  name: LampName;
  state: LampState;
  /** ISO 8601. */
  since: string;
  /** What is so, in words: "LE910C1-EUX", "registered, home, LTE". */
  detail?: string;
  /** Stable code from the error table, with its sentence and cure. */
  reason?: string;
  message?: string;
  hint?: string;
  /** What happens next by itself, and when. */
  next?: string;
  nextInMs?: number;
}

export const AGENT_STATES = [
  'booting',
  'modem',
  'network',
  'identity',
  'session',
  'serving',
  'degraded',
  'misconfigured',
  'draining',
  'stopped',
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** How well it serves: corrections used by the receiver, corrections delivered, or just connected. */
export type ServingGrade = 'corrected' | 'aided' | 'connected-only';

export interface StatusSnapshot {
  schemaVersion: 1;
  version: string;
  bootId: string;
  startedAt: string;
  uptimeMs: number;
  overall: 'ok' | 'degraded' | 'failed';
  state: AgentState;
  grade?: ServingGrade;
  /** ISO 8601 time the state was entered. */
  since: string;
  /** One sentence. */
  why: string;
  /** What happens next, one sentence. */
  next: string;
  lamps: readonly LampView[];
  parts: Readonly<
    Record<
      | 'modem'
      | 'gnss'
      | 'identity'
      | 'session'
      | 'assistance'
      | 'cellLocate'
      | 'thingspace'
      | 'losant'
      | 'devicewise'
      | 'outbox'
      | 'clock'
      | 'status',
      PartView
    >
  >;
  clock: ClockTrustStatus;
  modem?: ModemView;
  identity: {
    state: string;
    source: 'ztp' | 'files' | 'ucenter' | 'none';
    shape?: string;
    /** Last four characters. */
    clientId?: string;
    host?: string;
    port?: number;
    /** NTRIP. */
    mountPoint?: string;
    /** MQTT: what the identity may subscribe to. */
    topicCount?: number;
    certificateExpiresAt?: string;
    keyExpiresAt?: string;
    /** What the service knows this gateway by; last four characters. */
    hardwareId?: string;
    /** Calls to the service within a day; four are allowed. */
    ztpCallsToday: number;
    /** Why there is none, or no newer one: the last setback that is not over, what the service said, the cure. */
    reason?: string;
    evidence?: Readonly<Record<string, string | number>>;
    hint?: string;
    /** When it is tried again. */
    nextInMs?: number;
  };
  session: {
    state: string;
    connects: number;
    disconnects: number;
    lastReason?: string;
    topics: readonly string[];
  };
  corrections: {
    source: 'mqtt' | 'ntrip' | 'none';
    /** Region and tile, or mountpoint and protocol. */
    detail?: string;
    /** Payload received, before anything is checked. */
    bytesIn: number;
    framesIn: number;
    framesToReceiver: number;
    bytesToReceiver: number;
    dropped: number;
    /** Milliseconds since the last frame was handed to the receiver. */
    ageMs?: number;
    badBytes: number;
    /** Frames the receiver says it used, and could not decrypt (UBX-RXM-COR). */
    usedByReceiver: number;
    notDecrypted: number;
    verdict: string;
    use: CorrectionUseView;
  };
  fix: Omit<Fix, 'atMonoMs' | 'source'> & { source?: string; ageMs?: number };
  receiver?: ReceiverView;
  position?: PositionView;
  assistance?: AssistanceView;
  cellLocate?: CellLocateView;
  /** The best position, as it is reported to clouds and programs. */
  located?: LocatedView;
  clouds?: readonly CloudView[];
  outputs?: readonly OutputView[];
  commands?: CommandsView;
  credentials: readonly CredentialView[];
  bytes: Readonly<Record<string, { in: number; out: number }>>;
  /** This month's data and its budget. */
  data?: DataView;
  /** Absent where the agent was not started from a file. */
  config?: ConfigView;
  /** How long a far side took to answer last. */
  latency?: LatencyView;
  /** Where the page is, when it is switched on, and the file with the token its actions want. */
  page?: { url: string; tokenFile: string };
  loopLagMs: { p50: number; p99: number; max: number };
  rssBytes: number;
}
