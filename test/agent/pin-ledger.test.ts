import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPinLedger, type PinRecord, pinFileCodec, prunedRecords } from '../../src/agent/pin-ledger.js';
import { Secret } from '../../src/core/index.js';
import { open, scratch } from '../vault/fakes.js';

const ICCID = '89310410106543789301';
const PIN = new Secret('pin', '4711');
const record = (outcome: PinRecord['outcome'], isProven = false): PinRecord => ({
  outcome,
  isProven,
  at: '2026-06-15T11:00:00.000Z',
});

test('a record is found again by card and PIN after a restart, and by nothing else', async () => {
  await using dir = await scratch();
  const ledger = async () => createPinLedger((await open(dir.path)).slot('pins', pinFileCodec));
  await (await ledger()).write(ICCID, PIN, record('refused'));
  const later = await ledger();
  expect(await later.read(ICCID, PIN)).toEqual(record('refused'));
  expect(await later.read(ICCID, new Secret('pin', '4712'))).toBeUndefined();
  expect(await later.read('89310410106543789302', PIN)).toBeUndefined();
});

test('when a write has resolved the record is on disk, in files for their owner alone, without card or PIN in them', async () => {
  await using dir = await scratch();
  const ledger = createPinLedger((await open(dir.path)).slot('pins', pinFileCodec));
  await ledger.write(ICCID, PIN, record('pending'));
  const files = readdirSync(dir.path).filter((name) => name.startsWith('pins'));
  expect(files).toContain('pins');
  for (const name of files) {
    expect(statSync(join(dir.path, name)).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(dir.path, name), 'utf8');
    expect(text).toContain('pending');
    expect(text).not.toContain(ICCID);
    expect(text.replace(/[0-9a-f]{32,}/g, '')).not.toContain('4711');
  }
});

test('one file that goes bad does not forget an attempt', async () => {
  for (const damaged of ['pins', 'pins.prev']) {
    await using dir = await scratch();
    const ledger = async () => createPinLedger((await open(dir.path)).slot('pins', pinFileCodec));
    await (await ledger()).write(ICCID, PIN, record('pending'));
    writeFileSync(join(dir.path, damaged), 'rubbish');
    expect(await (await ledger()).read(ICCID, PIN)).toEqual(record('pending'));
  }
});

test('a note taken back is gone, and others stay', async () => {
  await using dir = await scratch();
  const ledger = createPinLedger((await open(dir.path)).slot('pins', pinFileCodec));
  const other = new Secret('pin', '4712');
  await ledger.write(ICCID, other, record('refused'));
  await ledger.write(ICCID, PIN, { ...record('pending'), askedSince: true });
  expect(await ledger.read(ICCID, PIN)).toEqual({ ...record('pending'), askedSince: true });
  await ledger.write(ICCID, PIN, undefined);
  expect(await ledger.read(ICCID, PIN)).toBeUndefined();
  expect(await ledger.read(ICCID, other)).toEqual(record('refused'));
});

test('what is done alone waits for its turn, gives it back whatever happens, and is told when it does not come', async () => {
  let holders = 0;
  let isFree = true;
  const slot = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };
  const ledger = createPinLedger(slot, () => {
    if (!isFree) return Promise.resolve(undefined);
    holders++;
    return Promise.resolve(() => {
      holders--;
    });
  });
  expect(await ledger.alone(() => Promise.resolve(holders))).toBe(1);
  await expect(ledger.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(holders).toBe(0);
  isFree = false;
  expect(await ledger.alone(() => Promise.resolve(1))).toBe('busy');
});

test('a record that could not be written is an error, so that no PIN leaves', async () => {
  const ledger = createPinLedger({
    read: () => Promise.resolve(undefined),
    write: () => Promise.reject(new Error('disk full')),
  });
  await expect(ledger.write(ICCID, PIN, record('pending'))).rejects.toThrow('disk full');
});

test('writes at the same time do not lose one another', async () => {
  await using dir = await scratch();
  const ledger = createPinLedger((await open(dir.path)).slot('pins', pinFileCodec));
  const pins = Array.from({ length: 8 }, (_, i) => new Secret('pin', `10${i}0`));
  await Promise.all(pins.map((pin) => ledger.write(ICCID, pin, record('refused'))));
  for (const pin of pins) expect(await ledger.read(ICCID, pin)).toEqual(record('refused'));
});

test('two installations give the same pair different keys', async () => {
  const keys: string[] = [];
  for (let i = 0; i < 2; i++) {
    const ledger = createPinLedger({
      read: () => Promise.resolve(undefined),
      write: (file) => Promise.resolve(void keys.push(...Object.keys(file.records))),
    });
    await ledger.write(ICCID, PIN, record('accepted'));
  }
  expect(new Set(keys).size).toBe(2);
});

test('of more than 64 pairs the accepted are forgotten first, the refused last', () => {
  const many = (outcome: PinRecord['outcome'], n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`${outcome}-${i}`, record(outcome)]));
  const kept = Object.keys(prunedRecords({ ...many('refused', 40), ...many('accepted', 20), ...many('pending', 20) }));
  expect(kept).toHaveLength(64);
  expect(kept.filter((key) => key.startsWith('refused'))).toHaveLength(40);
  expect(kept.filter((key) => key.startsWith('pending'))).toHaveLength(20);
  expect(kept.filter((key) => key.startsWith('accepted'))).toEqual([16, 17, 18, 19].map((i) => `accepted-${i}`));
  expect(Object.keys(prunedRecords(many('refused', 70))).slice(0, 2)).toEqual(['refused-6', 'refused-7']);
});

test.each([
  [{ records: {} }],
  [{ salt: 'short', records: {} }],
  [{ salt: '0'.repeat(32), records: { a: { outcome: 'maybe', isProven: false, at: '' } } }],
  [{ salt: '0'.repeat(32), records: { a: null } }],
])('a ledger that is not one is refused: %j', (data) => {
  expect(() => pinFileCodec.decode(data, 1)).toThrow();
});
