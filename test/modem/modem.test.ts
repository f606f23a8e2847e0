import { describe, expect, test } from 'vitest';
import { Secret, type WaymarkError } from '../../src/core/index.js';
import type { Modem, ModemOptions } from '../../src/modem/index.js';
import { during } from './during.js';
import { createFakeModule } from './fake-module.js';
import { createRandom, cutRandomly } from './random.js';
import { rig, sent, watching } from './rig.js';

const DEVICE_WISE: NonNullable<ModemOptions['deviceWise']> = {
  server: 'api.example.com:8883',
  deviceIdSelector: 0,
  appToken: new Secret('app-token', 'Zq7vP2mX9sLd4TkB'),
  security: 1,
  heartbeatSeconds: 60,
  autoReconnect: 2,
  overflowHandling: 0,
  atrunInstanceId: 4,
  serviceTimeoutSeconds: 5,
};

const writes = sent;

describe('bring-up', () => {
  test('a healthy module comes up with everything known', async () => {
    const { modem, up } = rig();
    expect(await up()).toBe('up');
    expect(modem.snapshot()).toMatchObject({
      stage: 'ready',
      port: '/dev/fake',
      manufacturer: 'Telit',
      model: 'LE910C1-EUX',
      revision: '25.30.206',
      imei: '356938035643809',
      iccid: '89310410106543789301',
      imsi: '204046620123456',
      profile: expect.stringMatching(/^telit/),
      sim: 'ready',
      registration: { state: 'home', technology: 'LTE', areaCode: '1F00', cellId: '0079D903' },
      operator: 'Example Mobile',
      signal: { rssiDbm: -73, rsrpDbm: -86, rsrqDb: -10, quality: 'good' },
      bearer: { contextId: 1, active: true, address: '10.20.30.40' },
      networkTime: { utcMs: Date.parse('2026-02-03T09:20:30Z') },
      appToken: 'not-configured',
      counters: { timeouts: 0, resyncs: 0, reopens: 0, writes: 0 },
    });
  });

  test('observing writes nothing that stays in the module', async () => {
    const { module, up } = rig();
    await up();
    for (const prefix of [
      'AT+CGDCONT=',
      'AT#SGACT=',
      'AT+CGACT=',
      'AT#DWCFG',
      'AT+CPIN=',
      'AT+CGATT=',
      'AT+CGAUTH=',
      'AT&W',
      'AT+CFUN=',
    ])
      expect(writes(module, prefix), prefix).toEqual([]);
    // Only the form in which the operator is told, and back again.
    expect(writes(module, 'AT+COPS=')).toEqual(['AT+COPS=3,2', 'AT+COPS=3,0']);
  });

  test('a module of another make comes up with the generic profile', async () => {
    const { module, modem, up } = rig();
    module.state.manufacturer = 'Acme Wireless';
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CCID') return false;
      fake.answer('+CCID: 89310410106543789301', 'OK');
      return true;
    });
    expect(await up()).toBe('up');
    expect(modem.snapshot()).toMatchObject({ profile: 'generic', iccid: '89310410106543789301' });
    expect(module.received.some((command) => command.startsWith('AT#'))).toBe(false);
  });

  test('the result is the same however the bytes are cut (10 seeds)', async () => {
    const plain = rig();
    await plain.up();
    for (let seed = 1; seed <= 10; seed++) {
      const random = createRandom(seed);
      const cut = rig({}, createFakeModule({ cut: (bytes) => cutRandomly(bytes, random) }));
      expect(await cut.up()).toBe('up');
      const { networkTime: a, ...mine } = cut.modem.snapshot();
      const { networkTime: b, ...theirs } = plain.modem.snapshot();
      expect(mine, `seed ${seed}`).toEqual(theirs);
      expect(a?.utcMs).toBe(b?.utcMs);
    }
  });

  test('a silent module is modem.timeout, and the stage that is dark is shown', async () => {
    const { module, modem, up } = rig();
    module.behaviours.push(() => true);
    expect(await up()).toEqual({ code: 'modem.timeout' });
    expect(modem.snapshot().stage).toBe('sync');
  });

  test('a module that boots for half a minute comes up', async () => {
    const { module, clock, up } = rig();
    const isReady = (): boolean => clock.mono() > 30_000;
    module.behaviours.push(() => !isReady());
    expect(await up()).toBe('up');
  });

  test('a GNSS receiver on the port is modem.wrong-device, and it is sent no secret', async () => {
    const { module, clock, up } = rig({ deviceWise: DEVICE_WISE });
    module.state.echo = false;
    module.behaviours.push(() => true);
    const nmea = (): void => {
      module.send(
        '$GNGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*5B\r\n$GNRMC,092725.00,A*00\r\n',
      );
      clock.after(1000, nmea);
    };
    nmea();
    expect(await up()).toEqual({ code: 'modem.wrong-device' });
    expect(clock.mono()).toBeLessThan(10_000);
    expect(module.raw().toString('latin1')).not.toContain('Zq7v');
  });

  test('a UBX stream on the port is modem.wrong-device', async () => {
    const { module, clock, up } = rig();
    module.state.echo = false;
    module.behaviours.push(() => true);
    const ubx = (): void => {
      module.send(Buffer.from([0xb5, 0x62, 1, 7, 0, 13, 10, 0, 1, 2, 3]));
      clock.after(200, ubx);
    };
    ubx();
    expect(await up()).toEqual({ code: 'modem.wrong-device' });
  });

  test('noise without line ends is modem.overflow', async () => {
    const { module, clock, up } = rig();
    module.state.echo = false;
    module.behaviours.push(() => true);
    const noise = (): void => {
      module.send(Buffer.alloc(1000, 0xfe));
      clock.after(500, noise);
    };
    noise();
    expect(await up()).toEqual({ code: 'modem.overflow' });
  });

  test('an absent port is link.absent', async () => {
    const { module, modem, up } = rig();
    module.state.plugged = false;
    expect(await up()).toEqual({ code: 'link.absent' });
    expect(modem.snapshot().stage).toBe('absent');
  });

  test.each([
    ['SIM PIN', 'sim.pin', 'pin'],
    ['SIM PUK', 'sim.puk', 'puk'],
    ['+CME ERROR: 11', 'sim.pin', 'pin'],
    ['+CME ERROR: 12', 'sim.puk', 'puk'],
    ['+CME ERROR: 10', 'sim.absent', 'absent'],
    ['+CME ERROR: SIM failure', 'sim.failure', 'failure'],
    ['PH-NET PIN', 'sim.failure', 'other'],
  ])('SIM answering %s is %s, and no PIN is ever sent', async (cpin, code, sim) => {
    const { module, modem, up } = rig({ deviceWise: DEVICE_WISE });
    module.state.cpin = cpin;
    expect(await up()).toEqual({ code });
    expect(modem.snapshot()).toMatchObject({ stage: 'sim', sim });
    expect(writes(module, 'AT+CPIN=')).toEqual([]);
    // The token does not wait for the SIM.
    expect(modem.snapshot().appToken).toBe('verified');
  });

  test('a report that the SIM is missing, left over from the boot, does not outweigh what the SIM says', async () => {
    const { module, up } = rig();
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CGMM') return false;
      fake.answer('+CPIN: NOT INSERTED', 'LE910C1-EUX', 'OK');
      return true;
    });
    expect(await up()).toBe('up');
  });

  test('a SIM that is busy after boot is waited for', async () => {
    const { module, clock, up } = rig();
    module.state.cpin = '+CME ERROR: 14';
    clock.after(5000, () => {
      module.state.cpin = 'READY';
    });
    expect(await up()).toBe('up');
  });

  test('registration is waited for and a report ends the wait at once', async () => {
    const { module, clock, modem, up } = rig();
    module.state.registration = { '+CEREG': '2', '+CGREG': '2', '+CREG': '2' };
    clock.after(20_100, () => {
      module.state.registration['+CEREG'] = '5,"1F00","0079D903",8';
      module.line('+CEREG: 5,"1F00","0079D903",8');
    });
    expect(await up()).toBe('up');
    expect(clock.mono()).toBeLessThan(20_300);
    expect(modem.snapshot().registration).toMatchObject({ state: 'roaming', technology: 'LTE-M' });
  });

  test('no network is network.searching, a denial network.denied with its cause', async () => {
    const searching = rig();
    searching.module.state.registration = { '+CEREG': '2', '+CGREG': '0', '+CREG': '2' };
    expect(await searching.up()).toEqual({ code: 'network.searching' });
    expect(searching.modem.snapshot().stage).toBe('registration');
    const denied = rig();
    denied.module.state.registration = { '+CEREG': '3,,,,0,15', '+CGREG': '3', '+CREG': '3' };
    expect(await denied.up()).toEqual({ code: 'network.denied' });
    expect(denied.modem.snapshot().registration).toMatchObject({ state: 'denied', rejectCause: 15 });
  });

  test('a module that restarts in the middle rejects with modem.reset', async () => {
    const { module, up } = rig();
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CPIN?') return false;
      fake.line('RDY');
      return true;
    });
    expect(await up()).toEqual({ code: 'modem.reset' });
  });

  test('an abort ends it with the reason and closes the port', async () => {
    const { module, modem, signal, stop, clock } = rig();
    module.behaviours.push(() => true);
    const attempt = modem.bringUp({ signal });
    attempt.catch(() => undefined);
    await clock.advance(1000);
    stop.abort(new Error('stop'));
    await expect(attempt).rejects.toThrow('stop');
    await expect(modem.run('AT')).rejects.toMatchObject({ code: 'link.closed' });
  });

  test('left-over data mode and prompts are left', async () => {
    const { module, up } = rig();
    let stuck = true;
    module.behaviours.push(() => {
      if (module.raw().toString('latin1').includes('+++')) stuck = false;
      return stuck;
    });
    expect(await up()).toBe('up');
    expect(module.raw().includes(0x1b)).toBe(true);
  });
});

describe('bearer', () => {
  test('observing an inactive context is network.no-bearer and changes nothing', async () => {
    const { module, modem, up } = rig();
    module.state.contexts.get(1)!.active = false;
    expect(await up()).toEqual({ code: 'network.no-bearer' });
    expect(modem.snapshot().stage).toBe('bearer');
    expect(writes(module, 'AT+CGDCONT=')).toEqual([]);
    expect(writes(module, 'AT#SGACT=')).toEqual([]);
  });

  test('activating brings up the named context only and writes it on difference only', async () => {
    const { module, modem, up } = rig({ bearer: { mode: 'activate', contextId: 3, apn: 'iot.new', ipType: 'IP' } });
    module.state.contexts.get(1)!.active = false;
    expect(await up()).toBe('up');
    expect(writes(module, 'AT+CGDCONT=')).toEqual(['AT+CGDCONT=3,"IP","iot.new"']);
    expect(writes(module, 'AT#SGACT=')).toEqual(['AT#SGACT=3,1']);
    expect(module.state.contexts.get(1)).toEqual({ type: 'IPV4V6', apn: 'iot.example', active: false });
    expect(modem.snapshot().counters.writes).toBe(1);
    expect(await up()).toBe('up');
    expect(writes(module, 'AT+CGDCONT=')).toHaveLength(1);
    expect(writes(module, 'AT#SGACT=')).toHaveLength(1);
  });

  test('without an access point in the configuration the module keeps its own', async () => {
    const { module, up } = rig({ bearer: { mode: 'activate', contextId: 1, ipType: 'IP' } });
    module.state.contexts.get(1)!.active = false;
    expect(await up()).toBe('up');
    expect(writes(module, 'AT+CGDCONT=')).toEqual([]);
  });

  test('the operator’s own contexts are not rewritten', async () => {
    const { module, up } = rig({ bearer: { mode: 'activate', contextId: 1, apn: 'mine', ipType: 'IP' } });
    module.state.contexts.set(3, { type: 'IPV4V6', apn: 'vzwinternet', active: true });
    expect(await up()).toEqual({ code: 'network.no-bearer' });
    expect(writes(module, 'AT+CGDCONT=')).toEqual([]);
  });

  test('already active (553) is success, another refusal is network.no-bearer', async () => {
    for (const [cme, outcome] of [
      ['553', 'up'],
      ['555', { code: 'network.no-bearer' }],
    ] as const) {
      const { module, up } = rig({ bearer: { mode: 'activate', contextId: 1, ipType: 'IP' } });
      module.state.contexts.get(1)!.active = false;
      module.behaviours.push((command, fake) => {
        if (command !== 'AT#SGACT=1,1') return false;
        if (cme === '553') module.state.contexts.get(1)!.active = true;
        fake.answer(`+CME ERROR: ${cme}`);
        return true;
      });
      expect(await up()).toEqual(outcome);
    }
  });

  test('an access point that could break out of its quotes is refused before it is sent', async () => {
    const { module, up } = rig({ bearer: { mode: 'activate', contextId: 3, apn: 'x";+CFUN=0', ipType: 'IP' } });
    expect(await up()).toEqual({ code: 'modem.injection' });
    expect(module.raw().toString()).not.toContain('CFUN=0');
  });
});

describe('app token', () => {
  test('it is written once with all nine parameters, read back, and not written again', async () => {
    const { module, modem, outcomes, up, transcript } = rig({ deviceWise: DEVICE_WISE });
    expect(await up()).toBe('up');
    expect(writes(module, 'AT#DWCFG=').filter((c) => c !== 'AT#DWCFG=?')).toEqual([
      'AT#DWCFG=api.example.com:8883,0,Zq7vP2mX9sLd4TkB,1,60,2,0,4,5',
    ]);
    expect(modem.snapshot()).toMatchObject({ appToken: 'verified', counters: { writes: 1 } });
    expect(await up()).toBe('up');
    expect(outcomes).toEqual(['written', 'verified']);
    expect(modem.snapshot().counters).toMatchObject({ writes: 1, reopens: 1 });
    expect(transcript.join('\n')).toContain('DWCFG');
    expect(transcript.join('\n')).not.toMatch(/Zq7vP2mX|FactoryToken/);
  });

  test('it is sent only after the device has said that it is a modem', async () => {
    const { module, up } = rig({ deviceWise: DEVICE_WISE });
    module.behaviours.push((command, fake) => {
      if (!/^AT\+(CGMI|CGMM|GMI)$/.test(command)) return false;
      fake.answer('ERROR');
      return true;
    });
    expect(await up()).toEqual({ code: 'modem.error' });
    expect(module.raw().toString()).not.toContain('DWCFG');
  });

  test('a module without it is unsupported, and comes up', async () => {
    const { module, modem, outcomes, up } = rig({ deviceWise: DEVICE_WISE });
    module.state.dwcfg = undefined;
    expect(await up()).toBe('up');
    expect(modem.snapshot().appToken).toBe('unsupported');
    expect(outcomes).toMatchObject([{ code: 'modem.unsupported' }]);
  });

  test('a module that does not keep it is written once, reported, and comes up', async () => {
    const { module, modem, outcomes, up } = rig({ deviceWise: DEVICE_WISE });
    module.behaviours.push((command, fake) => {
      if (!command.startsWith('AT#DWCFG=api')) return false;
      fake.answer('OK');
      return true;
    });
    expect(await up()).toBe('up');
    expect(await up()).toBe('up');
    expect(writes(module, 'AT#DWCFG=api')).toHaveLength(1);
    expect(outcomes).toMatchObject([{ code: 'modem.error' }, { code: 'modem.error' }]);
    expect(modem.snapshot().appToken).toBe('failed');
  });

  test('a module that refuses or ignores the write does not block the network lamp', async () => {
    for (const mute of [true, false]) {
      const { module, modem, up } = rig({ deviceWise: DEVICE_WISE });
      module.behaviours.push((command, fake) => {
        if (!command.startsWith('AT#DWCFG=api')) return false;
        if (!mute) fake.answer('+CME ERROR: 100');
        return true;
      });
      expect(await up()).toBe('up');
      expect(modem.snapshot()).toMatchObject({ stage: 'ready', appToken: 'failed' });
    }
  });

  test('a token the command cannot carry is refused before the port sees it', async () => {
    const { module, modem, outcomes, up } = rig({
      deviceWise: { ...DEVICE_WISE, appToken: new Secret('app-token', 'semi;colon,token') },
    });
    expect(await up()).toBe('up');
    expect(outcomes).toMatchObject([{ code: 'modem.injection' }]);
    expect(module.raw().toString()).not.toContain('semi');
    expect(modem.snapshot().appToken).toBe('failed');
  });
});

describe('watch', () => {
  test('an unplug rejects with link.closed, and bringing up again opens a fresh link', async () => {
    const { module, modem, lost, up } = await watching();
    await module.unplug();
    expect(await lost).toEqual({ code: 'link.closed' });
    expect(modem.snapshot().stage).toBe('absent');
    module.state.plugged = true;
    module.state.echo = true;
    module.state.modes = { '+CEREG': 0, '+CGREG': 0, '+CREG': 0 };
    expect(await up()).toBe('up');
    expect(module.opens()).toBe(2);
  });

  test('a boot text rejects with modem.reset', async () => {
    const { module, lost } = await watching();
    module.line('+PBREADY');
    expect(await lost).toEqual({ code: 'modem.reset' });
  });

  test('a reporting mode that fell back shows a restart without any text', async () => {
    const { module, lost } = await watching();
    module.state.modes = { '+CEREG': 0, '+CGREG': 0, '+CREG': 0 };
    expect(await lost).toEqual({ code: 'modem.reset' });
  });

  test('a module that falls silent rejects with modem.timeout', async () => {
    const { module, modem, lost } = await watching();
    module.behaviours.push(() => true);
    expect(await lost).toEqual({ code: 'modem.timeout' });
    expect(modem.snapshot().stage).toBe('sync');
  });

  test('registration reports count at once; a short loss is ridden out, a long one rejects', async () => {
    const { module, modem, clock, lost } = await watching();
    module.state.registration = { '+CEREG': '2', '+CGREG': '2', '+CREG': '2' };
    module.line('+CGREG: 2');
    module.line('+CEREG: 2');
    await clock.advance(1);
    expect(modem.snapshot().registration.state).toBe('searching');
    await clock.advance(5000);
    module.state.registration['+CEREG'] = '1';
    module.line('+CEREG: 1');
    await clock.advance(1);
    expect(modem.snapshot().registration.state).toBe('home');
    await clock.advance(30_000);
    module.state.registration['+CEREG'] = '2';
    module.line('+CEREG: 2');
    module.line('+CGREG: 2');
    expect(await lost).toEqual({ code: 'network.searching' });
    expect(modem.snapshot().stage).toBe('registration');
  });

  test('a SIM taken out rejects with sim.absent', async () => {
    const { module, modem, lost } = await watching();
    module.line('#QSS: 0');
    expect(await lost).toEqual({ code: 'sim.absent' });
    expect(modem.snapshot().sim).toBe('absent');
  });

  test('a bearer that stays down rejects with network.no-bearer', async () => {
    const { module, lost } = await watching();
    module.state.contexts.get(1)!.active = false;
    expect(await lost).toEqual({ code: 'network.no-bearer' });
  });

  test('one unanswered question is ridden out, signal and bearer are read again', async () => {
    const { module, modem, clock, stop, lost } = await watching();
    let once = true;
    module.behaviours.push((command, fake) => {
      if (command === 'AT+CSQ' && once) {
        once = false;
        return true;
      }
      if (command !== 'AT+CESQ') return false;
      fake.answer('+CESQ: 99,99,255,255,10,20', 'OK');
      return true;
    });
    await clock.advance(60_000);
    expect(modem.snapshot()).toMatchObject({ stage: 'ready', signal: { rsrpDbm: -121, quality: 'poor' } });
    expect(modem.snapshot().counters).toMatchObject({ timeouts: 1, resyncs: 1 });
    stop.abort(new Error('stop'));
    expect(await lost).toEqual({ code: 'Error: stop' });
  });

  test('changes are announced', async () => {
    const { module, modem, clock, stop, lost } = await watching();
    let changes = 0;
    const off = modem.onChange(() => changes++);
    module.line('+CEREG: 5');
    await clock.advance(1);
    expect(changes).toBeGreaterThan(0);
    off();
    const before = changes;
    module.line('+CEREG: 1');
    await clock.advance(1);
    expect(changes).toBe(before);
    stop.abort(new Error('stop'));
    expect(await lost).toEqual({ code: 'Error: stop' });
  });
});

describe('recover and run', () => {
  test('each rung does its own', async () => {
    const { module, modem, clock, signal, up } = rig({ bearer: { mode: 'activate', contextId: 1, ipType: 'IP' } });
    await up();
    const taken = async (rung: Parameters<Modem['recover']>[0]): Promise<string[]> => {
      const from = module.received.length;
      await during(clock, modem.recover(rung, { signal }));
      return module.received.slice(from);
    };
    expect(await taken('repeat')).toEqual(['AT']);
    expect(await taken('resync')).toEqual(['AT+CMEE?']);
    expect(await taken('registration')).toEqual(['AT+COPS?', 'AT+COPS=0']);
    expect(await taken('radio')).toEqual(['AT+CFUN=4', 'AT+CFUN=1']);
    expect((await taken('bearer')).filter((c) => c.includes('='))).toEqual([
      'AT#SGACT=1,0',
      'AT#SGACT=1,1',
      'AT+CGPADDR=1',
    ]);
    expect(await taken('session')).toEqual([]);
    expect(await taken('module-reset')).toEqual(['AT#REBOOT']);
    expect(modem.snapshot().stage).toBe('absent');
    expect(await up()).toBe('up');
    expect(await taken('reopen')).toEqual([]);
    await expect(modem.recover('repeat', { signal })).rejects.toMatchObject({ code: 'link.closed' });
  });

  test('observing, the bearer rung writes nothing', async () => {
    const { module, modem, clock, signal, up } = rig();
    await up();
    const from = module.received.length;
    await during(clock, modem.recover('bearer', { signal }));
    expect(module.received.slice(from)).toEqual([]);
  });

  test('a module that no longer answers is told to restart over a new link', async () => {
    const { module, modem, clock, signal, up } = rig();
    await up();
    module.behaviours.push(() => true);
    await during(clock, modem.watch({ signal }));
    await during(clock, modem.recover('module-reset', { signal }));
    expect(module.received.at(-1)).toBe('AT#REBOOT');
    expect(module.opens()).toBe(2);
  });

  test('a person’s command is answered, its answer holds no token', async () => {
    const { module, modem, up } = rig();
    await expect(modem.run('AT')).rejects.toMatchObject({ code: 'link.closed' });
    await up();
    expect(await modem.run('AT+CSQ')).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
    const { lines } = await modem.run('AT#DWCFG?');
    expect(lines.join()).not.toContain('FactoryToken');
    module.behaviours.push((command, fake) => {
      if (!command.startsWith('AT#DWCFG=')) return false;
      fake.answer('+CME ERROR: 50');
      return true;
    });
    await expect(modem.run('AT#DWCFG=h:1,0,SecondToken77,1')).rejects.toSatisfy(
      (error: WaymarkError) => error.code === 'modem.error' && !error.message.includes('SecondToken77'),
    );
    await expect(modem.run('AT+X\rAT+CFUN=0')).rejects.toMatchObject({ code: 'modem.injection' });
    await modem[Symbol.asyncDispose]();
    await expect(modem.run('AT')).rejects.toMatchObject({ code: 'link.closed' });
  });
});
