// The strikes on disk: written before a login is sent, because a supervisor that restarts a crashing agent would
// otherwise spend all five. Where it cannot be read or written no login is made; where it was damaged the latch is shut,
// since what was lost may have been one.
import { createHash } from 'node:crypto';
import { type Clock, isWaymarkError, type Logger, type Secret, WaymarkError } from '../../core/index.js';
import type { Codec, Slot, Vault } from '../../vault/index.js';
import {
  isLatched,
  NO_STRIKES,
  nextStrikes,
  type StrikeEvent,
  type StrikeLedger,
  type StrikeOutcome,
  type StrikeRule,
} from './strikes.js';

/** The vault as far as this service needs it. */
export type ThingspaceVault = Pick<Vault, 'slot' | 'alarms'>;

export interface StrikeGuard {
  /** Before anything is sent. Errors: `thingspace.latched`, `thingspace.ledger`. */
  check(fingerprint: string): Promise<void>;
  /** Counts a try; resolves when it is on the disk. Errors: `thingspace.latched`, `thingspace.ledger`. */
  spend(): Promise<void>;
  /** What became of it. A disk that takes no writes leaves the strike where it is. Never rejects. */
  settle(outcome: StrikeOutcome): Promise<void>;
  status(): { strikes: number; isLatched: boolean; latchedAtUtcMs?: number };
}

const HELD: Readonly<Record<'login' | 'token', string>> = {
  login: 'Logins are held back so that the account is not locked',
  token: 'ThingSpace has refused the application key and secret, which are not tried again',
};

export const strikeCodec: Codec<StrikeLedger> = {
  encode: ({ fingerprint, strikes, latchedAtUtcMs }) => ({
    fingerprint,
    strikes,
    ...(latchedAtUtcMs === undefined ? {} : { latchedAtUtcMs }),
  }),
  decode(data) {
    if (typeof data !== 'object' || data === null) throw new Error('no object');
    const { fingerprint, strikes, latchedAtUtcMs } = data as Readonly<Record<string, unknown>>;
    if (typeof fingerprint !== 'string' || typeof strikes !== 'number' || !Number.isSafeInteger(strikes) || strikes < 0)
      throw new Error('members missing');
    const isAt = typeof latchedAtUtcMs === 'number' && Number.isFinite(latchedAtUtcMs);
    return { fingerprint, strikes, ...(isAt ? { latchedAtUtcMs } : {}) };
  },
};

/**
 * Of everything that a login depends on. Any change is a new chance, and nothing of the values can be had from it
 * (the parts are salted fingerprints).
 */
export function loginFingerprint(parts: readonly Secret[], loginEpoch: number): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.kind}:${part.fingerprint}\n`);
  return hash.update(String(loginEpoch)).digest('hex').slice(0, 32);
}

/** True once a file of that slot was found damaged in this process; the file itself is then put away and reads as absent. */
export function wasDamaged(vault: Pick<Vault, 'alarms'>, slot: string): boolean {
  return vault.alarms().some(({ file }) => (file.split('/').at(-1) ?? '').split('.')[0] === slot);
}

export function createStrikeGuard(
  deps: { vault: ThingspaceVault; clock: Clock; log: Logger },
  options: { slot: string; rule: StrikeRule; of: 'login' | 'token' },
): StrikeGuard {
  const { clock, vault } = deps;
  const { rule } = options;
  const log = deps.log.child('thingspace');
  const slot: Slot<StrikeLedger> = vault.slot(options.slot, strikeCodec);
  let ledger: StrikeLedger = NO_STRIKES;
  let isLoaded = false;

  /** One event; its effect is on the disk when this resolves. */
  const send = async (event: StrikeEvent): Promise<void> => {
    const step = nextStrikes(rule, ledger, event);
    // Known before it is kept: a disk that fails must not make this process bolder.
    ledger = step.state;
    for (const effect of step.effects ?? [])
      if (effect.do === 'write') await slot.write(ledger);
      else await slot.clear();
  };

  const unkept = (error: unknown): WaymarkError =>
    new WaymarkError('thingspace.ledger', 'the count of failed logins cannot be kept', { cause: error });

  const load = async (fingerprint: string): Promise<void> => {
    if (isLoaded) return;
    try {
      const stored = await slot.read();
      const isDamaged = wasDamaged(vault, options.slot);
      if (isDamaged) log.error('thingspace.ledger-damaged', { slot: options.slot });
      // A damaged one is shut for the values in force, whoever's it was.
      const found = isDamaged || !stored ? { fingerprint, strikes: stored?.value.strikes ?? 0 } : stored.value;
      await send({ is: 'found', ledger: found, isDamaged, utcMs: clock.wall() });
      isLoaded = true;
    } catch (error) {
      throw unkept(error);
    }
  };

  const refuse = (): void => {
    if (!isLatched(ledger, rule)) return;
    throw new WaymarkError('thingspace.latched', HELD[options.of], { evidence: { strikes: ledger.strikes } });
  };

  return {
    async check(fingerprint) {
      await load(fingerprint);
      await send({ is: 'credentials', fingerprint });
      refuse();
    },
    async spend() {
      refuse();
      try {
        await send({ is: 'sending' });
      } catch (error) {
        // Not sent, so not spent; what is on the disk says no less.
        ledger = { ...ledger, strikes: Math.max(0, ledger.strikes - 1) };
        throw unkept(error);
      }
    },
    async settle(outcome) {
      try {
        await send({ is: 'answered', outcome, utcMs: clock.wall() });
      } catch (error) {
        log.warn('thingspace.ledger-not-written', { error: isWaymarkError(error) ? error : String(error) });
      }
      if (isLatched(ledger, rule))
        log.error('thingspace.latched', { of: options.of, strikes: ledger.strikes }, `${HELD[options.of]}.`);
    },
    status() {
      const { strikes, latchedAtUtcMs } = ledger;
      return {
        strikes,
        isLatched: isLatched(ledger, rule),
        ...(latchedAtUtcMs === undefined ? {} : { latchedAtUtcMs }),
      };
    },
  };
}
