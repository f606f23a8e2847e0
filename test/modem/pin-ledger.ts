// PIN records in memory, as the vault keeps them on disk.
import type { Secret } from '../../src/core/index.js';
import type { PinLedger, PinRecord } from '../../src/modem/index.js';

export interface MemoryLedger extends PinLedger {
  readonly records: Map<string, PinRecord>;
  /** Outcomes in the order they were written. */
  readonly written: string[];
  /** Runs before a record is durable; throwing keeps it from becoming so. */
  before: ((record: PinRecord) => Promise<void> | void) | undefined;
  /** Runs after it is durable, before `write` resolves. */
  after: ((record: PinRecord) => Promise<void> | void) | undefined;
}

const keyOf = (iccid: string, pin: Secret): string => `${iccid}/${pin.reveal()}`;

export function createMemoryLedger(): MemoryLedger {
  const ledger: MemoryLedger = {
    records: new Map(),
    written: [],
    before: undefined,
    after: undefined,
    read: async (iccid, pin) => ledger.records.get(keyOf(iccid, pin)),
    async write(iccid, pin, record) {
      await ledger.before?.(record);
      ledger.records.set(keyOf(iccid, pin), record);
      ledger.written.push(record.outcome);
      await ledger.after?.(record);
    },
  };
  return ledger;
}
