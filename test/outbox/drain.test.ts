import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LinkLimits, Verdict } from '../../src/core/index.js';
import { readQuarantine, realLogDisk } from '../../src/outbox/index.js';
import { bench, diskWith, drainFor, fakeLink, newRecord, numbersOf, type Sent, WIDE } from './fakes.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sentNumbers = (sent: readonly Sent[]): unknown[] => numbersOf(sent.map(({ record }) => record));
/** Losant's, with its REST arrays for a long backlog. */
const LOSANT: LinkLimits = {
  window: 8,
  pace: { count: 24, perMs: 15_000 },
  batch: { fromBacklog: 200, maxRecords: 100, maxBytes: 200_000, everyMs: 1000 },
};

/** Most single records in any window of that length. */
function mostIn(sent: readonly Sent[], perMs: number): number {
  const at = sent.filter(({ of }) => of === 1).map(({ atMs }) => atMs);
  return Math.max(0, ...at.map((from) => at.filter((t) => t >= from && t < from + perMs).length));
}

describe('order', () => {
  test('what was put without a link goes in order, marked as replay, and leaves nothing behind', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(50)) await outbox.put(newRecord(n));
    expect(outbox.status()).toMatchObject({ state: 'ok', records: 50, replayLeft: 50, isDraining: false });
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(sentNumbers(link.sent)).toEqual(upTo(50));
    expect(link.sent.every(({ isReplay }) => isReplay)).toBe(true);
    expect(outbox.status()).toMatchObject({ records: 0, bytes: 0, confirmed: 50, replayLeft: 0 });
  });

  test('with a link and no backlog records go in the order they are put, and are not replay', async () => {
    await using at = bench();
    await using outbox = await at.open();
    const link = fakeLink(at.clock);
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    await at.clock.advance(100);
    for (const n of upTo(20)) {
      await outbox.put(newRecord(n, n % 3 === 0 ? { class: 'B', kind: 'position', body: { n } } : {}));
      await at.clock.advance(100);
    }
    controller.abort();
    await draining;
    expect(sentNumbers(link.sent)).toEqual(upTo(20));
    expect(link.sent.some(({ isReplay }) => isReplay)).toBe(false);
    expect(outbox.status()).toMatchObject({ records: 0, bytes: 0 });
  });

  test.each(['timeout', 'link-lost'] as const)(
    'a live record that comes back (%s) after the backlog was read past it is sent again',
    async (is) => {
      await using at = bench();
      await using outbox = await at.open();
      await outbox.put(newRecord(0));
      let isGood = false;
      const link = fakeLink(
        at.clock,
        WIDE,
        ({ body }) => (body['n'] === 0 || isGood ? { is: 'confirmed' } : { is }),
        50,
      );
      const controller = new AbortController();
      const draining = outbox.drain(link, { signal: controller.signal });
      await at.clock.advance(20);
      // Under way when the end of the log is looked at for what else there is.
      await outbox.put(newRecord(1));
      await at.clock.advance(100);
      isGood = true;
      await outbox.put(newRecord(2));
      await at.clock.advance(10_000);
      expect(outbox.status()).toMatchObject({ records: 0, confirmed: 3, isDraining: true });
      controller.abort();
      await draining;
      expect(sentNumbers(link.sent)).toEqual([0, 1, 2, 1]);
    },
  );

  test('the backlog of an earlier boot goes first, under its own ids, and nothing twice', async () => {
    await using at = bench();
    {
      await using first = await at.open();
      for (const n of upTo(30)) await first.put(newRecord(n));
      await drainFor(first, at.clock, fakeLink(at.clock, { window: 3, pace: { count: 10, perMs: 10_000 } }), 3000);
    }
    await using second = await at.open();
    const left = second.status().records;
    expect(left).toBeGreaterThan(10);
    await second.put(newRecord(30));
    const link = fakeLink(at.clock);
    await drainFor(second, at.clock, link, 3000);
    expect(sentNumbers(link.sent)).toEqual(upTo(31).slice(30 - left));
    expect(link.sent.map(({ record }) => record.boot)).toEqual([...upTo(left).map(() => 1), 2]);
  });

  test('of class B only the newest of each kind goes, and nothing of it is written', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(10)) await outbox.put(newRecord(n, { class: 'B', kind: n % 2 ? 'position' : 'state' }));
    expect(outbox.status()).toMatchObject({ records: 2, bytes: 0 });
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 1000);
    expect(sentNumbers(link.sent)).toEqual([8, 9]);
    expect(readdirSync(at.dir)).toEqual([]);
  });
});

describe('the link’s limits', () => {
  test('an hour of records is replayed within them, and live ones never wait two seconds for it', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(3600)) await outbox.put(newRecord(n, { body: { n, x: 'x'.repeat(150) } }));
    const link = fakeLink(at.clock, LOSANT);
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    const putAt = new Map<string, number>();
    for (let second = 0; second < 240 && outbox.status().records > 0; second++) {
      const { id } = await outbox.put(newRecord(10_000 + second));
      putAt.set(id, at.clock.mono());
      await at.clock.advance(1000);
    }
    await at.clock.advance(5000);
    controller.abort();
    await draining;
    expect(outbox.status()).toMatchObject({ records: 0, replayLeft: 0, dropped: 0, rejected: 0 });
    const numbers = sentNumbers(link.sent) as number[];
    expect(numbers.filter((n) => n < 10_000)).toEqual(upTo(3600));
    const live = numbers.filter((n) => n >= 10_000);
    expect(live).toEqual([...live].sort((a, b) => a - b));
    const waits = link.sent.flatMap(({ record, atMs }) => {
      const put = putAt.get(record.id);
      return put === undefined ? [] : [atMs - put];
    });
    expect(waits).toHaveLength(putAt.size);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2000);
    expect(mostIn(link.sent, 15_000)).toBeLessThanOrEqual(24);
    expect(Math.max(...link.sent.map(({ of }) => of))).toBe(100);
  });

  test('never more than the window is under way', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(40)) await outbox.put(newRecord(n));
    let most = 0;
    const link = fakeLink(at.clock, { ...WIDE, window: 3 }, () => {
      most = Math.max(most, outbox.status().inFlight);
      return { is: 'accepted' };
    });
    await drainFor(outbox, at.clock, link, 2000);
    expect(most).toBeLessThanOrEqual(3);
    expect(outbox.status()).toMatchObject({ accepted: 40, confirmed: 0, records: 0 });
  });

  test('a reconnect does not refill the pace', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(300)) await outbox.put(newRecord(n));
    const link = fakeLink(at.clock, { window: 8, pace: LOSANT.pace });
    for (let round = 0; round < 20; round++) await drainFor(outbox, at.clock, link, 500);
    expect(mostIn(link.sent, 15_000)).toBeLessThanOrEqual(24);
  });
});

test('the status of a replay reads the log now and then, not for each record that goes', async () => {
  await using at = bench();
  let reads = 0;
  const disk = diskWith({
    readOpen: (fd, from, most) => {
      reads++;
      return realLogDisk.readOpen(fd, from, most);
    },
  });
  await using outbox = await at.open({}, disk);
  for (const n of upTo(500)) await outbox.put(newRecord(n));
  await at.clock.advance(60_000);
  expect(outbox.status().oldestAgeMs).toBe(60_000);
  let most = 0;
  const link = fakeLink(at.clock, WIDE, () => {
    most = Math.max(most, outbox.status().oldestAgeMs ?? 0);
    return { is: 'accepted' };
  });
  const before = reads;
  await drainFor(outbox, at.clock, link, 8000);
  expect(outbox.status()).toMatchObject({ records: 0, accepted: 500 });
  expect(most).toBeGreaterThanOrEqual(60_000);
  expect(reads - before).toBeLessThan(10);
  await outbox.put(newRecord(500, { monoMs: at.clock.mono() }));
  expect(outbox.status().oldestAgeMs).toBe(0);
});

describe('verdicts', () => {
  test('a rejected record is put aside with its reason, and the rest goes on', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(10)) await outbox.put(newRecord(n));
    const link = fakeLink(at.clock, WIDE, ({ body }) =>
      body['n'] === 4 ? { is: 'rejected', code: 'losant.malformed', reason: 'no' } : { is: 'confirmed' },
    );
    await drainFor(outbox, at.clock, link, 3000);
    const { confirmed, gaps, ...status } = outbox.status();
    expect(status).toMatchObject({ rejected: 1, quarantined: 1, records: 0 });
    // The gap that tells of it goes once its file is written, in real time.
    expect(confirmed - gaps).toBe(9);
    const [entry] = readQuarantine(realLogDisk, at.dir);
    expect(entry).toMatchObject({ code: 'losant.malformed', reason: 'no', record: { body: { n: 4 } } });
  });

  test('the record that ends the connection is found and put aside; good ones beside it are not', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(30)) await outbox.put(newRecord(n));
    const delivered: unknown[] = [];
    let rounds = 0;
    while (outbox.status().records > 0 && rounds++ < 40) {
      const controller = new AbortController();
      const link = fakeLink(at.clock, WIDE, ({ body }): Verdict => {
        if (body['n'] === 7) controller.abort();
        if (controller.signal.aborted) return { is: 'link-lost' };
        delivered.push(body['n']);
        return { is: 'accepted' };
      });
      const draining = outbox.drain(link, { signal: controller.signal });
      await at.clock.advance(5000);
      controller.abort();
      await at.clock.advance(2000);
      await draining;
    }
    expect(readQuarantine(realLogDisk, at.dir).map(({ record }) => record.body['n'])).toEqual([7]);
    // And the cloud is told which one it will not see.
    expect(delivered.filter((n) => n !== undefined)).toEqual(upTo(30).filter((n) => n !== 7));
    expect(outbox.status()).toMatchObject({ gaps: 1, dropped: 0 });
    expect(rounds).toBeLessThan(8);
  });

  test('a time-out and a link that never answers cost nothing but time', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(3)) await outbox.put(newRecord(n));
    let tries = 0;
    const link = fakeLink(at.clock, { ...WIDE, window: 1 }, () =>
      ++tries === 1 ? new Promise<Verdict>(() => undefined) : tries === 2 ? { is: 'timeout' } : { is: 'confirmed' },
    );
    await drainFor(outbox, at.clock, link, 60_000);
    expect(outbox.status()).toMatchObject({ timeouts: 2, confirmed: 3, records: 0, quarantined: 0 });
    expect(sentNumbers(link.sent)).toEqual([0, 0, 0, 1, 2]);
    expect(link.sent[1]?.isReplay).toBe(true);
  });

  test.each([
    [undefined, 30_000],
    [75_000, 75_000],
    [1_000_000, 120_000],
  ])('a link that says its verdicts take %s ms is waited for %i ms', async (patienceMs, ms) => {
    await using at = bench();
    await using outbox = await at.open();
    const link = fakeLink(
      at.clock,
      { ...WIDE, ...(patienceMs === undefined ? {} : { patienceMs }) },
      () => new Promise<Verdict>(() => undefined),
    );
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    await at.clock.advance(0);
    await outbox.put(newRecord(1));
    await at.clock.advance(ms - 1000);
    expect(outbox.status()).toMatchObject({ timeouts: 0, inFlight: 1 });
    await at.clock.advance(2000);
    expect(outbox.status().timeouts).toBe(1);
    controller.abort();
    await at.clock.advance(5000);
    await draining;
  });

  test('busy pauses everything and counts against nobody', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(3)) await outbox.put(newRecord(n));
    let tries = 0;
    const link = fakeLink(at.clock, { ...WIDE, window: 1 }, () =>
      ++tries <= 5 ? { is: 'busy', retryAfterMs: 20_000 } : { is: 'confirmed' },
    );
    await drainFor(outbox, at.clock, link, 120_000);
    expect(outbox.status()).toMatchObject({ confirmed: 3, timeouts: 0, linkLost: 0, quarantined: 0, records: 0 });
    const gaps = link.sent.slice(1, 6).map(({ atMs }, i) => atMs - (link.sent[i]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20_000);
  });

  test('a record too large is put aside, and the caller told', async () => {
    await using at = bench();
    await using outbox = await at.open();
    await expect(outbox.put(newRecord(1, { body: { x: 'x'.repeat(70_000) } }))).rejects.toMatchObject({
      code: 'outbox.quarantined',
    });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await expect(outbox.put(newRecord(2, { body: circle }))).rejects.toMatchObject({ code: 'outbox.quarantined' });
    expect(readQuarantine(realLogDisk, at.dir)).toHaveLength(2);
    expect(outbox.status()).toMatchObject({ records: 0, quarantined: 2 });
  });

  test('the quarantine keeps the newest hundred', async () => {
    await using at = bench();
    await using outbox = await at.open();
    for (const n of upTo(104)) await outbox.put(newRecord(n));
    // Each by a word of our own: a cloud that refused them all would be held.
    const link = fakeLink(at.clock, WIDE, ({ kind }) =>
      kind === 'gap' ? { is: 'accepted' } : { is: 'rejected', code: 'x', reason: 'y', isLocal: true },
    );
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    // Each is forced to a real disk.
    while (outbox.status().records > 0) await at.clock.advance(50);
    await at.clock.advance(20_000);
    controller.abort();
    await draining;
    const told = link.sent.flatMap(({ record }) => (record.kind === 'gap' ? [Number(record.body['count'])] : []));
    expect(told.reduce((all, count) => all + count, 0)).toBe(104);
    const kept = readQuarantine(realLogDisk, at.dir).map(({ record }) => record.body['n']);
    expect(kept).toEqual(upTo(104).slice(4));
    expect(outbox.status()).toMatchObject({ quarantined: 104, dropped: 4, records: 0 });
  });
});
