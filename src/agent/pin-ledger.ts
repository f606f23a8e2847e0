// What is remembered of PIN attempts, in one vault file (mode 0600). A record is found by card and PIN, and neither stands
// in the file: its key is scrypt over both with a random salt kept beside the records.
//
// Honestly: a PIN has ten thousand values. Whoever has the file and knows the card's number tries them all in a minute
// or two; the salt and the cost only keep the file from being searched with a table, or read in passing. It protects
// nothing that the PIN file beside it does not give away anyway.
//
// A ledger that is lost (both generations damaged) costs at most one more attempt: the card's own counter is the second
// guard, and a card that has refused once has fewer than three tries left.
import { randomBytes, scrypt } from 'node:crypto';
import type { Secret } from '../core/index.js';
import type { ModemDeps } from '../modem/index.js';
import type { Codec, Slot } from '../vault/index.js';

export type PinLedger = NonNullable<ModemDeps['pinLedger']>;
export type PinRecord = NonNullable<Parameters<PinLedger['write']>[2]>;

const MAX_RECORDS = 64;
/** 4 MiB and a few hundredths of a second: a Pi does it once per start. */
const COST = { N: 4096, r: 8, p: 1 } as const;
const OUTCOMES: readonly PinRecord['outcome'][] = ['accepted', 'pending', 'refused'];

export interface PinFile {
  /** Hex, 16 bytes. */
  salt: string;
  /** Oldest first. */
  records: Readonly<Record<string, PinRecord>>;
}

export const pinFileCodec: Codec<PinFile> = {
  encode: (file) => file,
  decode(data) {
    const { salt, records } = data as { salt?: unknown; records?: unknown };
    if (typeof salt !== 'string' || !/^[0-9a-f]{32}$/.test(salt)) throw new Error('not a salt');
    if (typeof records !== 'object' || records === null) throw new Error('no records');
    for (const record of Object.values(records)) {
      const { outcome, isProven, at, askedSince = true } = (record ?? {}) as Partial<Record<keyof PinRecord, unknown>>;
      if (!OUTCOMES.includes(outcome as PinRecord['outcome'])) throw new Error('not an outcome');
      if (typeof isProven !== 'boolean' || typeof at !== 'string' || askedSince !== true)
        throw new Error('not a record');
    }
    return { salt, records: records as PinFile['records'] };
  },
};

/** Pure: at most `MAX_RECORDS`; what was accepted is forgotten first, what was refused last, the oldest of each first. */
export function prunedRecords(records: PinFile['records']): PinFile['records'] {
  const entries = Object.entries(records);
  const surplus = entries.length - MAX_RECORDS;
  if (surplus <= 0) return records;
  const byWorth = OUTCOMES.flatMap((outcome) => entries.filter(([, record]) => record.outcome === outcome));
  const gone = new Set(byWorth.slice(0, surplus).map(([key]) => key));
  return Object.fromEntries(entries.filter(([key]) => !gone.has(key)));
}

function keyOf(salt: string, iccid: string, pin: Secret): Promise<string> {
  return new Promise((resolve, reject) => {
    // eslint-disable-next-line no-restricted-syntax -- only its hash leaves this function
    scrypt(`${iccid}\n${pin.reveal()}`, Buffer.from(salt, 'hex'), 32, COST, (error, key) => {
      if (error) reject(error);
      else resolve(key.toString('hex'));
    });
  });
}

/**
 * A ledger over a vault slot; `holdMachine` keeps other agents of this machine out and gives the release.
 * Errors: those of the slot; a record that could not be written is as if never asked for.
 */
export function createPinLedger(
  slot: Pick<Slot<PinFile>, 'read' | 'write'>,
  holdMachine: () => Promise<(() => void) | undefined> = () => Promise.resolve(() => undefined),
): PinLedger {
  let tail: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = tail.then(work, work);
    tail = mine.catch(() => undefined);
    return mine;
  };
  // Read each time: what counts is what is on the disk.
  const load = async (): Promise<PinFile> =>
    (await slot.read())?.value ?? { salt: randomBytes(16).toString('hex'), records: {} };

  return {
    read: (iccid, pin) =>
      alone(async () => {
        const { salt, records } = await load();
        return Object.keys(records).length === 0 ? undefined : records[await keyOf(salt, iccid, pin)];
      }),
    write: (iccid, pin, record) =>
      alone(async () => {
        const file = await load();
        const key = await keyOf(file.salt, iccid, pin);
        const { [key]: _before, ...others } = file.records;
        const after = { salt: file.salt, records: prunedRecords(record ? { ...others, [key]: record } : others) };
        await slot.write(after);
        // In both generations before the PIN leaves: one file that goes bad must not forget the attempt.
        if (record?.outcome === 'pending') await slot.write(after);
      }),
    async alone(work) {
      const release = await holdMachine();
      if (!release) return 'busy';
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
