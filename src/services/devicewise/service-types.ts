// What the deviceWISE service is given, and what it shows.
import type {
  BackoffPolicy,
  Clock,
  ClockTrust,
  CloudLink,
  Logger,
  MethodCall,
  Secret,
  WaymarkError,
} from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';
import type { ServiceReason } from '../reason.js';
import type { LifeState } from './machine.js';
import type { ChoiceInput, ModuleSupport } from './road-choice.js';
import type { RoadName, RoadOpener } from './types.js';

/** What is used of the outbox. */
export interface DeviceWiseOutbox {
  /** Hands records to the link until the signal aborts; then resolves. */
  drain(link: CloudLink, options: { signal: AbortSignal }): Promise<void>;
}

export interface DeviceWiseDeps {
  clock: Clock;
  log: Logger;
  /** 0..1. */
  random(): number;
  trust: Pick<ClockTrust, 'status'>;
  /** The app token. */
  credential: CredentialSource<Secret>;
  /** Those there are in this gateway. */
  roads: Readonly<Partial<Record<RoadName, RoadOpener>>>;
  /** Whether the module has a client of its own; absent: there is no module. */
  moduleSupport?: () => ModuleSupport;
  outbox: DeviceWiseOutbox;
  /** The outbox's number of this boot. */
  boot: number;
  /**
   * A method as it came, untrusted. Calls `ended` once its effect is over, before its answer is on the way. The next is
   * handed on when it has resolved; must not reject.
   */
  onMethod(call: MethodCall, ended: () => void): Promise<void>;
  onChange?(): void;
}

export interface DeviceWiseOptions extends Pick<ChoiceInput, 'road' | 'transport'> {
  maxCallsPerSecond: number;
}

export interface DeviceWiseRunContext {
  signal: AbortSignal;
  ok(): void;
  doing(state: string): void;
}

export interface DeviceWiseSnapshot {
  state: LifeState['is'];
  /** In use, or last tried. */
  road?: RoadName;
  /** One sentence for a person. */
  sentence: string;
  /** Why the last life ended, while there is none. */
  reason?: ServiceReason;
  /** What happens next, and when on the monotonic clock. */
  next?: { what: string; atMonoMs: number };
  connects: number;
  disconnects: number;
  methods: number;
  requests: number;
  timeouts: number;
  /** Of the road, and the keys that are refused. */
  facts: Readonly<Record<string, string | number | boolean>>;
}

export interface DeviceWiseService {
  /** One life after the other. Ends by error or abort; the error's `retryAfterMs` is how long not to try again. */
  run(context: DeviceWiseRunContext): Promise<void>;
  /** The wait itself is in the error. */
  backoff(error: WaymarkError): BackoffPolicy;
  snapshot(): DeviceWiseSnapshot;
  /**
   * Tries the token in force: over the session that is up, or by opening the road. `value`: the token in force where it
   * is not lent because it was refused; then nothing is reported to the credential. Resolves when it works.
   */
  test(options: { signal: AbortSignal; value?: Secret }): Promise<void>;
  /**
   * Tries another token on the same road, with the same client id and thing key. The life in force ends for it and goes on
   * by itself afterwards; nothing is reported to the credential.
   */
  prove(candidate: Secret, options: { signal: AbortSignal }): Promise<void>;
}
