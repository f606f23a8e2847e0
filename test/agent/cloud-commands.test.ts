import { describe, expect, test } from 'vitest';
import { boundedData, MAX_DATA_BYTES } from '../../src/agent/cloud-commands/answer.js';
import {
  type Entry,
  isForgotten,
  KEPT_MS,
  LEDGER_START,
  ledgerCodec,
  MAX_ENTRIES,
  pruned,
  withEntry,
} from '../../src/agent/cloud-commands/ledger-model.js';
import { DEADLINES_MS, MAX_WAITING } from '../../src/agent/cloud-commands/runner.js';
import { type CloudCommand, deferred, scrubber, WaymarkError } from '../../src/core/index.js';
import { memorySlot, NOW, rig } from './cloud-commands-rig.js';

describe('one command', () => {
  test('is done and told', async () => {
    const t = rig();
    expect(await t.send()).toEqual({ id: 'one', name: 'resubscribe', end: 'done', message: 'resubscribe: done' });
    expect(await t.send({ id: 'two', name: 'report-status' })).toMatchObject({
      end: 'done',
      data: { state: 'serving' },
    });
    await t.send({ id: 'three', name: 'renew-identity' });
    await t.send({ id: 'four', name: 'recover', payload: { rung: 'session' } });
    await t.send({ id: 'five', name: 'set-report-interval', payload: { seconds: 60 } });
    expect(t.done).toEqual([
      'resubscribe',
      'report-status',
      'renew-identity asked for by losant',
      'recover session',
      'set-report-interval 60 losant',
    ]);
    expect(t.commands.snapshot()).toMatchObject({
      received: 5,
      done: 5,
      remembered: 5,
      waiting: 0,
      running: undefined,
    });
  });

  test('is on the disk before its effect', async () => {
    const slot = memorySlot();
    const seen: unknown[] = [];
    const t = rig({ slot, effects: { resubscribe: async () => void seen.push(slot.kept?.entries) } });
    await t.send();
    expect(seen).toMatchObject([[{ id: 'one', phase: 'intent' }]]);
    expect(slot.kept?.entries).toMatchObject([{ id: 'one', phase: 'done', outcome: { end: 'done' } }]);
  });

  test('is not run when that cannot be written, and may be sent again', async () => {
    const slot = memorySlot();
    const t = rig({ slot });
    slot.fails = true;
    expect(await t.send()).toMatchObject({ end: 'refused', code: 'command.not-durable' });
    expect(t.done).toEqual([]);
    slot.fails = false;
    expect(await t.send()).toMatchObject({ end: 'done' });
    expect(t.done).toEqual(['resubscribe']);
  });

  test('is not run while what is known cannot be read', async () => {
    const slot = { read: () => Promise.reject(new WaymarkError('vault.unreadable', 'newer')), write: async () => {} };
    const t = rig({ slot });
    expect(await t.commands.interrupted()).toEqual([]);
    expect(await t.send()).toMatchObject({ end: 'refused', code: 'command.not-durable' });
    expect(t.done).toEqual([]);
  });

  test('that comes again is answered with its earlier end', async () => {
    const t = rig();
    await t.send();
    expect(await t.send()).toMatchObject({
      end: 'repeated',
      message: 'it came before and ended done: resubscribe: done',
    });
    expect(t.done).toEqual(['resubscribe']);
  });

  test('that comes again while it runs waits for its end', async () => {
    const gate = deferred<undefined>();
    let runs = 0;
    const t = rig({
      effects: {
        async resubscribe() {
          runs++;
          await gate.promise;
        },
      },
    });
    const both = [t.send(), t.send()];
    await t.clock.advance(10);
    expect(t.commands.snapshot().running).toBe('resubscribe');
    gate.resolve(undefined);
    expect((await Promise.all(both)).map(({ end }) => end)).toEqual(['done', 'repeated']);
    expect(runs).toBe(1);
  });

  test('that fails says why, and that is remembered', async () => {
    scrubber.register('token', 'very-secret-token-4711');
    const t = rig({
      effects: {
        resubscribe: () => Promise.reject(new WaymarkError('mqtt.closed', 'with very-secret-token-4711\n\u001b[31m')),
        reportStatus: () => Promise.reject(new Error('/home/someone: a defect')),
      },
    });
    const failed = await t.send();
    expect(failed).toMatchObject({ end: 'failed', code: 'mqtt.closed' });
    expect(failed.message).not.toMatch(/4711|\n|\u001b/);
    expect(await t.send()).toMatchObject({ end: 'repeated', code: 'mqtt.closed' });
    const defect = await t.send({ id: 'two', name: 'report-status' });
    expect(defect).toMatchObject({ end: 'failed', code: 'core.internal' });
    expect(defect.message).not.toContain('someone');
  });

  test('whose effect takes for ever is failed, and the next one has its turn', async () => {
    const t = rig({ effects: { resubscribe: () => new Promise(() => undefined) } });
    const first = t.send();
    const second = t.send({ id: 'two', name: 'report-status' });
    await t.clock.advance(DEADLINES_MS.resubscribe);
    expect(await first).toMatchObject({ end: 'failed', code: 'core.timeout' });
    expect(await second).toMatchObject({ end: 'done' });
  });

  test('that is running when the gateway stops counts as interrupted, here and after the start', async () => {
    const stop = new AbortController();
    const slot = memorySlot();
    const t = rig({ slot, signal: stop.signal, effects: { resubscribe: () => new Promise(() => undefined) } });
    const running = t.send();
    const late = t.send({ id: 'two' });
    await t.clock.advance(1);
    stop.abort();
    expect(await running).toMatchObject({ end: 'interrupted', code: 'command.interrupted' });
    expect(await late).toMatchObject({ end: 'refused', code: 'command.not-available' });
    const next = rig({ slot });
    expect(await next.commands.interrupted()).toMatchObject([{ from: 'losant', id: 'one', end: 'interrupted' }]);
    expect(await next.send()).toMatchObject({ end: 'interrupted' });
    expect(await next.send({ id: 'two' })).toMatchObject({ end: 'done' });
    expect(next.done).toEqual(['resubscribe']);
  });
});

test('what is no command at all is refused, too', async () => {
  const t = rig();
  for (const nothing of [null, undefined, 7, 'resubscribe', []])
    expect(await t.commands.sink(nothing as unknown as CloudCommand)).toMatchObject({
      end: 'refused',
      id: '',
      name: '',
    });
  expect(t.done).toEqual([]);
  expect(t.commands.snapshot()).toMatchObject({ received: 5, refused: { 'command.retained': 5 } });
});

describe('many', () => {
  test('more than the rate are refused, of all clouds together, and taken again later', async () => {
    const t = rig();
    const ends: string[] = [];
    for (let i = 0; i < 8; i++)
      ends.push((await t.send({ id: `${i}`, from: i % 2 === 0 ? 'losant' : 'devicewise' })).code ?? 'done');
    expect(ends).toEqual([...Array<string>(6).fill('done'), 'command.rate', 'command.rate']);
    t.clock.stepWall(86_400_000);
    expect(await t.send({ id: '6' })).toMatchObject({ code: 'command.rate' });
    await t.clock.advance(60_000);
    expect(await t.send({ id: '6' })).toMatchObject({ end: 'done' });
  });

  test('more than can wait are refused at once', async () => {
    const gate = deferred<undefined>();
    const t = rig({ effects: { resubscribe: () => gate.promise } });
    const all = Array.from({ length: MAX_WAITING + 5 }, (_, i) => t.send({ id: `${i}` }));
    await t.clock.advance(1);
    gate.resolve(undefined);
    const results = await Promise.all(all);
    expect(results.every(({ end }) => end === 'done' || end === 'refused')).toBe(true);
    expect(results.filter(({ message }) => message.includes('wait for their turn'))).toHaveLength(5);
  });
});

describe('what is interrupted', () => {
  const left = (): Entry => ({
    ...{ from: 'devicewise', id: 'old', name: 'recover', phase: 'intent', atUtcMs: NOW - 5000, isTimed: true },
  });

  test('is told once, then remembered as told', async () => {
    const slot = memorySlot({ entries: [left()], forgottenUtcMs: {} });
    const told: string[] = [];
    const t = rig({ slot, onInterrupted: ({ from, id, end }) => void told.push(`${from} ${id} ${end}`) });
    await t.commands.interrupted();
    await t.commands.interrupted();
    await rig({ slot, onInterrupted: ({ id }) => void told.push(id) }).commands.interrupted();
    expect(told).toEqual(['devicewise old interrupted']);
    const again = await t.send({ from: 'devicewise', id: 'old', name: 'recover', payload: { rung: 'road' } });
    // Beyond the rung allowed now: what became of it is told all the same, and it is not run in any case.
    expect(again.end).toBe('interrupted');
    expect(t.done).toEqual([]);
  });

  test('is told again at the next start when nobody could take it', async () => {
    const slot = memorySlot({ entries: [left()], forgottenUtcMs: {} });
    await rig({ slot, onInterrupted: () => Promise.reject(new Error('full')) }).commands.interrupted();
    expect(await rig({ slot }).commands.interrupted()).toHaveLength(1);
  });
});

describe('the ring', () => {
  const done = (id: string, more: Partial<Entry> = {}): Entry => ({
    ...{ from: 'losant', id, name: 'resubscribe', phase: 'done', atUtcMs: NOW, isTimed: true, sentUtcMs: NOW },
    ...{ outcome: { end: 'done', message: 'x' } },
    ...more,
  });

  test('holds 512, lets the oldest go, and never an intent', () => {
    const { outcome: _none, ...intent } = done('first', { phase: 'intent' });
    let state = withEntry(LEDGER_START, intent);
    for (let i = 0; i < MAX_ENTRIES + 3; i++)
      state = pruned(withEntry(state, done(`${i}`, { sentUtcMs: NOW + i })), { wallMs: NOW, isTrusted: true });
    expect(state.entries).toHaveLength(MAX_ENTRIES);
    expect(state.entries[0]?.id).toBe('first');
    expect(state.entries[1]?.id).toBe('4');
    // What was let go of is known by when it was sent.
    expect(state.forgottenUtcMs).toEqual({ losant: NOW + 3 });
  });

  test.each([
    ['by a clock nobody believed, then or now', false, false, undefined],
    ['by a clock nobody believed then', false, true, NOW],
    ['by a clock that is believed', true, true, NOW + 600_000],
  ])('a time of sending far ahead, noted %s, keeps no others away', (_, isTimed, isTrusted, mark) => {
    const ahead = done('ahead', { isTimed, sentUtcMs: NOW + 10 * KEPT_MS });
    let state = withEntry(LEDGER_START, ahead);
    for (let i = 0; i < MAX_ENTRIES; i++) state = pruned(withEntry(state, done(`${i}`)), { wallMs: NOW, isTrusted });
    expect(state.entries).toHaveLength(MAX_ENTRIES);
    expect(state.forgottenUtcMs['losant']).toBe(mark);
  });

  test('a mark far ahead of a believed clock, kept by an earlier version, is not looked at and is replaced', () => {
    const poisoned = { entries: [], forgottenUtcMs: { losant: NOW + 10 * KEPT_MS } };
    expect(isForgotten(poisoned, 'losant', NOW, { wallMs: NOW, isTrusted: true })).toBe(false);
    const old = done('old', { atUtcMs: NOW - KEPT_MS, sentUtcMs: NOW - KEPT_MS });
    const state = pruned({ ...poisoned, entries: [old] }, { wallMs: NOW, isTrusted: true });
    expect(state.forgottenUtcMs).toEqual({ losant: NOW - KEPT_MS });
  });

  test.each([
    ['a day old', true, {}, 0],
    ['a day old by a clock nobody believes', false, {}, 1],
    ['noted by a clock nobody believed', true, { isTimed: false }, 1],
    ['a little younger', true, { atUtcMs: NOW + 1 }, 1],
  ])('lets go of what is %s', (_, isTrusted, more, kept) => {
    const state = pruned({ entries: [done('one', more)], forgottenUtcMs: {} }, { wallMs: NOW + KEPT_MS, isTrusted });
    expect(state.entries).toHaveLength(kept);
  });

  test('what has no time of sending is kept, for it may be delivered again after any outage', async () => {
    const { sentUtcMs: _none, ...untimed } = done('m1', { from: 'devicewise' });
    const later = { wallMs: NOW + 3 * KEPT_MS, isTrusted: true };
    const state = pruned({ entries: [untimed, done('two')], forgottenUtcMs: {} }, later);
    expect(state.entries.map(({ id }) => id)).toEqual(['m1']);
    // A gateway whose answer waited in the outbox for three days of outage.
    const t = rig({ slot: memorySlot({ entries: [untimed], forgottenUtcMs: {} }), trust: 'trusted' });
    await t.clock.advance(3 * KEPT_MS);
    await t.send({ from: 'devicewise', id: 'm2' });
    expect(await t.send({ from: 'devicewise', id: 'm1' })).toMatchObject({ end: 'repeated' });
  });

  test('fits the slot when every entry is as long as it can be', () => {
    const long = done('i'.repeat(128), { name: 'n'.repeat(32), outcome: { end: 'failed', message: '"'.repeat(240) } });
    const state = { entries: Array<Entry>(MAX_ENTRIES).fill(long), forgottenUtcMs: {} };
    const text = JSON.stringify(ledgerCodec.encode(state));
    expect(text.length).toBeLessThan(1_000_000);
    expect(ledgerCodec.decode(JSON.parse(text), 1)).toEqual(state);
  });

  test.each([
    [{}],
    [{ entries: 1, forgottenUtcMs: {} }],
    [{ entries: [null], forgottenUtcMs: {} }],
    [{ entries: [done('x', { phase: 'intent' })], forgottenUtcMs: {} }],
    [{ entries: [{ ...done('x'), outcome: { end: 'maybe', message: '' } }], forgottenUtcMs: {} }],
    [{ entries: [], forgottenUtcMs: { losant: 'soon' } }],
  ])('takes nothing of another shape %#', (data) => {
    expect(() => ledgerCodec.decode(JSON.parse(JSON.stringify(data)), 1)).toThrow();
  });
});

describe('a report', () => {
  test('that is too long loses its largest members, and says which', () => {
    const data = boundedData({ small: 1, huge: 'é'.repeat(9000), large: 'y'.repeat(4000), none: undefined });
    expect(data).toMatchObject({ small: 1, leftOut: ['huge'] });
    expect(data['large']).toHaveLength(4000);
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThanOrEqual(MAX_DATA_BYTES);
    const many = boundedData(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`member-${i}`, i])));
    expect(Buffer.byteLength(JSON.stringify(many))).toBeLessThanOrEqual(MAX_DATA_BYTES);
  });

  test('holds no secret', () => {
    scrubber.register('token', 'very-secret-token-4712');
    const data = boundedData({ a: { b: ['very-secret-token-4712'] }, password: 'hunter22' });
    expect(JSON.stringify(data)).not.toMatch(/4712|hunter22/);
  });

  test('that is no JSON is a failure with an answer', async () => {
    const t = rig({ effects: { reportStatus: () => Promise.resolve({ n: 1n }) } });
    expect(await t.send({ name: 'report-status' })).toMatchObject({ end: 'failed', code: 'core.internal' });
  });
});
