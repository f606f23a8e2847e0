// The whole bring-up against the simulated modules of three families.
import { describe, expect, test } from 'vitest';
import { Secret, silentLogger } from '../../src/core/index.js';
import { createModem, type Modem, type ModemOptions } from '../../src/modem/index.js';
import { during } from './during.js';
import { createMemoryLedger } from './pin-ledger.js';
import { type SimBench, simBench } from './sim-bench.js';

const modemOn = (bench: SimBench, changes: Partial<ModemOptions> = {}): Modem =>
  createModem(
    { open: bench.open, clock: bench.clock, log: silentLogger, pinLedger: createMemoryLedger() },
    {
      port: '/dev/sim',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
      ...changes,
    },
  );
const up = (bench: SimBench, modem: Modem): Promise<unknown> =>
  during(
    bench.clock,
    modem.bringUp({ signal: new AbortController().signal }).then(() => 'up'),
  );

describe.each(['telit', 'ublox', 'quectel'] as const)('%s', (profile) => {
  test('comes up with everything known', async () => {
    const bench = simBench({ profile });
    const modem = modemOn(bench);
    expect(await up(bench, modem)).toBe('up');
    const snapshot = modem.snapshot();
    expect(snapshot).toMatchObject({
      stage: 'ready',
      profile: expect.stringMatching(new RegExp(`^${profile}`)),
      sim: 'ready',
      simTries: { pin: 3 },
      iccid: bench.sim.state.card.iccid,
      imsi: bench.sim.state.card.imsi,
      imei: bench.sim.state.identity.imei,
      registration: { state: 'home', plmn: bench.sim.state.operator.numeric },
      operator: bench.sim.state.operator.longName,
      signal: { quality: expect.stringMatching(/good|fair|excellent/) },
      cell: { plmn: bench.sim.state.operator.numeric },
      bearer: { active: true },
      dataPath: { kind: 'host', state: 'observed' },
      counters: { timeouts: 0, writes: 0 },
    });
    expect(Math.abs((snapshot.networkTime?.utcMs ?? 0) - bench.clock.wall())).toBeLessThan(60_000);
    await modem[Symbol.asyncDispose]();
  });

  test('a context with login comes up', async () => {
    const bench = simBench({ profile, hasInitialBearer: false });
    const modem = modemOn(bench, {
      bearer: {
        mode: 'activate',
        contextId: 3,
        apn: 'iot.new',
        ipType: 'IP',
        auth: { method: 'pap', user: 'gateway', password: new Secret('password', 'Sesame-77-open') },
      },
    });
    expect(await up(bench, modem)).toBe('up');
    expect(modem.snapshot().bearer).toMatchObject({ contextId: 3, active: true });
    await modem[Symbol.asyncDispose]();
  });

  test('another card in the module is brought up anew', async () => {
    const bench = simBench({ profile });
    const modem = modemOn(bench);
    expect(await up(bench, modem)).toBe('up');
    const iccid = '89310410106543789319';
    const lost = during(bench.clock, modem.watch({ signal: new AbortController().signal }), 200_000);
    bench.sim.setSim('ready', { iccid });
    expect(await lost).toEqual({ code: 'modem.reset' });
    expect(await up(bench, modem)).toBe('up');
    expect(modem.snapshot().iccid).toBe(iccid);
    await modem[Symbol.asyncDispose]();
  });
});

test.each(['LE910C1-EUX', 'LE910C1-EU'])('a Telit %s becomes a network card once and connects', async (model) => {
  const bench = simBench({ profile: 'telit', identity: { model } });
  const modem = modemOn(bench, { dataPath: 'ecm' });
  expect(await up(bench, modem)).toEqual({ code: 'modem.reset' });
  expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'switching' });
  expect(await up(bench, modem)).toBe('up');
  expect(modem.snapshot()).toMatchObject({ dataPath: { kind: 'ecm', state: 'connected' }, counters: { writes: 1 } });
  expect(bench.taken('AT#USBCFG=')).toHaveLength(1);
  await modem[Symbol.asyncDispose]();
});
