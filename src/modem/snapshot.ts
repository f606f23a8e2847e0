// What is known about the module right now, and who wants to hear of changes.
import type { Bearer } from './bearer.js';
import type { SimState } from './codec/identity.js';
import type { Signal } from './codec/signal.js';
import type { CellReport, RetryCounters } from './profile.js';
import type { Registration } from './registration.js';

/** The lamps of the bring-up in their order; `absent`: the port is not open. */
export type ModemStage =
  | 'absent'
  | 'sync'
  | 'identify'
  | 'sim'
  | 'registration'
  | 'signal'
  | 'bearer'
  | 'clock'
  | 'app-token'
  | 'ready';

export interface ModemCounters {
  commands: number;
  timeouts: number;
  /** Failing final results. */
  errors: number;
  urcs: number;
  unknownUrcs: number;
  resyncs: number;
  /** Links opened after the first. */
  reopens: number;
  /** Settings written to the module's permanent memory. */
  writes: number;
}

/** How the host gets its network. `host`: by somebody else, only observed; `ecm`: the module is a USB network card. */
export interface DataPath {
  kind: 'host' | 'ecm';
  state: 'observed' | 'switching' | 'connected' | 'unsupported' | 'failed';
}

export type AppTokenState = 'not-configured' | 'unsupported' | 'pending' | 'verified' | 'failed';

export interface ModemSnapshot {
  stage: ModemStage;
  port: string;
  manufacturer?: string;
  model?: string;
  revision?: string;
  /** Identifiers in full: whoever shows them masks them. */
  imei?: string;
  iccid?: string;
  imsi?: string;
  profile?: string;
  /** The configuration names another family than the module: what is done instead. */
  profileNote?: string;
  sim: SimState;
  /** Tries left before the card blocks itself, as last told. */
  simTries?: RetryCounters;
  registration: Registration & {
    /** `rejectCause` in words. */
    causeWords?: string;
    /** Mobile country and network code, digits. */
    plmn?: string;
  };
  operator?: string;
  signal?: Signal;
  cell?: CellReport;
  temperatureC?: number;
  bearer: Bearer;
  dataPath?: DataPath;
  /** The network's time, the monotonic time at which it was read, and what told it (`+CCLK`, `#NITZ`). */
  networkTime?: { utcMs: number; atMonoMs: number; source: string };
  appToken: AppTokenState;
  counters: ModemCounters;
}

/** `undefined` takes an optional part away. */
type Changes = { [K in keyof ModemSnapshot]?: ModemSnapshot[K] | undefined };

export interface SnapshotStore {
  readonly current: ModemSnapshot;
  patch(changes: Changes): void;
  onChange(callback: () => void): () => void;
}

const CONNECTION_PARTS = [
  'manufacturer',
  'model',
  'revision',
  'imei',
  'iccid',
  'imsi',
  'profile',
  'profileNote',
  'simTries',
  'operator',
  'signal',
  'cell',
  'temperatureC',
] as const;

export function createSnapshotStore(initial: ModemSnapshot): SnapshotStore {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get current() {
      return current;
    },
    patch(changes) {
      const next: Record<string, unknown> = { ...current };
      for (const [key, value] of Object.entries(changes)) {
        if (value !== undefined) next[key] = value;
        else Reflect.deleteProperty(next, key);
      }
      current = next as unknown as ModemSnapshot;
      for (const listener of [...listeners]) listener();
    },
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
}

/** What a new plug-in must not inherit from the module before it. */
export function forgetModule(store: SnapshotStore): void {
  const gone: Changes = Object.fromEntries(CONNECTION_PARTS.map((key) => [key, undefined]));
  store.patch({
    ...gone,
    stage: 'absent',
    sim: 'unknown',
    registration: { state: 'unknown' },
    bearer: { contextId: store.current.bearer.contextId, active: false },
    // Connected is the only state of the data path that ends with the link.
    ...(store.current.dataPath?.state === 'connected' ? { dataPath: undefined } : {}),
  });
}
