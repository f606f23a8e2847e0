// The PIN over many starts, kills and power cuts, against the simulated modules of three families.
import { describe, expect, test } from 'vitest';
import { Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createModem } from '../../src/modem/index.js';
import { during } from './during.js';
import { createMemoryLedger, type MemoryLedger } from './pin-ledger.js';
import { type SimBench, simBench } from './sim-bench.js';

/** Where a start is killed. */
type Kill = 'before-note' | 'after-note' | 'stopped-after-note' | 'after-bytes' | undefined;

/** One life of the process: `up`, or the code it ended with. */
async function start(bench: SimBench, ledger: MemoryLedger, pin: string, kill?: Kill): Promise<unknown> {
  const modem = createModem(
    { open: bench.open, clock: bench.clock, log: silentLogger, pinLedger: ledger },
    {
      port: '/dev/sim',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
      pin: new Secret('pin', pin),
    },
  );
  const die = async (): Promise<void> => modem[Symbol.asyncDispose]();
  ledger.before = async ({ outcome }) => {
    if (kill !== 'before-note' || outcome !== 'pending') return;
    await die();
    throw new WaymarkError('vault.write', 'killed');
  };
  ledger.after = async ({ outcome }) => {
    if ((kill !== 'after-note' && kill !== 'stopped-after-note') || outcome !== 'pending') return;
    ledger.isDead = kill === 'after-note';
    await die();
  };
  const unhook = bench.sim.push((line) => {
    if (kill === 'after-bytes' && line.startsWith('AT+CPIN=')) void die();
    return false;
  });
  const outcome = await during(
    bench.clock,
    modem.bringUp({ signal: new AbortController().signal }).then(() => 'up'),
  );
  unhook();
  await die();
  ledger.isDead = false;
  return outcome;
}

const FAMILIES = ['telit', 'ublox', 'quectel'] as const;

describe.each(FAMILIES)('%s', (profile) => {
  const locked = (): SimBench => simBench({ profile, card: { isPinEnabled: true, pin: '4321' } });

  test('a wrong PIN is sent once over eleven starts with kills and power cuts in between', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    const outcomes: unknown[] = [];
    for (let n = 1; n <= 11; n++) {
      outcomes.push(await start(bench, ledger, '1111', n === 1 ? 'before-note' : n === 2 ? 'after-bytes' : undefined));
      if (n % 2 === 0) bench.powerCycle();
    }
    expect(bench.taken('AT+CPIN=')).toHaveLength(1);
    expect(bench.sim.state.card.pinTries).toBe(2);
    expect(outcomes.slice(2)).toEqual(Array.from({ length: 9 }, () => ({ code: 'sim.pin-guarded' })));
  });

  test('a wrong PIN whose refusal was heard is sent once over eleven starts, also when a phone has restored the tries', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    for (let n = 1; n <= 11; n++) {
      expect(await start(bench, ledger, '1111')).toEqual({ code: 'sim.pin-refused' });
      bench.sim.setSim('pin', { pinTries: 3 });
      bench.powerCycle();
    }
    expect(bench.taken('AT+CPIN=')).toHaveLength(1);
  });

  test('killed between note and bytes, no PIN is sent: not then and not later', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    expect(await start(bench, ledger, '4321', 'after-note')).toEqual({ code: 'link.closed' });
    for (let n = 2; n <= 11; n++) {
      bench.powerCycle();
      expect(await start(bench, ledger, '4321')).toEqual({ code: 'sim.pin-guarded' });
    }
    expect(bench.taken('AT+CPIN=')).toEqual([]);
    expect(bench.sim.state.card.pinTries).toBe(3);
  });

  test('stopped between note and bytes, the note is taken back and the next start sends the PIN', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    expect(await start(bench, ledger, '4321', 'stopped-after-note')).toEqual({ code: 'link.closed' });
    expect(bench.taken('AT+CPIN=')).toEqual([]);
    expect(ledger.written).toEqual(['pending', 'forgotten']);
    expect(await start(bench, ledger, '4321')).toBe('up');
  });

  test('a wrong PIN whose try was cut off is not taken for right because a person opened the card while the agent was stopped', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    expect(await start(bench, ledger, '1111', 'after-bytes')).toEqual({ code: 'link.closed' });
    expect(await start(bench, ledger, '1111')).toEqual({ code: 'sim.pin-guarded' });
    bench.sim.setSim('ready', { isPinEnabled: true, pinTries: 3 });
    expect(await start(bench, ledger, '1111')).toBe('up');
    bench.sim.setSim('pin', { pinTries: 3 });
    bench.powerCycle();
    expect(await start(bench, ledger, '1111')).toEqual({ code: 'sim.pin-guarded' });
    expect(bench.taken('AT+CPIN=')).toHaveLength(1);
  });

  test('a card whose number is told with 19 digits, with 20 or with its padding is one card', async () => {
    for (const [first, then] of [
      ['89490200001234567890', '8949020000123456789'],
      ['8988010000000000014', '898801000000000001'],
    ] as const) {
      const bench = locked();
      bench.sim.setSim('pin', { iccid: first });
      const ledger = createMemoryLedger();
      expect(await start(bench, ledger, '1111')).toEqual({ code: 'sim.pin-refused' });
      bench.sim.setSim('pin', { iccid: then, pinTries: 3 });
      bench.powerCycle();
      expect(await start(bench, ledger, '1111')).toEqual({ code: 'sim.pin-refused' });
      expect(bench.taken('AT+CPIN=')).toHaveLength(1);
    }
  });

  test('the right PIN is sent again after each power cut, and only then', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    for (let n = 1; n <= 3; n++) {
      expect(await start(bench, ledger, '4321')).toBe('up');
      // Another start without a power cut finds the card open.
      expect(await start(bench, ledger, '4321')).toBe('up');
      expect(bench.taken('AT+CPIN=')).toHaveLength(n);
      bench.powerCycle();
    }
    expect(ledger.written).toEqual(['pending', 'accepted', 'pending', 'accepted', 'pending', 'accepted']);
  });

  test('killed after the bytes, the right PIN is found to have worked', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    expect(await start(bench, ledger, '4321', 'after-bytes')).toEqual({ code: 'link.closed' });
    expect(ledger.written).toEqual(['pending']);
    expect(await start(bench, ledger, '4321')).toBe('up');
    expect(ledger.written).toEqual(['pending', 'accepted']);
    bench.powerCycle();
    expect(await start(bench, ledger, '4321')).toBe('up');
    expect(bench.taken('AT+CPIN=')).toHaveLength(2);
  });

  test('a proven PIN cut off by a power cut is sent again, since the card still has all its tries', async () => {
    const bench = locked();
    const ledger = createMemoryLedger();
    expect(await start(bench, ledger, '4321')).toBe('up');
    bench.powerCycle();
    expect(await start(bench, ledger, '4321', 'after-note')).toEqual({ code: 'link.closed' });
    bench.powerCycle();
    expect(await start(bench, ledger, '4321')).toBe('up');
    expect(bench.taken('AT+CPIN=')).toHaveLength(2);
  });

  test('a card with two tries and a blocked one are left alone', async () => {
    for (const [card, code] of [
      [{ isPinEnabled: true, pinTries: 2 }, 'sim.pin-guarded'],
      [{ isPinEnabled: true, pinTries: 0 }, 'sim.puk'],
    ] as const) {
      const bench = simBench({ profile, card: { pin: '4321', ...card } });
      expect(await start(bench, createMemoryLedger(), '4321')).toEqual({ code });
      expect(bench.taken('AT+CPIN=')).toEqual([]);
    }
  });
});
