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
  /** A process that was killed writes nothing more. */
  isDead: boolean;
}

const keyOf = (card: string, pin: Secret): string => `${card}/${pin.reveal()}`;

export function createMemoryLedger(): MemoryLedger {
  const ledger: MemoryLedger = {
    records: new Map(),
    written: [],
    before: undefined,
    after: undefined,
    isDead: false,
    read: async (card, pin) => ledger.records.get(keyOf(card, pin)),
    async write(card, pin, record) {
      if (ledger.isDead) throw new Error('killed');
      if (!record) {
        ledger.records.delete(keyOf(card, pin));
        ledger.written.push('forgotten');
        return;
      }
      await ledger.before?.(record);
      ledger.records.set(keyOf(card, pin), record);
      ledger.written.push(record.outcome);
      await ledger.after?.(record);
    },
    alone: (work) => work(),
  };
  return ledger;
}
