// The strikes on disk: written before a login is sent, because a supervisor that restarts a crashing agent would
// otherwise spend all five. Where it cannot be read or written no login is made; where it was damaged the latch is shut,
// since what was lost may have been one. Values are known by salted fingerprints: while the salt is not on the disk the
// next start would not know them again, so there is no login either, and a ledger made with another salt is a lost one.
import { createHash } from 'node:crypto';
import { type Clock, isWaymarkError, type Logger, type Secret, WaymarkError } from '../../core/index.js';
import type { Codec, Slot, Vault } from '../../vault/index.js';
import {
  entryOf,
  type Hold,
  holdOf,
  MAX_ENTRIES,
  NO_STRIKES,
  nextStrikes,
  type StrikeEntry,
  type StrikeEvent,
  type StrikeLedger,
  type StrikeOutcome,
  type StrikeRule,
  type StrikeSubject,
} from './strikes.js';

/** The vault as far as this service needs it. */
export type ThingspaceVault = Pick<Vault, 'slot' | 'alarms' | 'keptSalt'>;

export interface StrikeGuard {
  /** Before anything is sent. Errors: `thingspace.latched`, `thingspace.ledger`. */
  check(subject: StrikeSubject): Promise<void>;
  /** Counts a try of what was checked last; resolves when it is on the disk. Errors: `thingspace.latched`, `thingspace.ledger`. */
  spend(): Promise<void>;
  /** What became of it. A disk that takes no writes leaves the strike where it is. Never rejects. */
  settle(outcome: StrikeOutcome): Promise<void>;
  /** Of what was checked last. */
  status(): { strikes: number; isLatched: boolean; latchedAtUtcMs?: number };
}

/** One ledger, and whoever counts in it: what locks one user counts together. */
export interface StrikeBook {
  guard(options: { rule: StrikeRule; of: 'login' | 'token' }): StrikeGuard;
}

const HELD: Readonly<Record<'login' | 'token', string>> = {
  login: 'Logins are held back so that the account is not locked',
  token: 'ThingSpace has refused the application key and secret, which are not tried again',
};

/** Where other values are no cure. */
const CURES: Readonly<Partial<Record<Hold, string>>> = {
  owner:
    'Too many logins of this user have failed in a row, whatever the password, and five lock the account: find out the right user and password in the ThingSpace portal, put them into the files, and raise thingspace.loginEpoch.',
  lost: 'The count of failed logins in the state directory was lost, and five lock the account: see in the ThingSpace portal that the user is not locked, then raise thingspace.loginEpoch.',
};

/** As it is kept: with what its fingerprints were made. */
export interface KeptLedger extends StrikeLedger {
  salt: string;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function decodeEntry(data: unknown): StrikeEntry {
  if (typeof data !== 'object' || data === null) throw new Error('no entry');
  const { fingerprint, owner, strikes, latchedAtUtcMs } = data as Readonly<Record<string, unknown>>;
  if (typeof fingerprint !== 'string' || typeof owner !== 'string' || !isCount(strikes))
    throw new Error('members of an entry missing');
  return { fingerprint, owner, strikes, ...(typeof latchedAtUtcMs === 'number' ? { latchedAtUtcMs } : {}) };
}

export const strikeCodec: Codec<KeptLedger> = {
  encode: (ledger) => ledger,
  decode(data) {
    if (typeof data !== 'object' || data === null) throw new Error('no object');
    const { salt, epoch, entries, shutAtUtcMs } = data as Readonly<Record<string, unknown>>;
    if (typeof salt !== 'string' || !isCount(epoch) || !Array.isArray(entries) || entries.length > MAX_ENTRIES)
      throw new Error('members missing');
    const isShut = typeof shutAtUtcMs === 'number';
    return { salt, epoch, entries: entries.map(decodeEntry), ...(isShut ? { shutAtUtcMs } : {}) };
  },
};

/**
 * Of everything that a try depends on; nothing of the values can be had from it (the parts are salted fingerprints).
 * `of` keeps apart what is counted apart.
 */
export function loginFingerprint(parts: readonly Secret[], of = 'in force'): string {
  const hash = createHash('sha256').update(`${of}\n`);
  for (const part of parts) hash.update(`${part.kind}:${part.fingerprint}\n`);
  return hash.digest('hex').slice(0, 32);
}

/** True once a file of that slot was found damaged in this process; the file itself is then put away and reads as absent. */
export function wasDamaged(vault: Pick<Vault, 'alarms'>, slot: string): boolean {
  return vault.alarms().some(({ file }) => (file.split('/').at(-1) ?? '').split('.')[0] === slot);
}

const unkept = (error?: unknown): WaymarkError =>
  isWaymarkError(error, 'thingspace.ledger')
    ? error
    : new WaymarkError('thingspace.ledger', 'the count of failed logins cannot be kept', { cause: error });

export function createStrikeBook(
  deps: { vault: ThingspaceVault; clock: Clock; log: Logger },
  slotName: string,
): StrikeBook {
  const { clock, vault } = deps;
  const log = deps.log.child('thingspace');
  const slot: Slot<KeptLedger> = vault.slot(slotName, strikeCodec);
  let ledger: StrikeLedger = NO_STRIKES;
  let salt = '';
  let isLoaded = false;

  /** One event; its effect is on the disk when this resolves. */
  const send = async (rule: StrikeRule, event: StrikeEvent): Promise<void> => {
    const step = nextStrikes(rule, ledger, event);
    // Known before it is kept: a disk that fails must not make this process bolder.
    ledger = step.state;
    for (const effect of step.effects ?? [])
      if (effect.do === 'write') await slot.write({ ...ledger, salt });
      else await slot.clear();
  };

  const load = async (rule: StrikeRule, epoch: number): Promise<void> => {
    const kept = await vault.keptSalt();
    if (kept === undefined) throw unkept();
    salt = kept;
    if (isLoaded) return;
    const stored = await slot.read();
    const isDamaged = wasDamaged(vault, slotName);
    const isForeign = stored !== undefined && stored.value.salt !== salt;
    if (isDamaged || isForeign) log.error('thingspace.ledger-damaged', { slot: slotName, isForeign });
    const { salt: _, ...found } = stored?.value ?? { ...NO_STRIKES, epoch, salt };
    await send(rule, {
      is: 'found',
      // A damaged one does not tell for certain which number it was kept under: only a higher one than now opens it.
      ledger: isDamaged ? { ...found, epoch: Math.max(found.epoch, epoch) } : found,
      isDamaged: isDamaged || isForeign,
      utcMs: clock.wall(),
    });
    isLoaded = true;
  };

  return {
    guard({ rule, of }) {
      let subject: StrikeSubject | undefined;

      const hold = (): Hold | undefined => subject && holdOf(ledger, rule, subject);
      const strikes = (): number => (subject && entryOf(ledger, subject)?.strikes) ?? 0;

      const refuse = (): void => {
        const why = hold();
        if (why === undefined) return;
        const hint = of === 'login' ? CURES[why] : undefined;
        throw new WaymarkError('thingspace.latched', HELD[of], {
          evidence: { strikes: strikes(), hold: why },
          ...(hint === undefined ? {} : { hint }),
        });
      };

      return {
        async check(next) {
          subject = next;
          try {
            await load(rule, next.epoch);
            await send(rule, { is: 'credentials', epoch: next.epoch });
          } catch (error) {
            throw unkept(error);
          }
          refuse();
        },
        async spend() {
          if (!subject) throw new WaymarkError('core.internal', 'a try is counted that was not checked');
          refuse();
          try {
            await send(rule, { is: 'sending', subject });
          } catch (error) {
            // Not sent, so not spent; what is on the disk says no less.
            const back: StrikeEvent = { is: 'answered', subject, outcome: 'not-counted', utcMs: 0 };
            ledger = nextStrikes(rule, ledger, back).state;
            throw unkept(error);
          }
        },
        async settle(outcome) {
          if (!subject) return;
          try {
            await send(rule, { is: 'answered', subject, outcome, utcMs: clock.wall() });
          } catch (error) {
            log.warn('thingspace.ledger-not-written', { error: isWaymarkError(error) ? error : String(error) });
          }
          if (hold() !== undefined)
            log.error('thingspace.latched', { of, strikes: strikes(), hold: hold() }, `${HELD[of]}.`);
        },
        status() {
          const latchedAtUtcMs = (subject && entryOf(ledger, subject)?.latchedAtUtcMs) ?? ledger.shutAtUtcMs;
          return {
            strikes: strikes(),
            isLatched: hold() !== undefined,
            ...(latchedAtUtcMs === undefined ? {} : { latchedAtUtcMs }),
          };
        },
      };
    },
  };
}
