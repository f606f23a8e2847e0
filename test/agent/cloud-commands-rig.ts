// A gateway that takes commands: the runner over a slot in memory or on a disk, with effects that count.
import {
  type CloudCommandDeps,
  type CommandEffects,
  type CommandSettings,
  createCloudCommands,
  type LedgerState,
} from '../../src/agent/cloud-commands/index.js';
import { type CloudCommand, createFakeClock, type FakeClock, silentLogger } from '../../src/core/index.js';

export const SETTINGS: CommandSettings = {
  allow: ['report-status', 'resubscribe', 'renew-identity', 'recover', 'set-report-interval'],
  maxPerMinute: 6,
  expireSeconds: 3600,
  maxRung: 'session',
};

export const NOW = Date.UTC(2026, 5, 15);

export const command = (more: Partial<CloudCommand> = {}): CloudCommand => ({
  from: 'losant',
  id: 'one',
  name: 'resubscribe',
  payload: {},
  isRetained: false,
  ...more,
});

export function memorySlot(start?: LedgerState) {
  const slot = {
    kept: start,
    writes: 0,
    fails: false,
    read: () => Promise.resolve(slot.kept && { value: slot.kept, generation: 'current' as const }),
    write: (value: LedgerState) => {
      if (slot.fails) return Promise.reject(new Error('full'));
      slot.writes++;
      slot.kept = structuredClone(value);
      return Promise.resolve();
    },
  };
  return slot;
}

export interface RigOptions {
  clock?: FakeClock;
  settings?: Partial<CommandSettings>;
  slot?: CloudCommandDeps['slot'];
  effects?: Partial<CommandEffects>;
  trust?: 'trusted' | 'untrusted';
  signal?: AbortSignal;
  onInterrupted?: NonNullable<CloudCommandDeps['onInterrupted']>;
}

export function rig(options: RigOptions = {}) {
  const { clock = createFakeClock(NOW), slot = memorySlot() } = options;
  const done: string[] = [];
  const note = (what: string): Promise<void> => Promise.resolve(void done.push(what));
  const commands = createCloudCommands(
    {
      clock,
      log: silentLogger,
      trust: { status: () => ({ state: options.trust ?? 'trusted' }) },
      slot,
      effects: {
        reportStatus: () => note('report-status').then(() => ({ state: 'serving' })),
        resubscribe: () => note('resubscribe'),
        renewIdentity: (reason) => note(`renew-identity ${reason}`),
        recover: (rung) => note(`recover ${rung}`),
        setReportInterval: (seconds, by) => note(`set-report-interval ${seconds} ${by}`),
        ...options.effects,
      },
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onInterrupted ? { onInterrupted: options.onInterrupted } : {}),
    },
    { ...SETTINGS, ...options.settings },
  );
  return { clock, slot, commands, done, send: (more?: Partial<CloudCommand>) => commands.sink(command(more)) };
}
