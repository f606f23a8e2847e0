// What tests, the demo and the desk can see and change of the simulated deviceWISE, besides what its fronts need.
import type { DeviceWiseLedger } from './ledger.js';
import type { DeviceWiseSettings } from './settings.js';
import type { DeviceWisePlatform, Json, Tr50Reply } from './types.js';

/** Common to everything stored, in order of arrival. */
export interface RecordBase {
  /** What it is for and when it came: ms since 1970 UTC. */
  tsMs: number;
  arrivedMs: number;
  /** Did the client say the time, or is it that of its arrival? */
  isTimed: boolean;
  corrId?: string;
  /** Names of what came as text instead of a number, or the other way round. */
  coerced: readonly string[];
}

export interface LocationRecord extends RecordBase {
  lat: number;
  lng: number;
  heading?: number;
  altitude?: number;
  speed?: number;
  fixAcc?: number;
  fixType?: string;
  /** The platform looked the place up from cells. */
  isFromCells: boolean;
  cell?: { mcc: number; mnc: number; lac: number; cellId: number };
}

export interface PropertyRecord extends RecordBase {
  key: string;
  /** `auto:<key>` when the thing definition does not declare it. */
  name: string;
  value: number;
}

export interface AttributeRecord extends RecordBase {
  key: string;
  name: string;
  /** Null: unset. */
  value: string | null;
}

export interface AlarmRecord extends RecordBase {
  key: string;
  state: number;
  msg?: string;
  lat?: number;
  lng?: number;
}

export interface LogRecord extends RecordBase {
  msg: string;
  /** 0 error, 1 warning, 2 information. */
  level: 0 | 1 | 2;
  isGlobal: boolean;
}

export interface StoredRecords {
  readonly locations: readonly LocationRecord[];
  readonly properties: readonly PropertyRecord[];
  readonly attributes: readonly AttributeRecord[];
  readonly alarms: readonly AlarmRecord[];
  readonly logs: readonly LogRecord[];
}

export interface ThingSeen {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly defKey: string;
  readonly createdBy: string;
  readonly tags: readonly string[];
  readonly isBound: boolean;
  readonly isConnected: boolean;
  readonly stored: StoredRecords;
  /** Mailbox messages that still wait for their ack. */
  readonly waiting: number;
  /** What its module said of itself (`module.register`). */
  readonly module?: Json;
}

export type CallState = 'queued' | 'delivered' | 'acked' | 'expired';

/** One mailbox message and what became of it. */
export interface CallSeen {
  readonly id: string;
  readonly thingKey: string;
  readonly command: string;
  /** Name of the method, of `method.exec` only. */
  readonly method?: string;
  readonly params?: unknown;
  readonly queuedMs: number;
  /** -1: for ever. */
  readonly ttlS: number;
  readonly ackTimeoutS: number;
  readonly isSingleton: boolean;
  readonly state: CallState;
  /** Each time it was handed out: ms since 1970 UTC. */
  readonly deliveredMs: readonly number[];
  readonly updates: readonly { atMs: number; msg: string }[];
  readonly acked?: {
    atMs: number;
    errorCode: number;
    errorMessage?: string;
    params?: unknown;
    /** After the caller had given up (`ackTimeoutS`). */
    isLate: boolean;
    /** Done by handing it out (`autoComplete`): nobody has acked it. */
    isAutomatic: boolean;
  };
}

export interface CallOptions {
  /** How long it waits in the mailbox; -1 for ever. Default: `ackTimeoutS`. */
  ttlS?: number;
  /** How long the caller waits (at most 300); -1: not at all. Default 60. */
  ackTimeoutS?: number;
  /** While the same method still waits, the waiting one stands for this one, too. */
  singleton?: boolean;
}

export interface TokenRules {
  name: string;
  /** Key of the thing definition new things get; null: only known things may connect. */
  definition: string | null;
  /** Commands its role may use; `*` for every one. */
  roles: readonly string[];
  /** For new things. */
  tags: readonly string[];
}

export interface DefinitionRules {
  key: string;
  /** Are keys taken that are not declared below? */
  autoDefProps: boolean;
  autoDefAttrs: boolean;
  properties: readonly string[];
  attributes: readonly string[];
  /** States of each declared alarm, by its key. */
  alarms: Readonly<Record<string, readonly string[]>>;
}

export interface DeviceWiseTokens {
  /** Everything but the token itself. */
  list(): readonly TokenRules[];
  /** Gives the new token: made up unless `text` says it. What is not said is as the ready token has it. */
  add(rules?: Partial<TokenRules> & { text?: string }): string;
  /** False when there is no such token. Live sessions: knob `removedToken`. */
  remove(token: string): boolean;
  change(token: string, rules: Partial<TokenRules>): boolean;
  /** Edits the token in place: gives the new text; undefined when there is no such token. */
  rotate(token: string): string | undefined;
}

export interface DeviceWiseThings {
  list(): readonly ThingSeen[];
  get(thingKey: string): ThingSeen | undefined;
  /** As in the portal: bound to nothing. False when the key is taken or malformed. */
  create(thingKey: string, changes?: { name?: string; definition?: string; tags?: readonly string[] }): boolean;
  delete(thingKey: string): boolean;
  bind(thingKey: string, applicationId: string): boolean;
  unbind(thingKey: string): boolean;
}

/** Why a whole request fails. */
export type RootCause = 'session' | 'malformed' | 'empty';

export interface SimDeviceWiseControl {
  /** The ready token, as long as nobody removes it. Hand it over, do not log it. */
  readonly appToken: string;
  readonly settings: DeviceWiseSettings;
  configure(changes: Partial<DeviceWiseSettings>): void;
  readonly ledger: DeviceWiseLedger;
  readonly tokens: DeviceWiseTokens;
  readonly things: DeviceWiseThings;
  /** Changes a thing definition, or makes one. */
  define(definition: Partial<DefinitionRules> & { key: string }): void;
  /** What a thing has stored; empty for one that is not there. */
  stored(thingKey: string): StoredRecords;
  /** Queues a method for a thing, whether it is connected or not; gives its id. Errors: `cli.usage`, no such thing. */
  method(thingKey: string, name: string, params?: Json, options?: CallOptions): string;
  /** Queues any other command: `diag.ping`, `module.exec`, or nonsense. `params` is sent as it is. */
  mail(thingKey: string, command: string, params?: unknown, options?: CallOptions): string;
  /** Calls of a thing, waiting and done, in the order they were queued. */
  methodsOf(thingKey: string): readonly CallSeen[];
  /** The answer to a whole request, in the spelling of the day; the front over HTTP needs `session`. */
  rootFailure(cause: RootCause): Tr50Reply;
}

/** The platform with everything. */
export type SimDeviceWisePlatform = DeviceWisePlatform & SimDeviceWiseControl;
