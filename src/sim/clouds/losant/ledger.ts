// What the simulated Losant has seen, for assertions; never a secret, never a token.
import type { StateValue } from './state-rules.js';

export type Via = 'mqtt' | 'rest';

/** One state as it came. */
export interface StateSeen {
  deviceId: string;
  via: Via;
  /** When it came, and the time it is for: ms since 1970 UTC. */
  arrivedMs: number;
  timeMs?: number;
  /** As sent, undeclared attributes too; absent when it was malformed. */
  data?: Readonly<Record<string, StateValue>>;
  isStored: boolean;
  /** Why it was not stored, or not all of it: the client is never told over MQTT. */
  why?: string;
}

export interface RestSeen {
  route: string;
  method: string;
  /** Without its query. */
  path: string;
  /** 0: the answer never left. */
  status: number;
  atMs: number;
  fault?: string;
  /** Did the request have its effect although its answer was spoilt? */
  isCommitted?: boolean;
}

export interface ConnectSeen {
  deviceId: string;
  atMs: number;
  /** `welcome`, a CONNACK code, or `closed` without one. */
  answer: 'welcome' | 1 | 2 | 3 | 4 | 5 | 'closed';
  /** Why it was refused. */
  reason?: string;
  messagesIn: number;
  messagesOut: number;
  keepaliveS: number;
  /** Once it is over. */
  endedMs?: number;
  endReason?: string;
}

export interface BanSeen {
  deviceId: string;
  atMs: number;
  forMs: number;
  /** `topic`, `connection`, or `by hand`. */
  why: string;
}

/** A connection told over REST. */
export interface StatusSeen {
  deviceId: string;
  atMs: number;
  status: 'connected' | 'disconnected';
}

export interface CommandSeen {
  deviceId: string;
  name: string;
  payload: unknown;
  /** ms since 1970 UTC. */
  timeMs: number;
  isDelivered: boolean;
}

export interface LosantLedger {
  states: StateSeen[];
  requests: RestSeen[];
  connects: ConnectSeen[];
  bans: BanSeen[];
  statuses: StatusSeen[];
  /** Messages received over MQTT, by topic. */
  messages: Map<string, number>;
}

const MAX_SEEN = 50_000;

export const createLedger = (): LosantLedger => ({
  states: [],
  requests: [],
  connects: [],
  bans: [],
  statuses: [],
  messages: new Map(),
});

export function keep<T>(list: T[], entry: T): T {
  list.push(entry);
  if (list.length > MAX_SEEN) list.shift();
  return entry;
}
