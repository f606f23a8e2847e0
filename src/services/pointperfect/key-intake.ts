// Takes what the key topic says: to the receiver, and to be kept with the identity. Keys change every few weeks; each
// change costs a write and a pass over what is scrubbed, so a topic that changes them all the time is taken at a pace.
//
//   good keys --as this session said before----> nothing (and what waited is out of date)
//       |------the last change is 10 s ago-----> taken at once
//       +------sooner--------------------------> wait for the rest of it; the newest one wins
import type { Clock, Logger, Timer } from '../../core/index.js';
import type { SpartnKey } from '../../vault/index.js';
import type { CorrectionSink } from '../source.js';
import { type ReadKey, readKeyMessage, sealKeys } from './keys.js';

export interface KeyPair {
  current?: SpartnKey;
  next?: SpartnKey;
}

export interface KeyIntake {
  take(payload: Uint8Array): void;
  /** A session begins: hands the newest keys over (again), and goes on with those that wait. */
  handOver(): void;
  /** The session is over: what waits, waits for the next. */
  rest(): void;
  readonly messages: number;
  readonly malformed: number;
}

export interface KeyIntakeDeps {
  sink: CorrectionSink;
  clock: Clock;
  log: Logger;
  /** New keys have come; to be kept with the identity. */
  onKeys: (keys: KeyPair) => void;
  leapSeconds: number;
  initial: KeyPair;
}

/** Between one change of keys and the next. */
const CHANGE_MS = 10_000;

export function createKeyIntake({ sink, clock, log, onKeys, leapSeconds, initial }: KeyIntakeDeps): KeyIntake {
  let keys: readonly SpartnKey[] = [initial.current, initial.next].filter((k) => k !== undefined);
  let isBad = false;
  let messages = 0;
  let malformed = 0;
  /** This session has said what the keys are; a new identity may have come before it. */
  let isConfirmed = false;
  let takenAtMonoMs: number | undefined;
  let waiting: readonly ReadKey[] | undefined;
  let timer: Timer | undefined;

  const accept = (read: readonly ReadKey[]): void => {
    keys = sealKeys(read);
    isConfirmed = true;
    takenAtMonoMs = clock.mono();
    sink.setKeys(keys);
    const [current, next] = keys;
    onKeys({ ...(current ? { current } : {}), ...(next ? { next } : {}) });
    log.info('corrections.keys', { startsUtcMs: keys.map((k) => k.startUtcMs) });
  };
  /** Takes what waits, now or when its time has come. */
  const settle = (): void => {
    if (!waiting || timer) return;
    const leftMs = takenAtMonoMs === undefined ? 0 : takenAtMonoMs + CHANGE_MS - clock.mono();
    if (leftMs > 0) {
      timer = clock.after(leftMs, () => {
        timer = undefined;
        settle();
      });
      return;
    }
    const read = waiting;
    waiting = undefined;
    accept(read);
  };
  const rest = (): void => {
    timer?.cancel();
    timer = undefined;
  };

  return {
    take(payload) {
      const decoded = readKeyMessage(payload, leapSeconds);
      messages++;
      if (decoded.is === 'malformed' || decoded.keys.length === 0) {
        malformed++;
        // Said once until a good one comes; a topic full of rubbish must not become a log full of it.
        log[isBad ? 'debug' : 'warn']('corrections.keys-malformed', {
          why: decoded.is === 'malformed' ? decoded.why : 'no keys',
        });
        isBad = true;
        return;
      }
      isBad = false;
      waiting = isConfirmed && areSame(decoded.keys, keys) ? undefined : decoded.keys;
      settle();
    },
    handOver() {
      isConfirmed = false;
      if (keys.length > 0) sink.setKeys(keys);
      settle();
    },
    rest,
    get messages() {
      return messages;
    },
    get malformed() {
      return malformed;
    },
  };
}

function areSame(read: readonly ReadKey[], keys: readonly SpartnKey[]): boolean {
  return (
    read.length === keys.length &&
    keys.every(({ startUtcMs, durationMs, value }, i) => {
      const other = read[i];
      return other?.startUtcMs === startUtcMs && other.durationMs === durationMs && value.is(other.hex);
    })
  );
}
