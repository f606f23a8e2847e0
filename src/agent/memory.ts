// What the agent itself remembers across restarts, one small vault file each.
import type { Clock, Logger } from '../core/index.js';
import { type Codec, type Identity, identityCodec, lockMachine, type Slot, type Vault } from '../vault/index.js';
import { type ZtpMemory, ztpMemoryCodec } from '../ztp/index.js';
import { type LedgerState, ledgerCodec, type ReportInterval, reportIntervalCodec } from './cloud-commands/index.js';
import { bootCounterCodec } from './clouds/boot-counter.js';
import { type DataMonth, dataMonthCodec } from './data-use/index.js';
import { createPinLedger, type PinLedger, pinFileCodec } from './pin-ledger.js';
import { createRecoveryMemory, type RecoveryMemory, recoveryCodec } from './recovery-memory.js';

export interface AgentMemory {
  identity: Slot<Identity>;
  ztp: Slot<ZtpMemory>;
  /** The same two for AssistNow: a chipcode, and the calls for it. */
  assistIdentity: Slot<Identity>;
  assistZtp: Slot<ZtpMemory>;
  clockFloor: Slot<number>;
  /** Both ladders, and what of their budgets is spent. */
  recovery: RecoveryMemory;
  /** Which start of the gateway this is. */
  boot: Slot<number>;
  /** What clouds asked, and what became of it. */
  cloudCommands: Slot<LedgerState>;
  reportInterval: Slot<ReportInterval>;
  /** The bytes of the billing month. */
  dataMonth: Slot<DataMonth>;
  /** PIN attempts; a record is durable before `write` resolves. */
  pinLedger: PinLedger;
}

const clockFloorCodec: Codec<number> = {
  encode: (utcMs) => ({ utcMs }),
  decode(data) {
    const { utcMs } = data as { utcMs?: unknown };
    if (typeof utcMs !== 'number' || !Number.isFinite(utcMs)) throw new Error('utcMs is not a number');
    return utcMs;
  },
};

/** Longer than another agent needs for one PIN and the card's start after it. */
const PIN_WAIT_MS = 60_000;

export function memorySlots(vault: Vault, clock: Clock, log: Logger): AgentMemory {
  return {
    identity: vault.slot('identity', identityCodec),
    ztp: vault.slot('ztp', ztpMemoryCodec),
    assistIdentity: vault.slot('identity-assistnow', identityCodec),
    assistZtp: vault.slot('ztp-assistnow', ztpMemoryCodec),
    clockFloor: vault.slot('clock-floor', clockFloorCodec),
    recovery: createRecoveryMemory(vault.slot('recovery', recoveryCodec), log, clock),
    boot: vault.slot('boot', bootCounterCodec),
    cloudCommands: vault.slot('cloud-commands', ledgerCodec),
    reportInterval: vault.slot('report-interval', reportIntervalCodec),
    dataMonth: vault.slot('data-month', dataMonthCodec),
    pinLedger: createPinLedger(vault.slot('pins', pinFileCodec), () => lockMachine('pin', clock, PIN_WAIT_MS)),
  };
}
