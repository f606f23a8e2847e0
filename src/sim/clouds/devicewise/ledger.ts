// What the simulated deviceWISE has seen, for assertions; never an app token, never an application id.
import type { Admission } from './types.js';

export interface AdmissionSeen {
  thingKey: string;
  via: 'mqtt' | 'http';
  atMs: number;
  answer: 'welcome' | Extract<Admission, { is: 'refused' }>['connack'];
  /** Why it was refused. */
  why?: string;
  /** The thing was made by it. */
  isCreated?: boolean;
  /** It was the first time, and binds the application id. */
  isBound?: boolean;
}

export interface RequestSeen {
  thingKey: string;
  atMs: number;
  bytes: number;
  /** Names of its commands, in order; empty when it failed at its root. */
  commands: readonly string[];
  rootFailure?: string;
}

/** What became of one command. */
export interface OutcomeSeen {
  thingKey: string;
  atMs: number;
  /** As given by the client. */
  id: string;
  command: string;
  isOk: boolean;
  /** Of a failure, whatever of it the client is told. */
  why?: string;
  /** Succeeded, yet this was not stored or not stored as it came: `unchanged`, `duplicate`, `coerced`. */
  notes: readonly string[];
}

/** A message on a server topic: the client is never told. */
export interface TopicSeen {
  thingKey: string;
  atMs: number;
  topic: string;
  bytes: number;
  isStored: boolean;
  why?: string;
}

export interface DeviceWiseLedger {
  admissions: AdmissionSeen[];
  requests: RequestSeen[];
  outcomes: OutcomeSeen[];
  topics: TopicSeen[];
}

const MAX_SEEN = 50_000;

export const createLedger = (): DeviceWiseLedger => ({ admissions: [], requests: [], outcomes: [], topics: [] });

/** Adds to a list of at most `most`; the oldest goes. */
export function keep<T>(list: T[], entry: T, most = MAX_SEEN): T {
  list.push(entry);
  if (list.length > most) list.splice(0, list.length - most);
  return entry;
}
