// The one object that says what the gateway is doing and why not. Page, API, metrics, CLI, doctor and bundle are views
// of it; it holds no secret and no full identifier (specs/reliability.md section 10, names in camelCase with units).
import type { ClockTrustStatus, Fix } from '../core/index.js';

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

export interface PartView {
  state: string;
  reason?: string;
  sinceMs: number;
  attempt: number;
  nextRetryMs?: number;
  lastOkMs?: number;
  restarts: number;
}

export interface CredentialView {
  id: string;
  kind: string;
  state: string;
  since: string;
  tested: boolean;
  reason?: string;
  evidence?: Readonly<Record<string, string | number>>;
  expiresAt?: string;
  expirySource?: string;
  expiresInDays?: number;
  retryAt?: string;
  latched: boolean;
  fingerprint?: string;
  generation: number;
  remedy?: string;
}

export interface ClimbView {
  failures: number;
  lastRung?: string;
  lastReason?: string;
  /** Why that rung could not be taken as wanted. */
  lastRungFailed?: string;
  /** ISO 8601. */
  at?: string;
}

export interface ModemView {
  stage: string;
  port: string;
  manufacturer?: string;
  model?: string;
  revision?: string;
  profile?: string;
  /** Last four characters. */
  imei?: string;
  iccid?: string;
  imsi?: string;
  /** The configuration names another family than the module. */
  profileNote?: string;
  /** Stable name of the port, and how it was found: configured, usb-id, probed or moved. */
  portName?: string;
  portFound?: string;
  /** Other programs that have the port open. */
  sharedWith?: readonly { name: string; pid: number }[];
  sim: string;
  simTries?: { pin?: number; puk?: number };
  registration: {
    state: string;
    technology?: string;
    areaCode?: string;
    cellId?: string;
    rejectCause?: number;
    causeWords?: string;
    plmn?: string;
  };
  operator?: string;
  signal?: { rssiDbm?: number; rsrpDbm?: number; rsrqDb?: number; sinrDb?: number; quality: string };
  cell?: Readonly<Record<string, string | number>>;
  temperatureC?: number;
  /** How the host gets its network, and whether anything comes back end to end. */
  dataPath?: { kind: string; state: string };
  road?: { state: string; lastOkMs?: number; reason?: string };
  /** The ladders: failures in a row that have climbed, the rung taken last, why and when. */
  recovery?: Readonly<Record<'channel' | 'network', ClimbView>>;
  bearer: { contextId: number; active: boolean; address?: string };
  /** Of the app token in the module. Not named like the token itself, which no output may show. */
  appTokenState: string;
  counters: Readonly<Record<string, number>>;
}

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
  parts: Readonly<Record<'modem' | 'gnss' | 'identity' | 'session' | 'outbox' | 'clock' | 'status', PartView>>;
  clock: ClockTrustStatus;
  modem?: ModemView;
  identity: {
    state: string;
    source: 'ztp' | 'files' | 'none';
    shape?: string;
    /** Last four characters. */
    clientId?: string;
    host?: string;
    port?: number;
    certificateExpiresAt?: string;
    keyExpiresAt?: string;
    ztpCallsToday: number;
    reason?: string;
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
  };
  fix: Omit<Fix, 'atMonoMs' | 'source'> & { source?: string; ageMs?: number };
  receiver?: { running: boolean; port: string; model?: string; framesIn: number; badFrames: number };
  credentials: readonly CredentialView[];
  bytes: Readonly<Record<string, { in: number; out: number }>>;
  loopLagMs: { p50: number; p99: number; max: number };
  rssBytes: number;
}
