// Takes what the key topic says: to the receiver, and to be kept with the identity.
import type { Logger } from '../../core/index.js';
import type { SpartnKey } from '../../vault/index.js';
import type { CorrectionSink } from '../source.js';
import { decodeKeyMessage } from './keys.js';

export interface KeyPair {
  current?: SpartnKey;
  next?: SpartnKey;
}

export interface KeyIntake {
  take(payload: Uint8Array): void;
  /** Hands the newest keys over (again). */
  handOver(): void;
  readonly messages: number;
  readonly malformed: number;
}

export interface KeyIntakeDeps {
  sink: CorrectionSink;
  log: Logger;
  /** New keys have come; to be kept with the identity. */
  onKeys: (keys: KeyPair) => void;
  leapSeconds: number;
  initial: KeyPair;
}

export function createKeyIntake({ sink, log, onKeys, leapSeconds, initial }: KeyIntakeDeps): KeyIntake {
  let keys: readonly SpartnKey[] = [initial.current, initial.next].filter((k) => k !== undefined);
  let isBad = false;
  let messages = 0;
  let malformed = 0;
  return {
    take(payload) {
      const decoded = decodeKeyMessage(payload, leapSeconds);
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
      ({ keys } = decoded);
      sink.setKeys(keys);
      const [current, next] = keys;
      onKeys({ ...(current ? { current } : {}), ...(next ? { next } : {}) });
      log.info('corrections.keys', { startsUtcMs: keys.map((k) => k.startUtcMs) });
    },
    handOver() {
      if (keys.length > 0) sink.setKeys(keys);
    },
    get messages() {
      return messages;
    },
    get malformed() {
      return malformed;
    },
  };
}
