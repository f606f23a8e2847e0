// What the agent itself remembers across restarts, one small vault file each.
import type { BudgetLedger, Rung } from '../core/index.js';
import { type Codec, type Identity, identityCodec, type Slot, type Vault } from '../vault/index.js';
import { type ZtpMemory, ztpMemoryCodec } from '../ztp/index.js';
import { LADDER_START, type LadderState } from './recovery.js';

export interface AgentMemory {
  identity: Slot<Identity>;
  ztp: Slot<ZtpMemory>;
  clockFloor: Slot<number>;
  channelLadder: { load(): Promise<LadderState>; save(state: LadderState): Promise<void> };
}

const clockFloorCodec: Codec<number> = {
  encode: (utcMs) => ({ utcMs }),
  decode(data) {
    const { utcMs } = data as { utcMs?: unknown };
    if (typeof utcMs !== 'number' || !Number.isFinite(utcMs)) throw new Error('utcMs is not a number');
    return utcMs;
  },
};

const ladderCodec: Codec<LadderState['ledgers']> = {
  encode: (ledgers) => ledgers,
  decode(data) {
    const ledgers: Partial<Record<Rung, BudgetLedger>> = {};
    for (const [rung, times] of Object.entries(data as Record<string, unknown>))
      if (Array.isArray(times)) ledgers[rung as Rung] = times.filter((t): t is number => typeof t === 'number');
    return ledgers;
  },
};

export function memorySlots(vault: Vault): AgentMemory {
  const ledgers = vault.slot('recovery', ladderCodec);
  let state: LadderState | undefined;
  return {
    identity: vault.slot('identity', identityCodec),
    ztp: vault.slot('ztp', ztpMemoryCodec),
    clockFloor: vault.slot('clock-floor', clockFloorCodec),
    channelLadder: {
      async load() {
        state ??= { ...LADDER_START, ledgers: (await ledgers.read())?.value ?? {} };
        return state;
      },
      async save(next) {
        const spent = next.ledgers !== state?.ledgers;
        state = next;
        // Failures in a row are forgotten on purpose; only spent budgets must outlive a crash.
        if (spent) await ledgers.write(next.ledgers);
      },
    },
  };
}
