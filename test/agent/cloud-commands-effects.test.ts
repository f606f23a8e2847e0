import { describe, expect, test } from 'vitest';
import {
  type CommandEffectDeps,
  createCommandEffects,
  loadReportInterval,
  type ReportInterval,
  reportIntervalCodec,
} from '../../src/agent/cloud-commands/index.js';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createCorrectionLane } from '../../src/agent/lanes/corrections.js';
import { createNetworkLadder, type ModemRung } from '../../src/agent/network-ladder.js';
import { RECOVERY_START, type RecoveryState } from '../../src/agent/recovery.js';
import { createRecoveryMemory } from '../../src/agent/recovery-memory.js';
import {
  abortable,
  createClockTrust,
  createFakeClock,
  deferred,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';
import type { CorrectionSnapshot, CorrectionSource } from '../../src/services/index.js';
import { open, powerDisk } from '../vault/fakes.js';

const never = new AbortController().signal;
const REFUSED = { code: 'command.not-available' };

function effects(more: Partial<CommandEffectDeps> = {}) {
  const done: string[] = [];
  const note = (what: string): void => void done.push(what);
  const made = createCommandEffects({
    clock: createFakeClock(),
    status: () => ({ state: 'serving' }),
    session: {
      resubscribe: () => (note('resubscribe'), true),
      renew: () => (note('renew'), true),
    },
    wakeSession: () => note('wake'),
    requestRenewal: (reason) => note(reason),
    ladder: {
      ask: async (rung) => note(`ask ${rung}`),
      probe: () => Promise.resolve('works'),
    },
    intervalSlot: { write: async ({ seconds }) => note(`write ${seconds}`) },
    applyInterval: (seconds) => note(`apply ${seconds}`),
    ...more,
  });
  return { made, done };
}

describe('the effects', () => {
  test('each asks the part that does it', async () => {
    const { made, done } = effects();
    expect(await made.reportStatus()).toEqual({ state: 'serving' });
    await made.resubscribe();
    await made.renewIdentity('a key was lost');
    for (const rung of ['resubscribe', 'session', 'road', 'bearer', 'registration', 'radio'] as const)
      await made.recover(rung, never);
    await made.setReportInterval(60, 'losant');
    expect(done).toEqual([
      ...['resubscribe', 'a cloud asked: a key was lost', 'resubscribe', 'renew'],
      ...['ask bearer', 'ask registration', 'ask radio', 'write 60', 'apply 60'],
    ]);
  });

  test('without a session that is up the next one is tried at once', async () => {
    const { made, done } = effects({ session: { resubscribe: () => false, renew: () => false } });
    await made.resubscribe();
    await made.recover('session', never);
    expect(done).toEqual(['wake', 'wake']);
  });

  test('a part that is not there is a failure with its reason', async () => {
    const { made } = effects({ session: undefined, requestRenewal: undefined, ladder: undefined });
    await expect(made.resubscribe()).rejects.toMatchObject(REFUSED);
    await expect(made.renewIdentity('x')).rejects.toMatchObject(REFUSED);
    for (const rung of ['session', 'road', 'radio'] as const)
      await expect(made.recover(rung, never)).rejects.toMatchObject(REFUSED);
  });

  test.each([
    ['dead', 'network.no-road'],
    ['unknown', 'command.not-available'],
  ] as const)('a road that is %s is said', async (answer, code) => {
    const { made } = effects({ ladder: { ask: async () => {}, probe: () => Promise.resolve(answer) } });
    await expect(made.recover('road', never)).rejects.toMatchObject({ code });
  });

  test('an interval that cannot be kept is not brought into force', async () => {
    const { made, done } = effects({
      intervalSlot: { write: () => Promise.reject(new WaymarkError('vault.write', 'full')) },
    });
    await expect(made.setReportInterval(60, 'losant')).rejects.toMatchObject({ code: 'vault.write' });
    expect(done).toEqual([]);
  });
});

describe('the interval a cloud has set', () => {
  test('survives a restart, as long as it may be set at all', async () => {
    const power = powerDisk();
    const slotOf = async () => (await open('/state', power.disk)).slot('report-interval', reportIntervalCodec);
    const load = async (...allow: string[]) => loadReportInterval(await slotOf(), allow, silentLogger);
    expect(await load('set-report-interval')).toBeUndefined();
    await effects({ intervalSlot: await slotOf() }).made.setReportInterval(3600, 'losant');
    expect(await load('set-report-interval')).toMatchObject({ seconds: 3600, setBy: 'losant' });
    expect(await load('report-status')).toBeUndefined();
  });

  test('that cannot be read counts as none', async () => {
    const slot = { read: () => Promise.reject(new WaymarkError('vault.unreadable', 'newer')) };
    expect(await loadReportInterval(slot, ['set-report-interval'], silentLogger)).toBeUndefined();
  });

  test.each([{ seconds: 0 }, { seconds: 86_401 }, { seconds: '60' }, { setBy: 1 }, { atUtcMs: null }])(
    'is not taken from a damaged file %o',
    (more) => {
      const whole: ReportInterval = { seconds: 60, setBy: 'losant', atUtcMs: 1 };
      expect(() => reportIntervalCodec.decode({ ...whole, ...more }, 1)).toThrow();
    },
  );
});

describe('a rung of the network ladder that is asked for', () => {
  async function setUp(mode: 'observe' | 'activate' = 'activate', registration: 'home' | 'denied' = 'home') {
    const clock = createFakeClock();
    const stop = new AbortController();
    const done: string[] = [];
    const world: { rung: (rung: ModemRung) => Promise<void> } = { rung: () => Promise.resolve() };
    let kept: RecoveryState = RECOVERY_START;
    const ladder = createNetworkLadder(
      {
        clock,
        log: silentLogger,
        recovery: createRecoveryMemory(
          {
            read: () => Promise.resolve({ value: kept, generation: 'current' }),
            write: (value) => Promise.resolve(void (kept = value)),
          },
          silentLogger,
        ),
        newSession: () => undefined,
        probeRoad: () => Promise.resolve('dead'),
        modemRung: (rung) => {
          done.push(rung);
          return world.rung(rung);
        },
        registration: () => registration,
        mayGiveBack: () => false,
      },
      { mode, moduleReset: true, limits: { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 } },
    );
    const begin = async (): Promise<void> => {
      void ladder.lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined });
      await ladder.report({ by: 'modem', ok: true });
    };
    return { clock, stop, done, world, ladder, begin, kept: () => kept };
  }

  test('is done, paid for, and judged like any other', async () => {
    const t = await setUp();
    await t.begin();
    await t.ladder.ask('radio', never);
    expect(t.done).toEqual(['radio']);
    expect(t.kept().ledgers.radio).toHaveLength(1);
    // What breaks off in its cool-down does not climb.
    await t.ladder.report({ by: 'probe', failure: new WaymarkError('network.no-road', 'x') });
    expect(t.done).toEqual(['radio']);
    await expect(t.ladder.ask('radio', never)).rejects.toMatchObject({
      code: 'command.not-available',
      message: 'the budget of radio is spent for 600 s',
    });
    await t.clock.advance(600_000);
    await t.ladder.ask('radio', never);
    expect(t.done).toEqual(['radio', 'radio']);
  });

  test('a person may restart a module that the gateway itself would leave be, but not a denied one, nor beyond the budget', async () => {
    const t = await setUp('observe');
    await t.begin();
    await t.ladder.ask('module-reset', never);
    expect(t.done).toEqual(['module-reset']);
    await expect(t.ladder.ask('module-reset', never)).rejects.toMatchObject(REFUSED);
    const denied = await setUp('activate', 'denied');
    await denied.begin();
    await expect(denied.ladder.ask('module-reset', never)).rejects.toMatchObject(REFUSED);
    expect(denied.done).toEqual([]);
  });

  test('is not done before the ladder runs, nor to a module that is left alone', async () => {
    const t = await setUp();
    await expect(t.ladder.ask('bearer', never)).rejects.toMatchObject(REFUSED);
    await t.begin();
    await t.ladder.report({ by: 'modem', failure: new WaymarkError('network.denied', 'x') });
    await expect(t.ladder.ask('bearer', never)).rejects.toMatchObject(REFUSED);
    expect(t.done).toEqual([]);
  });

  test.each([
    ['observe', 'home', 'bearer'],
    ['observe', 'home', 'radio'],
    ['activate', 'denied', 'radio'],
  ] as const)('is refused in %s mode, registration %s: %s', async (mode, registration, rung) => {
    const t = await setUp(mode, registration);
    await t.begin();
    await expect(t.ladder.ask(rung, never)).rejects.toMatchObject(REFUSED);
    expect(t.done).toEqual([]);
  });

  test('that fails says so; one that is given up before its turn is not begun', async () => {
    const t = await setUp();
    await t.begin();
    t.world.rung = () => Promise.reject(new WaymarkError('modem.error', 'no'));
    await expect(t.ladder.ask('bearer', never)).rejects.toMatchObject({ code: 'modem.error' });
    await expect(t.ladder.ask('bearer', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(t.done).toEqual(['bearer']);
    expect(await t.ladder.probe(never)).toBe('dead');
  });
});

describe('the session lane', () => {
  test('asks again on a session that is up, and ends it for a new one', async () => {
    const clock = createFakeClock();
    const world = { state: 'connecting' as CorrectionSnapshot['state'], asked: 0 };
    const gate = deferred<never>();
    const source: CorrectionSource = {
      run: ({ signal }) => abortable(gate.promise, signal),
      resubscribe: () => {
        world.asked++;
      },
      snapshot: () => ({
        ...{ source: 'mqtt', state: world.state, host: 'h', topics: [], messagesIn: 0, bytesIn: 0, connects: 1 },
      }),
    };
    const lane = createCorrectionLane({
      source: () => Promise.resolve(source),
      receiver: undefined,
      lamps: createLampBoard(['session', 'corrections'], clock, silentLogger),
      clock,
      trust: createClockTrust(clock, clock.wall()),
      renewed: () => () => undefined,
      outcome: () => undefined,
    });
    expect([lane.resubscribe(), lane.renew()]).toEqual([false, false]);
    const ended = lane
      .run({ signal: never, ok: () => undefined, doing: () => undefined })
      .then(() => 'returned')
      .catch((error: unknown) => (error as WaymarkError).code);
    await clock.advance(10);
    expect(lane.resubscribe()).toBe(false);
    world.state = 'flowing';
    expect(lane.resubscribe()).toBe(true);
    expect(world.asked).toBe(1);
    expect(lane.renew()).toBe(true);
    expect(await ended).toBe('mqtt.closed');
    expect([lane.resubscribe(), lane.renew()]).toEqual([false, false]);
  });
});
