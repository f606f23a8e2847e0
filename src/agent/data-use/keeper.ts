// Keeps the month's data: what the meter counts, added up over restarts. Written seldom, for the sake of the flash: a minute
// after the start, then every ten minutes in which something was used, and at the end. A kill costs at most those minutes.
import { type Clock, type ClockTrust, type Logger, toWaymarkError } from '../../core/index.js';
import type { Meter } from '../../net/index.js';
import type { DataView } from '../../status/index.js';
import type { Codec, Slot } from '../../vault/index.js';
import { counted, type DataMonth, isAhead, MAX_DATE_MS, MOST_BYTES, NO_MONTH, totalOf } from './month.js';
import { type BudgetSettings, type Thrift, thriftFor } from './thrift.js';
import { dataView } from './view.js';

export const dataMonthCodec: Codec<DataMonth> = {
  encode: ({ startUtcMs, endUtcMs, byPurpose }) => ({
    ...(startUtcMs === undefined || endUtcMs === undefined ? {} : { startUtcMs, endUtcMs }),
    byPurpose,
  }),
  decode(data) {
    const { startUtcMs, endUtcMs, byPurpose } = data as Record<string, unknown>;
    const isTime = (ms: unknown): ms is number => typeof ms === 'number' && Math.abs(ms) < MAX_DATE_MS;
    const isDated = isTime(startUtcMs) && isTime(endUtcMs) && startUtcMs < endUtcMs;
    if (!isDated && (startUtcMs !== undefined || endUtcMs !== undefined)) throw new Error('not a month');
    if (typeof byPurpose !== 'object' || byPurpose === null) throw new Error('no counters');
    const isCount = (bytes: unknown): boolean => typeof bytes === 'number' && bytes >= 0 && bytes <= MOST_BYTES;
    const entries = Object.entries(byPurpose).filter(([purpose]) => purpose !== '__proto__');
    if (entries.length > 64 || !entries.every(([, bytes]) => isCount(bytes))) throw new Error('not counters');
    return {
      startUtcMs: isDated ? startUtcMs : undefined,
      endUtcMs: isDated ? endUtcMs : undefined,
      byPurpose: Object.fromEntries(entries),
    };
  },
};

export interface DataKeeperDeps {
  clock: Clock;
  trust: Pick<ClockTrust, 'status'>;
  log: Logger;
  meter: Pick<Meter, 'totals'>;
  slot: Pick<Slot<DataMonth>, 'read' | 'write'>;
}

export interface DataKeeper extends AsyncDisposable {
  /** What the parts are to spend, as things stand now. */
  thrift(): Thrift;
  view(): DataView;
  /** Looks and writes by itself from now on. */
  start(): void;
}

const LOOK_MS = 10_000;
const FIRST_WRITE_MS = 60_000;
const WRITE_MS = 600_000;

/** Reads what earlier lives used; a file that cannot be read counts as nothing, and is said. */
export async function createDataKeeper(
  deps: DataKeeperDeps,
  settings: BudgetSettings & { resetDay: number },
): Promise<DataKeeper> {
  const { clock, trust, log, meter, slot } = deps;
  let seen: Readonly<Record<string, number>> = {};
  let said: string | undefined;
  let wasAhead = false;
  let month = NO_MONTH;
  try {
    month = (await slot.read())?.value ?? NO_MONTH;
  } catch (error) {
    log.warn('data.memory', { error: toWaymarkError(error) }, 'What was used this month before is not known.');
  }
  let kept = month;
  let nextWriteMonoMs = clock.mono() + FIRST_WRITE_MS;

  function look(): void {
    const totals = Object.fromEntries(
      Object.entries(meter.totals()).map(([purpose, { bytesIn, bytesOut }]) => {
        const bytes = bytesIn + bytesOut;
        // A counter out of its mind is passed over until it counts again.
        return [purpose, Number.isFinite(bytes) && bytes >= 0 ? bytes : (seen[purpose] ?? 0)];
      }),
    );
    const more = Object.fromEntries(
      Object.entries(totals).flatMap(([purpose, bytes]) => {
        const added = bytes - (seen[purpose] ?? 0);
        return added > 0 ? [[purpose, added]] : [];
      }),
    );
    seen = totals;
    const utcMs = trust.status().state === 'trusted' ? clock.wall() : undefined;
    const before = month;
    month = counted(before, more, { utcMs, resetDay: settings.resetDay });
    tell(before, utcMs);
  }

  /** Where a month ends, or is held on to although the date is before it, somebody will ask why. */
  function tell(before: DataMonth, utcMs: number | undefined): void {
    const { since, resetsAt, monthBytes } = dataView(month, settings, thrift());
    if (before.startUtcMs !== undefined && month.startUtcMs !== before.startUtcMs)
      log.info('data.month', { since, resetsAt, beforeBytes: totalOf(before), monthBytes });
    const isBack = isAhead(month, utcMs);
    if (isBack && !wasAhead)
      log.warn('data.clock-back', { since }, 'The date is before this month’s beginning: what is used counts into it.');
    wasAhead = isBack;
  }

  const thrift = (): Thrift => thriftFor(settings, totalOf(month));

  function say(): void {
    const { reason, sentence } = dataView(month, settings, thrift());
    if (reason !== said && reason !== undefined) log.warn('data.budget', { code: reason }, `${sentence}.`);
    said = reason;
  }

  async function write(): Promise<void> {
    const mine = month;
    nextWriteMonoMs = clock.mono() + WRITE_MS;
    if (totalOf(mine) === totalOf(kept) && mine.startUtcMs === kept.startUtcMs) return;
    try {
      await slot.write(mine);
      kept = mine;
    } catch (error) {
      log.warn('data.not-kept', { error: toWaymarkError(error) });
    }
  }

  let timer: { cancel(): void } | undefined;
  const tick = (): void => {
    look();
    say();
    if (clock.mono() >= nextWriteMonoMs) void write();
    timer = clock.after(LOOK_MS, tick);
  };

  return {
    thrift,
    view() {
      look();
      return dataView(month, settings, thrift());
    },
    start() {
      timer = clock.after(LOOK_MS, tick);
    },
    async [Symbol.asyncDispose]() {
      timer?.cancel();
      look();
      await write();
    },
  };
}
