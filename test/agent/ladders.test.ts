// For each rung of both ladders: the cause, what is done about it, and the evidence that it helped, with the simulated
// module on the other side of the line.
import { describe, expect, test } from 'vitest';
import { lateOk, mute } from '../../src/sim/module/index.js';
import { type LadderRig, ladderRig } from './ladder-rig.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const isUp = (t: LadderRig) => (): boolean => t.lamps.isLit('network');
const isDown = (t: LadderRig) => (): boolean => !t.lamps.isLit('modem') || !t.lamps.isLit('network');
const address = (t: LadderRig): string => t.lamps.condition().lamps.network.detail ?? '';
const rungs = (t: LadderRig): string[] => t.deeds.filter((deed) => /^(channel|network): /.test(deed));
/** Everything that takes a module or its radio away, by any ladder or by the bring-up. */
const HARSH = /^(?:#REBOOT|#SHDN|\+CFUN=|#ENHRST|\+CPWROFF|\+COPS=[0-24])/;
const harsh = (t: LadderRig): string[] => t.sent().filter((line) => HARSH.test(line));

/** Mute but for restart commands, and well again after a restart. */
function muteUntilRestart(t: LadderRig): void {
  const remove = t.module.push({
    line: (line) => {
      if (!/^AT(?:#REBOOT|\+CFUN=1,1)/.test(line)) return true;
      remove();
      return false;
    },
    output: () => undefined,
  });
}

describe('channel', () => {
  test('repeat and resync: an answer that comes too late costs a marker, not the port', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.module.push(lateOk('+CSQ', 8000));
    await t.until('back in step', () => t.sent().includes('+CMEE?'));
    await t.clock.advance(5 * MINUTE);
    expect(t.deeds).toEqual(['open first']);
    expect(t.restarts()).toBe(0);
    expect(t.lamps.isLit('network')).toBe(true);
  });

  test('reopen: a port that hangs up is opened again, and nothing else is done', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.world.isPlugged = false;
    await t.hangUp();
    await t.until('dark', isDown(t));
    await t.clock.advance(5 * MINUTE);
    t.world.isPlugged = true;
    await t.until('up again', isUp(t));
    expect(t.deeds).toEqual(['open first', 'open first']);
    expect(t.module.counters.resets).toBe(0);
  });

  test('other-port: a first port that is dead for good leaves the second one', async () => {
    await using t = ladderRig({ hasOther: true });
    await t.until('up', isUp(t));
    t.module.push({ ...mute(), port: 'primary' });
    await t.until('dark', isDown(t));
    await t.until('up on the second port', isUp(t));
    expect(rungs(t)).toEqual(['channel: other-port']);
    expect(t.deeds.at(-1)).toBe('open second');
    expect(t.module.counters.resets).toBe(0);
  });

  test('module-reset: a module that answers on no port is told to restart all the same', async () => {
    await using t = ladderRig({ hasOther: true });
    await t.until('up', isUp(t));
    muteUntilRestart(t);
    await t.until('dark', isDown(t));
    await t.until('up after a restart', isUp(t));
    expect(rungs(t).at(-1)).toBe('channel: module-reset');
    expect(t.sent().filter((line) => line === '#REBOOT')).toHaveLength(1);
    expect(t.module.counters.resets).toBe(1);
    expect(t.deeds).not.toContain('power hook');
  });

  test('power: a module that nothing reaches has its power cut', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    const speak = t.module.push(mute());
    t.world.power = () => {
      speak();
      t.module.reset();
    };
    await t.until('dark', isDown(t));
    await t.until('up after a power cut', isUp(t));
    expect(rungs(t)).toEqual(['channel: module-reset', 'channel: power']);
    expect(t.deeds.filter((deed) => deed === 'power hook')).toHaveLength(1);
    expect(t.module.counters.resets).toBe(1);
  });

  test('give-back: a module that is dead for good ends the agent once in six hours, and resets stay rare', async () => {
    await using t = ladderRig({ hasOther: true });
    await t.until('up', isUp(t));
    t.module.push(mute());
    await t.clock.advance(5 * HOUR);
    expect(t.deeds.filter((deed) => deed.startsWith('give back'))).toEqual(['give back: modem.timeout']);
    const heavy = rungs(t).filter((rung) => rung === 'channel: module-reset' || rung === 'channel: power');
    expect(heavy.length).toBeGreaterThanOrEqual(4);
    expect(heavy.length).toBeLessThanOrEqual(8);
    expect(t.kept().ledgers['give-back']).toHaveLength(1);
  });
});

describe('network', () => {
  test('session and road: a far side that is out leaves the module alone', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    const before = harsh(t).length;
    const { WaymarkError } = await import('../../src/core/index.js');
    for (let i = 0; i < 100; i++) {
      await t.ladder.report({ by: 'session', failure: new WaymarkError('mqtt.closed', 'the broker is out') });
      await t.clock.advance(MINUTE);
    }
    expect(t.road.snapshot().state).toBe('works');
    expect(rungs(t)).toEqual([]);
    expect(harsh(t)).toHaveLength(before);
  });

  test('bearer: a connection that the network has dropped is taken down and up, and has an address again', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    expect(address(t)).toMatch(/address 10\./);
    t.module.setPdpActive(false);
    await t.until('dark', () => !t.lamps.isLit('network'));
    await t.until('up again', isUp(t));
    expect(rungs(t)).toEqual(['network: bearer']);
    expect(t.sent()).toContain('#SGACT=1,1');
    expect(address(t)).toMatch(/address 10\./);
    expect(harsh(t)).toEqual([]);
  });

  test('bearer: a road that is dead while the context looks well is renewed, too', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    let renewed = false;
    t.world.hasRoad = () => renewed;
    t.module.push((line) => {
      if (line === 'AT#SGACT=1,0') renewed = true;
      return false;
    });
    await t.until('works', () => t.road.snapshot().state === 'works');
    expect(rungs(t)).toEqual(['network: bearer']);
    expect(t.sent().filter((line) => line.startsWith('#SGACT='))).toEqual(['#SGACT=1,0', '#SGACT=1,1']);
    expect(t.deeds.at(-1)).toBe('session');
  });

  test('registration: a module that has lost its network is told to register', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.module.setRegistration({ state: 'none' });
    t.module.push((line) => {
      if (line === 'AT+COPS=0') t.module.setRegistration({ state: 'home' });
      return false;
    });
    await t.until('dark', () => !t.lamps.isLit('network'));
    await t.until('up again', isUp(t));
    expect(rungs(t)).toEqual(['network: registration']);
    expect(harsh(t)).toEqual(['+COPS=0']);
  });

  test('radio: only what a new registration did not mend has the radio switched off and on', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.module.setRegistration({ state: 'none' });
    t.module.push((line) => {
      if (line === 'AT+CFUN=4') t.module.setRegistration({ state: 'home' });
      return false;
    });
    await t.until('dark', () => !t.lamps.isLit('network'));
    await t.until('up again', isUp(t));
    expect([...new Set(rungs(t))]).toEqual(['network: registration', 'network: radio']);
    const lines = harsh(t);
    expect(lines.slice(-2)).toEqual(['+CFUN=4', '+CFUN=1']);
    expect(lines.indexOf('+COPS=0')).toBeLessThan(lines.indexOf('+CFUN=4'));
    expect(t.module.counters.resets).toBe(0);
  });

  test('module-reset: a road that nothing else revives has the module restarted', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.world.hasRoad = () => t.module.counters.resets > 0;
    await t.until('works', () => t.road.snapshot().state === 'works');
    expect([...new Set(rungs(t))]).toEqual([
      'network: bearer',
      'network: registration',
      'network: radio',
      'network: module-reset',
    ]);
    expect(t.module.counters.resets).toBe(1);
    await t.until('up again', isUp(t));
  });

  test('give-back: a road that is dead for good ends the agent once in six hours', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    t.world.hasRoad = () => false;
    await t.clock.advance(5 * HOUR);
    expect(t.deeds.filter((deed) => deed.startsWith('give back'))).toEqual(['give back: network.no-road']);
    expect(t.deeds).not.toContain('power hook');
  });

  test('somebody else’s connection is left alone for ten minutes, and never taken down', async () => {
    await using t = ladderRig({ mode: 'observe' });
    await t.until('up', isUp(t));
    t.world.hasRoad = () => false;
    await t.until('dead', () => t.road.snapshot().state === 'dead');
    await t.clock.advance(9 * MINUTE);
    expect(harsh(t)).toEqual([]);
    await t.clock.advance(20 * MINUTE);
    expect([...new Set(harsh(t))]).toEqual(['+COPS=0']);
    await t.clock.advance(20 * MINUTE);
    expect([...new Set(harsh(t))]).toEqual(['+COPS=0', '+CFUN=4', '+CFUN=1']);
    expect(t.sent().filter((line) => line.startsWith('#SGACT='))).toEqual([]);
  });
});

describe('a denied registration', () => {
  test.each([11, 15, 3, 6])('with cause %i never leads to reset, radio cycle, power or the end', async (cause) => {
    await using t = ladderRig({ module: { coverage: { state: 'denied', rejectCause: cause } }, hasOther: true });
    t.world.hasRoad = () => false;
    await t.clock.advance(8 * HOUR);
    expect(t.lamps.condition().lamps.network.reason?.code).toBe('network.denied');
    expect(harsh(t)).toEqual([]);
    expect(t.module.counters.resets).toBe(0);
    expect(t.deeds.filter((deed) => deed !== 'open first')).toEqual([]);
    // It goes on looking, with patience.
    expect(t.sent().filter((line) => line === '+CEREG?').length).toBeGreaterThan(2);
  });

  test('that turns into searching between two refusals stays a refusal', async () => {
    await using t = ladderRig();
    await t.until('up', isUp(t));
    for (let i = 0; i < 12; i++) {
      t.module.setRegistration({ state: 'denied', rejectCause: 15 });
      await t.clock.advance(20 * MINUTE);
      t.module.setRegistration({ state: 'none' });
      await t.clock.advance(10 * MINUTE);
    }
    expect(harsh(t)).toEqual([]);
    expect(rungs(t)).toEqual([]);
    t.module.setRegistration({ state: 'home' });
    await t.until('up again', isUp(t));
  });
});

test('what was spent survives the process: a crash loop does not become a storm of restarts', async () => {
  let resets = 0;
  await using t = ladderRig({ hasPower: false });
  await t.until('up', isUp(t));
  t.module.push({ line: () => true, output: () => undefined });
  await t.until('restarted', () => rungs(t).includes('channel: module-reset'));
  const { channelLadder, climb } = await import('../../src/agent/recovery.js');
  const { recoveryCodec } = await import('../../src/agent/recovery-memory.js');
  const { WaymarkError } = await import('../../src/core/index.js');
  for (let start = 0; start < 50; start++) {
    // Each start knows no more than what is on the disk, and dies at its first failure.
    const state = recoveryCodec.decode(JSON.parse(JSON.stringify(recoveryCodec.encode(t.kept()))), 2);
    const ladder = channelLadder({ maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 });
    const error = new WaymarkError('modem.timeout', 'x');
    if (climb(ladder, state, error, t.clock.wall() + start * 1000, (rung) => rung !== 'power').rung === 'module-reset')
      resets++;
  }
  expect(resets).toBe(0);
});
