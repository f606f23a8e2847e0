// The outbox's files against damage: whatever the bytes are, opening never throws, nothing is invented, and what is whole
// is found.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/outbox/cursor.js';
import { decodePayload, encodeRecord, SEGMENT_HEADER } from '../../src/outbox/record-codec.js';
import { scanSegment } from '../../src/outbox/scan.js';
import { bench, fakeLink, newRecord } from '../outbox/fakes.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Flips, cuts, zeroes, doubles or overwrites something somewhere. */
function damage(whole: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(whole);
  const at = random(bytes.length);
  const length = 1 + random(200);
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return bytes.fill(0, at);
    case 2:
      return bytes.fill(0, at, Math.min(bytes.length, at + length));
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length))]);
    case 4:
      for (let i = at; i < Math.min(bytes.length, at + length); i++) bytes[i] = random(256);
      return bytes;
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
  }
}

const RECORDS = Array.from({ length: 40 }, (_, i) =>
  encodeRecord(
    1,
    i + 1,
    Buffer.from(JSON.stringify({ k: 'state', u: 0, q: 0, m: 0, b: { n: i, x: 'x'.repeat(i * 3) } })),
  ),
);

test(`a damaged segment yields its whole records and nothing else (${ROUNDS} rounds, seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const whole = Buffer.concat([SEGMENT_HEADER, ...RECORDS]);
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let bytes = damage(whole, random);
    while (random(3) === 0) bytes = damage(bytes.length > 0 ? bytes : whole, random);
    const scan = scanSegment(bytes);
    found += scan.records.length;
    expect(scan.goodBytes).toBeLessThanOrEqual(bytes.length);
    for (const { boot, seq, payload } of scan.records) {
      // Damage may repeat a record, never make one.
      if (!encodeRecord(boot, seq, payload).equals(RECORDS[seq - 1] ?? Buffer.alloc(0)))
        expect.unreachable(`round ${round}: a record that was never written`);
      if (decodePayload(boot, seq, payload)?.id !== `1-${seq}`) expect.unreachable(`round ${round}: payload`);
    }
  }
  expect(found).toBeGreaterThan(ROUNDS * 10);
});

test(`a damaged cursor is no cursor (${ROUNDS} rounds, seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const gap = { firstId: '1-5', lastId: '1-9', count: 5, reason: 'full' } as const;
  const whole = encodeCursor({ settledBelow: 12_345, gap });
  expect(decodeCursor(whole)).toEqual({ settledBelow: 12_345, gap });
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const cursor = decodeCursor(damage(whole, random));
    if (cursor === undefined) refused++;
    else expect(cursor).toEqual({ settledBelow: 12_345, gap });
  }
  expect(refused).toBeGreaterThan(ROUNDS / 2);
});

const OPENINGS = Math.ceil(ROUNDS / 200);
test(`an outbox of damaged files opens, delivers what is whole, and works on (${OPENINGS} openings)`, {
  timeout: 60_000 + OPENINGS * 100,
}, async () => {
  const random = randomFrom(SEED);
  await using at = bench();
  let delivered = 0;
  for (let round = 0; round < OPENINGS; round++) {
    rmSync(at.dir, { recursive: true, force: true });
    {
      await using outbox = await at.open({ maxBytes: 64 * 1024 });
      for (let n = 0; n < 60; n++) await outbox.put(newRecord(n, { body: { n, x: 'x'.repeat(random(400)) } }));
    }
    mkdirSync(at.dir, { recursive: true });
    for (const name of readdirSync(at.dir)) {
      const path = join(at.dir, name);
      if (random(2) === 0) writeFileSync(path, damage(readFileSync(path), random));
    }
    await using outbox = await at.open({ maxBytes: 64 * 1024 });
    const { id } = await outbox.put(newRecord(1000));
    const link = fakeLink(at.clock, { window: 20, pace: { count: 1e6, perMs: 1 } });
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    for (let step = 0; step < 50 && outbox.status().records > 0; step++) await at.clock.advance(100);
    controller.abort();
    await draining;
    expect(outbox.status()).toMatchObject({ records: 0, state: 'ok' });
    expect(link.sent.map(({ record }) => record.id)).toContain(id);
    delivered += link.sent.length;
  }
  expect(delivered).toBeGreaterThan(OPENINGS * 15);
});
