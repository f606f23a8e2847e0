// The module's CellLocate client, asked through the real channel at the simulated module.
import { describe, expect, expectTypeOf, test } from 'vitest';
import { Secret, WaymarkError } from '../../src/core/index.js';
import type { Modem } from '../../src/modem/index.js';
import type { ModuleCellLocate } from '../../src/services/index.js';
import { answerWith, cme, deaf, lateOk, urcInside, urcStorm } from '../../src/sim/module/index.js';
import { locateRig, orError, request, TOKEN } from './celllocate-rig.js';
import { during } from './during.js';

const HOME = { latitudeDeg: 48.2082, longitudeDeg: 16.3738 };
const GOOD = {
  latitudeDeg: expect.closeTo(HOME.latitudeDeg, 1),
  longitudeDeg: expect.closeTo(HOME.longitudeDeg, 1),
  uncertaintyM: 480,
  sensor: 'cell',
  utcMs: expect.any(Number),
};
const count = (lines: readonly string[], text: string): number => lines.filter((line) => line.includes(text)).length;

test('the modem is what the service asks for', () => {
  expectTypeOf<Modem['cellLocate']>().toExtend<ModuleCellLocate>();
});

describe('a position', () => {
  test.each([
    ['whole', 'whole'],
    ['byte by byte', 'one-byte'],
    ['cut at random', { random: 3 }],
  ] as const)('comes with the answer %s, also under a storm of reports', async (_name, chunking) => {
    for (const storm of [false, true]) {
      const rig = await locateRig({ chunking });
      const before = rig.modem.snapshot().counters;
      if (storm) rig.sim.push(urcStorm(50, ['+CREG: 1', '+UULOCIND: 1,0', '+UUPSDD: 3', '+CIEV: 2,4']));
      expect(await rig.locate()).toMatchObject(GOOD);
      expect(rig.modem.snapshot().counters).toMatchObject({ timeouts: before.timeouts, resyncs: before.resyncs });
      expect(rig.sim.counters.intrusions).toBe(0);
      await rig.modem[Symbol.asyncDispose]();
    }
  });

  test('comes with real latencies, and the module answers other commands meanwhile', async () => {
    const rig = await locateRig({ latencyScale: 1, boot: 100 });
    const stop = new AbortController();
    const position = orError(rig.modem.cellLocate.locate(request(), { signal: stop.signal }));
    await rig.clock.advance(1200);
    expect(rig.taken('AT+ULOC=2')).toHaveLength(1);
    const answer = rig.modem.run('AT+CGMM');
    expect(await during(rig.clock, answer)).toMatchObject({ final: 'OK' });
    expect(rig.sim.state.locating).toBeDefined();
    expect(await during(rig.clock, position)).toMatchObject(GOOD);
  });

  test.each([
    ['in quotes', { quotes: true }, HOME],
    ['with blanks', { blanks: true }, HOME],
    ['with a plus sign and twelve decimals', { plusSign: true, decimals: 12 }, HOME],
    [
      'just south of the equator',
      { latitudeDeg: -0.123, longitudeDeg: -0.456 },
      { latitudeDeg: -0.123, longitudeDeg: -0.456 },
    ],
  ])('%s', async (_name, knobs, place) => {
    const rig = await locateRig();
    rig.behaves(knobs);
    expect(await rig.locate()).toMatchObject({
      latitudeDeg: expect.closeTo(place.latitudeDeg, 1),
      longitudeDeg: expect.closeTo(place.longitudeDeg, 1),
    });
  });

  test('comes in the short form where the detailed one is not known', async () => {
    const rig = await locateRig();
    rig.behaves({ forms: 'short' });
    expect(await rig.locate()).toMatchObject({ ...GOOD, sensor: 'cell' });
    expect(rig.taken('AT+ULOC=2')).toEqual(['AT+ULOC=2,2,1,60,1000', 'AT+ULOC=2,2,0,60,1000']);
  });

  test('comes although its first reports came before the OK', async () => {
    const rig = await locateRig();
    rig.sim.push(urcInside('+ULOC=2', '+UULOCIND: 0,0'));
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test('comes from the second server after the first one failed', async () => {
    const rig = await locateRig();
    rig.behaves({ result: 7, recovers: true });
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test('comes although the server was not told how good it was', async () => {
    const rig = await locateRig();
    rig.behaves({ result: 5, step: 4 });
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test('comes where the module tells no progress and knows no deep scan', async () => {
    const rig = await locateRig();
    rig.sim.push(answerWith('+ULOCIND=', 'ERROR'));
    expect(await rig.locate({ scan: 'deep' })).toMatchObject(GOOD);
    expect(rig.taken('AT+ULOCCELL=')).toEqual(['AT+ULOCCELL=1', 'AT+ULOCCELL=0']);
  });
});

describe('servers and token', () => {
  test('are written once, and again only when they differ', async () => {
    const rig = await locateRig();
    for (let i = 0; i < 3; i++) expect(await rig.locate()).toMatchObject(GOOD);
    expect(rig.taken('AT+UGSRV=')).toHaveLength(1);
    expect(await rig.locate({ token: new Secret('location-token', 'Another-Token_9876543210-abc') })).toMatchObject(
      GOOD,
    );
    expect(await rig.locate({ primary: 'cells.example' })).toMatchObject(GOOD);
    expect(rig.taken('AT+UGSRV=')).toHaveLength(3);
    expect(rig.modem.snapshot().counters.writes).toBe(3);
    expect(rig.sim.state.nvm.data.settings['+UGSRV']).toMatch(
      new RegExp(`^cells\\.example\\tcell-live2\\.services\\.u-blox\\.com\\t${TOKEN}\\t`),
    );
  });

  test('stand beside settings of other services, which are left as they were', async () => {
    const rig = await locateRig();
    const { settings } = rig.sim.state.nvm.data;
    settings['+UGSRV'] = `a\tb\t${TOKEN}\t7\t2\t1\t1\t0\t3\t2`;
    await rig.locate();
    const kept = settings['+UGSRV'].split('\t');
    expect(kept[0]).toBe('cell-live1.services.u-blox.com');
    expect(kept.slice(3).join()).toBe('7,2,1,1,0,3,2');
  });

  test.each([
    ['outlive the module’s power', false, 1],
    ['are written again to a module that forgets them with its power', true, 2],
  ] as const)('%s', async (_name, forgetsServers, writes) => {
    const rig = await locateRig();
    rig.behaves({ forgetsServers });
    expect(await rig.locate()).toMatchObject(GOOD);
    rig.sim.unplugged();
    rig.sim.replugged();
    const { signal } = new AbortController();
    await during(rig.clock, rig.modem.bringUp({ signal }));
    expect(await rig.locate()).toMatchObject(GOOD);
    expect(rig.taken('AT+UGSRV=')).toHaveLength(writes);
  });

  test('that cannot be read back are not written a second time on one connection', async () => {
    const rig = await locateRig();
    rig.behaves({ masksToken: true });
    await rig.locate();
    await rig.locate();
    expect(rig.taken('AT+UGSRV=')).toHaveLength(1);
  });

  test('are written with the receiver off, which is on again afterwards', async () => {
    const rig = await locateRig();
    await during(rig.clock, rig.modem.run('AT+UGPS=1,0,67'));
    expect(rig.sim.state.isGnssOn).toBe(true);
    expect(await rig.locate()).toMatchObject(GOOD);
    expect(rig.taken('AT+UGPS=')).toEqual(['AT+UGPS=1,0,67', 'AT+UGPS=0', 'AT+UGPS=1,0,67']);
    expect(rig.sim.state.isGnssOn).toBe(true);
  });

  test('are written with fewer fields where all of them are refused', async () => {
    const rig = await locateRig();
    rig.sim.push(answerWith('+UGSRV="', 'ERROR', 1));
    rig.sim.push(answerWith('+UGPS', 'ERROR'));
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test('with a character that the line cannot carry never reach the module', async () => {
    const rig = await locateRig();
    for (const bad of [
      'Bad"Token;+CFUN=0,1234567890',
      'Bad\\Token-12345678901234567',
      'Bad,Token-123456789012345678',
    ]) {
      const error = await rig.locate({ token: new Secret('location-token', bad) });
      expect(error).toMatchObject({ code: 'modem.injection', hint: expect.stringContaining('Thingstream') });
      expect((error as WaymarkError).message).not.toContain(bad);
    }
    expect(await rig.locate({ primary: 'a"b' })).toMatchObject({ code: 'modem.injection' });
    expect(await rig.locate({ timeoutSeconds: 1000 })).toMatchObject({ code: 'modem.injection' });
    expect(rig.taken('AT+UGSRV=')).toHaveLength(0);
  });

  test('show no token anywhere, whatever the module says', async () => {
    const rig = await locateRig();
    rig.behaves({ acceptsTokens: false });
    const short = 'abcde';
    const error = await rig.locate({ token: new Secret('location-token', short) });
    await rig.locate();
    rig.behaves({ acceptsTokens: true });
    rig.sim.state.nvm.data.settings['+UGSRV'] = 'a\tb\tforeign-token-in-module\t14\t4\t1\t65\t0\t1\t1';
    expect(await rig.locate()).toMatchObject({ code: 'modem.error' });
    const all = JSON.stringify([rig.transcript, rig.sim.transcriptLines, error, rig.modem.snapshot()]);
    for (const secret of [TOKEN, `"${short}`, 'foreign-token-in-module']) expect(all).not.toContain(secret);
    expect(count(rig.transcript, '+UGSRV="cell-live1')).toBe(2);
    expect(count(rig.transcript, '[secret')).toBeGreaterThanOrEqual(5);
  });
});

describe('no position', () => {
  test('a refused token is said with step and result, and the line behind it is thrown away', async () => {
    const rig = await locateRig();
    const heal = rig.behaves({ acceptsTokens: false });
    expect(await rig.locate()).toMatchObject({
      code: 'celllocate.token',
      evidence: { step: 2, result: 8, words: expect.stringContaining('token') },
    });
    expect(count(rig.transcript, '< +UULOC: 01/01/2015')).toBe(1);
    heal();
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test.each([
    [1, 'celllocate.server'],
    [2, 'celllocate.server'],
    [3, 'celllocate.server'],
    [4, 'celllocate.server'],
    [5, 'celllocate.server'],
    [6, 'celllocate.server'],
    [7, 'celllocate.server'],
    [8, 'celllocate.token'],
    [9, 'celllocate.server'],
    [10, 'celllocate.no-position'],
    [11, 'celllocate.no-position'],
  ])('result %i is %s', async (result, code) => {
    const rig = await locateRig();
    rig.behaves({ result });
    expect(await rig.locate()).toMatchObject({ code, evidence: { step: 2, result } });
  });

  test('without a data connection, whichever way the module says so', async () => {
    for (const [noContextAs, expected] of [
      ['error', { code: 'network.no-bearer' }],
      ['indication', { code: 'celllocate.server', evidence: { step: 2, result: 7 } }],
    ] as const) {
      const rig = await locateRig();
      rig.behaves({ noContextAs });
      rig.sim.setPdpActive(false);
      expect(await rig.locate()).toMatchObject(expected);
    }
  });

  test.each([2, 6])('a module that is busy %i times is asked again every ten seconds', async (busyTimes) => {
    const rig = await locateRig();
    rig.behaves({ busyTimes });
    const from = rig.clock.mono();
    expect(await rig.locate()).toMatchObject(GOOD);
    expect(rig.taken('AT+ULOC=2')).toHaveLength(busyTimes + 1);
    expect(rig.clock.mono() - from).toBeGreaterThanOrEqual(busyTimes * 10_000);
  });

  test('a module that stays busy is given up after six more tries', async () => {
    const rig = await locateRig();
    rig.behaves({ busyTimes: 100 });
    expect(await rig.locate()).toMatchObject({ code: 'celllocate.busy' });
    expect(rig.taken('AT+ULOC=2')).toHaveLength(7);
  });

  test('a module that says nothing is given up after its time and a margin', async () => {
    const rig = await locateRig();
    rig.behaves({ isSilent: true });
    const from = rig.clock.mono();
    expect(await rig.locate({ timeoutSeconds: 30 })).toMatchObject({ code: 'celllocate.no-position' });
    expect(rig.clock.mono() - from).toBeGreaterThanOrEqual(50_000);
    expect(rig.clock.mono() - from).toBeLessThan(60_000);
  });

  test('a server slower than the time allowed gives the empty line', async () => {
    const rig = await locateRig({ latencyScale: 1, boot: 100 });
    rig.behaves({ stepMs: 20_000 });
    expect(await rig.locate({ timeoutSeconds: 30 })).toMatchObject({ code: 'celllocate.no-position' });
  });

  test('a module without +ULOC, of whatever family, is said to have none', async () => {
    const rig = await locateRig();
    rig.behaves({ isSupported: false });
    expect(await rig.locate()).toMatchObject({ code: 'celllocate.unsupported' });
    for (const profile of ['telit', 'quectel'] as const) {
      const other = await locateRig({ profile });
      expect(await other.locate()).toMatchObject({ code: 'celllocate.unsupported' });
      expect(other.taken('AT+U')).toHaveLength(0);
    }
  });

  test('a module that is not ready yet is not called one without', async () => {
    const rig = await locateRig();
    rig.sim.push(cme('+ULOC=?', 14, 1));
    expect(await rig.locate()).toMatchObject({ code: 'modem.error' });
    expect(await rig.locate()).toMatchObject(GOOD);
  });

  test('a closed port is said as one, before, during and after', async () => {
    const rig = await locateRig();
    rig.behaves({ isSilent: true });
    const running = orError(rig.modem.cellLocate.locate(request(), { signal: new AbortController().signal }));
    await rig.clock.advance(1000);
    await rig.modem[Symbol.asyncDispose]();
    expect(await running).toMatchObject({ code: 'link.closed' });
    expect(await rig.locate()).toMatchObject({ code: 'link.closed' });
    expect(rig.clock.pending).toBe(0);
  });

  test('a time-out of the command is the module’s, not the service’s', async () => {
    const rig = await locateRig();
    rig.sim.push(deaf('+ULOC=2', 1));
    expect(await rig.locate()).toMatchObject({ code: 'modem.timeout' });
    expect(await rig.locate()).toMatchObject(GOOD);
  });
});

describe('one question at a time', () => {
  test('a second one is refused while the first runs', async () => {
    const rig = await locateRig({ latencyScale: 1, boot: 100 });
    const { signal } = new AbortController();
    const first = orError(rig.modem.cellLocate.locate(request(), { signal }));
    const second = orError(rig.modem.cellLocate.locate(request(), { signal }));
    expect(await during(rig.clock, second)).toMatchObject({ code: 'celllocate.busy' });
    expect(await during(rig.clock, first)).toMatchObject(GOOD);
    expect(rig.taken('AT+ULOC=2')).toHaveLength(1);
  });

  test('the answer to a question that was given up is not the answer to the next one', async () => {
    const rig = await locateRig({ latencyScale: 1, boot: 100 });
    rig.behaves({ latitudeDeg: 10, stepMs: 4000 });
    const stop = new AbortController();
    const first = rig.modem.cellLocate.locate(request(), { signal: stop.signal });
    const outcome = expect(first).rejects.toMatchObject({ code: 'core.cancelled' });
    await rig.clock.advance(5000);
    expect(rig.sim.state.locating).toBeDefined();
    stop.abort(new WaymarkError('core.cancelled', 'enough'));
    await outcome;
    const second = rig.locate();
    await rig.clock.advance(1000);
    expect(rig.taken('AT+ULOC=2')).toHaveLength(1);
    rig.behaves({ latitudeDeg: 20 });
    expect(await second).toMatchObject({ latitudeDeg: 20 });
    expect(count(rig.transcript, '< +UULOC: ')).toBe(2);
  });

  test('a late OK of the question does not matter', async () => {
    const rig = await locateRig();
    rig.sim.push(lateOk('+ULOC=2', 3000));
    expect(await rig.locate()).toMatchObject(GOOD);
  });
});
