// What the Losant service is given, and what it shows.
import type { Duplex } from 'node:stream';
import type { BackoffPolicy, Clock, ClockTrust, CloudLink, Logger, Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import type { DerivedCredential } from '../../vault/index.js';
import type { ServiceReason } from '../reason.js';
import type { LosantCredentials } from './credentials.js';
import type { LosantRest } from './rest.js';

/** What is used of the outbox. */
export interface LosantOutbox {
  /** Hands records to the link until the signal aborts; then resolves. */
  drain(link: CloudLink, options: { signal: AbortSignal }): Promise<void>;
}

export interface LosantIds {
  applicationId?: string;
  deviceId: string;
}

export interface LosantDeps {
  clock: Clock;
  log: Logger;
  /** 0..1. */
  random(): number;
  trust: Pick<ClockTrust, 'status'>;
  http: HttpsClient;
  /** The TLS road to the broker. */
  connect(signal: AbortSignal): Promise<Duplex>;
  credentials: LosantCredentials;
  outbox: LosantOutbox;
  /** The outbox's number of this boot. */
  boot: number;
  /** A command as it came, untrusted. The next is handed on when it has resolved; must not reject. */
  onCommand?(payload: Buffer, isRetained: boolean): Promise<void>;
  /** After each connection (mqtt) or in each cycle (rest): the place to fetch missed commands. */
  onUp?(ids: LosantIds, signal: AbortSignal): Promise<void>;
  onChange?(): void;
}

export interface LosantOptions {
  apiUrl: string;
  applicationId?: string;
  deviceId: string;
  transport: 'mqtt' | 'rest';
  keepaliveSeconds: number;
  /** PEM authorities beside the built-in ones, for the REST API. */
  ca?: readonly string[];
  /** Transport rest: time between two cycles; 300 000 unless given. */
  reportEveryMs?: number;
}

export interface LosantRunContext {
  signal: AbortSignal;
  ok(): void;
  doing(state: string): void;
}

export interface LosantSnapshot {
  transport: 'mqtt' | 'rest';
  state: 'idle' | 'connecting' | 'connected' | 'waiting';
  /** One sentence for a person. */
  sentence: string;
  connects: number;
  disconnects: number;
  lastReason?: ServiceReason;
  /** What happens next, and when on the monotonic clock. */
  next?: { what: string; atMonoMs: number };
  /** Ours within the last 15 s. */
  messagesInWindow: number;
  bans: number;
  /** False: the key is good for other devices too. Absent: Losant does not say. */
  isRestricted?: boolean;
}

export type LosantCredentialId = 'accessKey' | 'accessSecret' | 'applicationToken';

export interface LosantService {
  /** One life of the connection. Ends by error or abort; the error's `retryAfterMs` is how long not to try again. */
  run(context: LosantRunContext): Promise<void>;
  /** How long to wait after that error, where it does not say so itself. */
  backoff(error: WaymarkError): BackoffPolicy;
  snapshot(): LosantSnapshot;
  /** Tries the value in force. Resolves when it is accepted. */
  test(id: LosantCredentialId, options: { signal: AbortSignal }): Promise<void>;
  /** Tries another value, together with `all` that change at once; reports nothing to the credentials in force. */
  prove(
    id: LosantCredentialId,
    candidate: Secret,
    options: { signal: AbortSignal; all?: Readonly<Partial<Record<LosantCredentialId, Secret>>> },
  ): Promise<void>;
  /** Those made here from others. */
  credentials(): readonly DerivedCredential[];
  readonly rest: LosantRest;
  [Symbol.dispose](): void;
}
