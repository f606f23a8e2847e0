// Whose fault is it, the record's or the cloud's? Nothing may be put aside, nor the backlog stand still, for the cloud's.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CloudLink, CloudRecord, LinkLimits, Verdict } from '../../src/core/index.js';
import type { Outbox } from '../../src/outbox/index.js';
import { readQuarantine, realLogDisk } from '../../src/outbox/index.js';
import { type Bench, bench, diskWith, fakeLink, newRecord, WIDE } from './fakes.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** Files are there at once: the fake clock does not wait for a real disk. */
const quick = diskWith({ replace: async (path, bytes) => writeFileSync(path, bytes) });
const refused: Verdict = { is: 'rejected', code: 'x', reason: 'y' };
const fill = async (outbox: Outbox, count: number): Promise<void> => {
  for (const n of upTo(count)) await outbox.put(newRecord(n));
};
const isBad = ({ body }: CloudRecord): boolean => body['bad'] === true;

/** With a turn of the process between two steps of the clock. */
async function live(at: Bench, outbox: Outbox, link: CloudLink, steps: number, stepMs = 1000): Promise<void> {
  const controller = new AbortController();
  const draining = outbox.drain(link, { signal: controller.signal });
  for (let i = 0; i < steps && outbox.status().records > 0; i++) {
    await at.clock.advance(stepMs);
    await new Promise(setImmediate);
  }
  controller.abort();
  await at.clock.advance(2000);
  await draining;
}

describe('refusals', () => {
  test('a cloud that refuses everything costs three records; when it is well again all others arrive', async () => {
    await using at = bench();
    await using outbox = await at.open({}, quick);
    await fill(outbox, 30);
    let isIll = true;
    const link = fakeLink(at.clock, { ...WIDE, window: 4 }, ({ kind }) =>
      isIll && kind !== 'gap' ? refused : { is: 'accepted' },
    );
    await live(at, outbox, link, 3600, 2000);
    expect(outbox.status()).toMatchObject({ quarantined: 3, records: 27, reason: 'outbox.refused' });
    // Two hours: tried ever more rarely.
    expect(link.sent.length).toBeLessThan(20);
    isIll = false;
    await live(at, outbox, link, 200, 60_000);
    expect(outbox.status()).toMatchObject({ quarantined: 3, records: 0 });
    expect(outbox.status().reason).toBeUndefined();
    const arrived = link.sent.filter(({ record }) => record.kind === 'gap').map(({ record }) => record.body);
    expect(arrived.reduce((all, { count }) => all + Number(count), 0)).toBe(3);
    expect(arrived[0]).toMatchObject({ reason: 'quarantined' });
  });

  test('a run of records that really are bad does not hold up the good ones behind it', async () => {
    await using at = bench();
    await using outbox = await at.open({}, quick);
    for (const n of upTo(12)) await outbox.put(newRecord(n, { body: { n, bad: n < 10 } }));
    const link = fakeLink(at.clock, { ...WIDE, window: 1 }, (record) => (isBad(record) ? refused : { is: 'accepted' }));
    await live(at, outbox, link, 3 * 1440, 60_000);
    // The last good one stands for nobody any more: what comes next will.
    await outbox.put(newRecord(12));
    await live(at, outbox, link, 600, 60_000);
    const good = link.sent.filter(({ record }) => record.kind !== 'gap' && !isBad(record));
    expect(good.map(({ record }) => record.body['n'])).toEqual([10, 11, 12]);
    expect(outbox.status().quarantined).toBeGreaterThanOrEqual(6);
  });

  test('refused in batches, taken singly: the batches are at fault', async () => {
    await using at = bench();
    await using outbox = await at.open({}, quick);
    await fill(outbox, 100);
    const limits: LinkLimits = {
      ...WIDE,
      batch: { fromBacklog: 10, maxRecords: 20, maxBytes: 100_000, everyMs: 1000 },
    };
    const link = fakeLink(at.clock, limits, () => ({ is: 'accepted' }));
    link.publishMany = async (records) => records.map(() => refused);
    await live(at, outbox, link, 600);
    expect(outbox.status()).toMatchObject({ records: 0, quarantined: 3 });
  });

  test('batches that never come back give way to single records', async () => {
    await using at = bench();
    await using outbox = await at.open({}, quick);
    await fill(outbox, 100);
    const limits: LinkLimits = {
      ...WIDE,
      batch: { fromBacklog: 10, maxRecords: 20, maxBytes: 100_000, everyMs: 1000 },
    };
    const link = fakeLink(at.clock, limits, () => ({ is: 'accepted' }));
    let batches = 0;
    link.publishMany = () => {
      batches++;
      return new Promise(() => undefined);
    };
    await live(at, outbox, link, 200);
    expect(outbox.status()).toMatchObject({ records: 0, accepted: 100 });
    expect(batches).toBe(2);
  });
});

describe('connections that end', () => {
  test('a cloud that ends every connection costs no record, and is asked ever more rarely', async () => {
    await using at = bench();
    await using outbox = await at.open({}, quick);
    await fill(outbox, 30);
    let isIll = true;
    let sent = 0;
    const reasons = new Set<unknown>();
    for (let round = 0; round < 100 && outbox.status().records > 0; round++) {
      if (round === 90) isIll = false;
      const controller = new AbortController();
      const link = fakeLink(at.clock, WIDE, (): Verdict => {
        if (!isIll) return { is: 'accepted' };
        sent++;
        controller.abort();
        return { is: 'link-lost' };
      });
      const draining = outbox.drain(link, { signal: controller.signal });
      await at.clock.advance(5000);
      reasons.add(outbox.status().reason);
      await at.clock.advance(isIll ? 0 : 60_000);
      controller.abort();
      await at.clock.advance(2000);
      await draining;
    }
    expect(readQuarantine(realLogDisk, at.dir)).toEqual([]);
    expect(outbox.status()).toMatchObject({ records: 0, accepted: 30, quarantined: 0, gaps: 0 });
    // 90 lives of 7 s: the pauses have grown to a minute.
    expect(sent).toBeLessThan(50);
    expect(reasons).toContain('outbox.stalled');
  });
});
