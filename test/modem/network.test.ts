// Registration, operator, signal, cell, temperature and the network's time, against a scripted module.
import { describe, expect, test } from 'vitest';
import { chooseProfile } from '../../src/modem/profiles/choose.js';
import { createFakeModule } from './fake-module.js';
import { answers, rig, sent, watching } from './rig.js';

const DENIED = { '+CEREG': '3', '+CGREG': '3', '+CREG': '3' };
const ROAMING = { '+CEREG': '5,"1F00","0079D903",7', '+CGREG': '5', '+CREG': '5' };

describe('reports', () => {
  test('are asked for with reject causes, and without where a module does not take that', async () => {
    const { module, up } = rig();
    answers(module, 'AT+CGREG=3', '+CME ERROR: 50');
    expect(await up()).toBe('up');
    expect(module.received.filter((command) => /^AT\+C\w*REG=/.test(command))).toEqual([
      'AT+CEREG=3',
      'AT+CGREG=3',
      'AT+CGREG=2',
      'AT+CREG=3',
      'AT+C5GREG=3',
      'AT+C5GREG=2',
    ]);
    expect(sent(module, 'AT+C5GREG?')).toEqual([]);
  });

  test('5G counts where the module knows it', async () => {
    const { module, modem, up } = rig();
    module.state.registration = { '+CEREG': '2', '+CGREG': '2', '+CREG': '2' };
    answers(module, 'AT+C5GREG=3', 'OK');
    answers(module, 'AT+C5GREG?', '+C5GREG: 3,1,"001F00","0000079D903",11,1,"01"', 'OK');
    expect(await up()).toBe('up');
    expect(modem.snapshot().registration).toMatchObject({ state: 'home', technology: 'NR' });
  });
});

describe('a denial', () => {
  test('says its cause in words', async () => {
    const { module, modem, fails } = rig();
    module.state.registration = { ...DENIED, '+CEREG': '3,,,,0,15' };
    const error = await fails();
    expect(error).toMatchObject({ code: 'network.denied', evidence: { rejectCause: 15 }, retryAfterMs: undefined });
    expect(error.message).toMatch(/^registration denied, cause 15: no suitable cell/);
    expect(modem.snapshot().registration).toMatchObject({
      rejectCause: 15,
      causeWords: expect.stringContaining('cell'),
    });
    expect(sent(module, 'AT+CEER')).toEqual([]);
  });

  test.each([3, 6, 8])('cause %i is not asked again for half a day', async (cause) => {
    const { module, fails } = rig();
    module.state.registration = { ...DENIED, '+CEREG': `3,,,,0,${cause}` };
    expect(await fails()).toMatchObject({
      code: 'network.denied',
      evidence: { rejectCause: cause },
      retryAfterMs: 12 * 3_600_000,
    });
  });

  test('without a cause the module is asked what happened', async () => {
    const numbered = rig();
    numbered.module.state.registration = DENIED;
    answers(numbered.module, 'AT+CEER', '+CEER: "EMM cause",8', 'OK');
    expect(await numbered.fails()).toMatchObject({ evidence: { rejectCause: 8 }, retryAfterMs: 12 * 3_600_000 });
    const worded = rig();
    worded.module.state.registration = DENIED;
    answers(worded.module, 'AT+CEER', '+CEER: PLMN not allowed', 'OK');
    expect(await worded.fails()).toMatchObject({
      message: 'registration denied: PLMN not allowed',
      evidence: { said: 'PLMN not allowed' },
    });
    const silent = rig();
    silent.module.state.registration = DENIED;
    expect(await silent.fails()).toMatchObject({ message: 'registration denied', evidence: undefined });
  });

  test('a cause of the manufacturer’s own is not read as one of the standard', async () => {
    const { module, fails } = rig();
    module.state.registration = { ...DENIED, '+CEREG': '3,,,,1,3' };
    expect(await fails()).toMatchObject({ code: 'network.denied', retryAfterMs: undefined, evidence: undefined });
  });

  test('while running carries its cause too', async () => {
    const { module, lost, failure } = await watching();
    module.state.registration = { ...DENIED, '+CEREG': '3,,,,0,11' };
    for (const line of ['+CGREG: 3', '+CEREG: 3,,,,0,11']) module.line(line);
    expect(await lost).toEqual({ code: 'network.denied' });
    expect(failure()).toMatchObject({ evidence: { rejectCause: 11 } });
  });
});

describe('roaming', () => {
  const activate = { mode: 'activate', contextId: 1, ipType: 'IP' } as const;

  test('is used by default', async () => {
    const { module, modem, up } = rig();
    module.state.registration = ROAMING;
    expect(await up()).toBe('up');
    expect(modem.snapshot().registration.state).toBe('roaming');
  });

  test('refused, a foreign network is not used: nothing is activated', async () => {
    const { module, modem, fails } = rig({ roaming: 'refused', bearer: activate });
    module.state.registration = ROAMING;
    module.state.contexts.get(1)!.active = false;
    const error = await fails();
    expect(error).toMatchObject({ code: 'network.roaming', evidence: { plmn: '20404' } });
    expect(error.message).toContain('Example Mobile');
    expect(sent(module, 'AT#SGACT=')).toEqual([]);
    expect(modem.snapshot().stage).toBe('registration');
  });

  test('refused, the home network is waited for a while', async () => {
    const { module, clock, up } = rig({ roaming: 'refused' });
    module.state.registration = { ...ROAMING };
    clock.after(15_000, () => {
      module.state.registration['+CEREG'] = '1,"1F00","0079D903",7';
    });
    expect(await up()).toBe('up');
  });

  test('refused, crossing a border ends the watch, and what was brought up is taken down', async () => {
    const module = createFakeModule();
    module.state.contexts.get(1)!.active = false;
    const { lost, up } = await watching({ roaming: 'refused', bearer: activate }, module);
    module.state.registration = ROAMING;
    module.line('+CEREG: 5,"1F00","0079D903",7');
    expect(await lost).toEqual({ code: 'network.roaming' });
    expect(await up()).toEqual({ code: 'network.roaming' });
    expect(sent(module, 'AT#SGACT=')).toEqual(['AT#SGACT=1,1', 'AT#SGACT=1,0']);
  });
});

describe('the serving network', () => {
  test('is told by number and by name, in the form it was before', async () => {
    const { module, modem, up } = rig();
    expect(await up()).toBe('up');
    expect(modem.snapshot()).toMatchObject({ operator: 'Example Mobile', registration: { plmn: '20404' } });
    expect(module.state.copsFormat).toBe(0);
  });

  test('a module that does not take the form still tells the name', async () => {
    const { module, modem, up } = rig();
    answers(module, 'AT+COPS=3,2', '+CME ERROR: 3');
    expect(await up()).toBe('up');
    expect(modem.snapshot().operator).toBe('Example Mobile');
  });

  test('the technology comes from the operator where reports tell none', async () => {
    const { module, modem, up } = rig();
    module.state.registration = { '+CEREG': '1', '+CGREG': '1', '+CREG': '1' };
    expect(await up()).toBe('up');
    expect(modem.snapshot().registration).toMatchObject({ technology: 'LTE', plmn: '20404' });
  });

  test('after a loss and a new registration it is asked again', async () => {
    const { module, modem, clock, stop, lost } = await watching();
    module.state.registration = { '+CEREG': '2', '+CGREG': '2', '+CREG': '2' };
    module.line('+CGREG: 2');
    module.line('+CEREG: 2');
    await clock.advance(1);
    expect(modem.snapshot().registration.plmn).toBeUndefined();
    module.state.registration['+CEREG'] = '1,"1F00","0079D903",7';
    answers(module, 'AT+COPS?', '+COPS: 0,0,"Other Mobile",7', 'OK');
    module.line('+CEREG: 1,"1F00","0079D903",7');
    await clock.advance(2000);
    expect(modem.snapshot().operator).toBe('Other Mobile');
    stop.abort(new Error('stop'));
    await lost;
  });

  test('a detached module is attached once when the context is ours, and left alone when it is not', async () => {
    for (const mode of ['activate', 'observe'] as const) {
      const { module, up } = rig({ bearer: { mode, contextId: 1, ipType: 'IP' } });
      module.state.attached = false;
      module.state.registration = { '+CEREG': '0', '+CGREG': '0', '+CREG': '0' };
      expect(await up()).toEqual({ code: 'network.searching' });
      expect(sent(module, 'AT+CGATT=')).toEqual(mode === 'activate' ? ['AT+CGATT=1'] : []);
    }
  });
});

describe('signal, cell and temperature', () => {
  test('what the family tells wins over the standard figures', async () => {
    const { module, modem, up } = rig();
    answers(
      module,
      'AT#RFSTS',
      '#RFSTS: "262 01",1850,-101,-70,-13.0,1F00,255,,128,19,1,"0079D903","204046620123456","Example",3,3,3',
      'OK',
    );
    expect(await up()).toBe('up');
    expect(modem.snapshot().signal).toMatchObject({ rsrpDbm: -101, rsrqDb: -13, quality: 'fair' });
    expect(modem.snapshot().cell).toMatchObject({ areaCode: '1F00', plmn: '26201' });
    expect(modem.snapshot().registration.plmn).toBe('26201');
  });

  test('without a report of the family the cell is that of the registration', async () => {
    const { modem, up } = rig();
    expect(await up()).toBe('up');
    expect(modem.snapshot().cell).toEqual({ areaCode: '1F00', cellId: '0079D903', plmn: '20404' });
  });

  test('the temperature is asked at most once a minute', async () => {
    const { module, modem, clock, stop, lost } = await watching();
    answers(module, 'AT#TEMPMON=1', '#TEMPMEAS: 0,41', 'OK');
    const before = sent(module, 'AT#TEMPMON=1').length;
    expect(before).toBe(1);
    await clock.advance(240_000);
    expect(modem.snapshot().temperatureC).toBe(41);
    expect(sent(module, 'AT#TEMPMON=1').length - before).toBeLessThanOrEqual(clock.mono() / 60_000);
    stop.abort(new Error('stop'));
    await lost;
  });
});

describe('network time', () => {
  test('is read from the module’s clock, with its source', async () => {
    const { modem, up } = rig();
    await up();
    expect(modem.snapshot().networkTime).toMatchObject({ utcMs: Date.parse('2026-02-03T09:20:30Z'), source: '+CCLK' });
  });

  test('a clock without a zone, or never set, is no time', async () => {
    for (const clock of ['"26/02/03,10:20:30"', '"80/01/06,00:00:10+00"']) {
      const { module, modem, up } = rig();
      module.state.clock = clock;
      expect(await up()).toBe('up');
      expect(modem.snapshot().networkTime).toBeUndefined();
    }
  });

  test('#NITZ counts at once, +CTZE has the clock read', async () => {
    const { module, modem, clock, stop, lost } = await watching();
    module.line('#NITZ: "26/02/03,12:00:00+04,0"');
    await clock.advance(1);
    expect(modem.snapshot().networkTime).toMatchObject({ utcMs: Date.parse('2026-02-03T11:00:00Z'), source: '#NITZ' });
    module.state.clock = '"26/02/03,12:30:00+04"';
    module.line('+CTZE: "+04",0,"2026/02/03,12:30:00"');
    await clock.advance(20_000);
    expect(modem.snapshot().networkTime).toMatchObject({ utcMs: Date.parse('2026-02-03T11:30:00Z'), source: '+CCLK' });
    stop.abort(new Error('stop'));
    await lost;
  });
});

describe('which family', () => {
  test('identity decides; a wrong configuration is said and not obeyed', () => {
    expect(chooseProfile('auto', 'Telit', 'LE910C1-EUX')).toMatchObject({ profile: { vendor: 'telit' } });
    expect(chooseProfile('auto', 'Telit', 'LE910C1-EUX').note).toBeUndefined();
    expect(chooseProfile('telit', 'Telit', 'LE910C1-EUX').note).toBeUndefined();
    const wrong = chooseProfile('ublox', 'Telit', 'LE910C1-EUX');
    expect(wrong).toMatchObject({ profile: { vendor: 'telit' }, note: expect.stringContaining('ublox') });
  });

  test('the configuration decides for a module that says nothing known', () => {
    expect(chooseProfile('auto', 'Acme', 'X1').profile.name).toBe('generic');
    expect(chooseProfile('telit', 'Acme', 'X1')).toMatchObject({ profile: { name: 'telit' } });
    expect(chooseProfile('telit', 'Acme', 'X1').note).toBeUndefined();
    expect(chooseProfile('quectel', undefined, undefined).profile.name).toBe('quectel');
  });

  test('the note is in the snapshot, and in the log once', async () => {
    const { modem, logged, up } = rig({ profile: 'quectel' });
    expect(await up()).toBe('up');
    expect(await up()).toBe('up');
    expect(modem.snapshot()).toMatchObject({
      profile: expect.stringMatching(/^telit/),
      profileNote: expect.stringContaining('modem.profile says quectel'),
    });
    expect(logged.filter((line) => line === 'warn modem.profile')).toHaveLength(1);
  });
});

describe('the registration rung', () => {
  test('leaves a network that was chosen by hand', async () => {
    const { module, modem, signal, up } = rig();
    await up();
    answers(module, 'AT+COPS?', '+COPS: 1,2,"26201",7', 'OK');
    await modem.recover('registration', { signal });
    expect(sent(module, 'AT+COPS=0')).toEqual([]);
  });

  test('a radio cycle that is cut off still switches the radio on', async () => {
    const { module, modem, clock, signal, stop, up } = rig();
    await up();
    const cycle = modem.recover('radio', { signal });
    cycle.catch(() => undefined);
    await clock.advance(500);
    expect(sent(module, 'AT+CFUN=')).toEqual(['AT+CFUN=4']);
    stop.abort(new Error('stop'));
    await clock.advance(1);
    await expect(cycle).rejects.toThrow('stop');
    expect(sent(module, 'AT+CFUN=')).toEqual(['AT+CFUN=4', 'AT+CFUN=1']);
  });

  test.each(['other-port', 'power', 'resubscribe', 'session', 'road', 'give-back'] as const)(
    'rung %s is another room’s',
    async (rung) => {
      const { module, modem, signal, up } = rig();
      await up();
      const before = module.received.length;
      await modem.recover(rung, { signal });
      expect(module.received.length).toBe(before);
    },
  );
});
