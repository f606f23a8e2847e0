// An outbox in a folder of its own, links that answer as told, and disks that fill up, fail or are read-only.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CloudLink,
  type CloudRecord,
  createFakeClock,
  type FakeClock,
  type LinkLimits,
  type NewRecord,
  type SendOptions,
  silentLogger,
  type Verdict,
} from '../../src/core/index.js';
import { type LogDisk, type Outbox, type OutboxOptions, openOutbox, realLogDisk } from '../../src/outbox/index.js';

export const systemError = (code: string): Error => Object.assign(new Error(code), { code });

export function newRecord(n: number, more: Partial<NewRecord> = {}): NewRecord {
  return { kind: 'state', class: 'A', utcMs: 0, timeQuality: 'none', monoMs: 0, body: { n }, ...more };
}

export const numbersOf = (records: readonly CloudRecord[]): unknown[] => records.map(({ body }) => body['n']);

/** Real files, except for what `change` puts in front. */
export const diskWith = (change: Partial<LogDisk>): LogDisk => ({ ...realLogDisk, ...change });

export interface Bench extends AsyncDisposable {
  dir: string;
  clock: FakeClock;
  open(options?: Partial<OutboxOptions>, disk?: LogDisk): Promise<Outbox>;
}

/** Each opening is a boot of its own unless told otherwise. */
export function bench(): Bench {
  const root = mkdtempSync(join(tmpdir(), 'waymark-outbox-'));
  const dir = `${root}/outbox/cloud`;
  const clock = createFakeClock();
  let boot = 0;
  return {
    dir,
    clock,
    open: (options = {}, disk) =>
      openOutbox(
        { clock, log: silentLogger, ...(disk ? { disk } : {}) },
        {
          dir,
          destination: 'cloud',
          boot: ++boot,
          maxBytes: 32 * 1024 * 1024,
          maxAgeMs: 7 * 86_400_000,
          minFreeBytes: 0,
          sync: false,
          ...options,
        },
      ),
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface Sent {
  record: CloudRecord;
  isReplay: boolean;
  atMs: number;
  /** How many went in that call; 1 for a single one. */
  of: number;
}

export const WIDE: LinkLimits = { window: 20, pace: { count: 1000, perMs: 1000 } };

/** A link that keeps what it was given; `answer` says what becomes of it (default: confirmed after 10 ms). */
export function fakeLink(
  clock: FakeClock,
  limits: LinkLimits = WIDE,
  answer: (record: CloudRecord, options: SendOptions) => Promise<Verdict> | Verdict = () => ({ is: 'confirmed' }),
  delayMs = 10,
): CloudLink & { sent: Sent[] } {
  const sent: Sent[] = [];
  const wait = (): Promise<void> => new Promise((resolve) => void clock.after(delayMs, resolve));
  const link: CloudLink & { sent: Sent[] } = {
    sent,
    limits,
    async publish(record, options) {
      sent.push({ record, isReplay: options.isReplay, atMs: clock.mono(), of: 1 });
      await wait();
      return answer(record, options);
    },
  };
  if (limits.batch)
    link.publishMany = async (records, options) => {
      for (const record of records)
        sent.push({ record, isReplay: options.isReplay, atMs: clock.mono(), of: records.length });
      await wait();
      return Promise.all(records.map(async (record) => answer(record, options)));
    };
  return link;
}

/** Drains for `ms` of the clock's time, then takes the link away. */
export async function drainFor(outbox: Outbox, clock: FakeClock, link: CloudLink, ms: number): Promise<void> {
  const controller = new AbortController();
  const draining = outbox.drain(link, { signal: controller.signal });
  await clock.advance(ms);
  controller.abort();
  await clock.advance(2000);
  await draining;
}
