// The data connection: what is written, in which order, and what is left alone.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import type { ModemOptions } from '../../src/modem/index.js';
import { createFakeModule, type FakeModule } from './fake-module.js';
import { answers, rig, sent, watching } from './rig.js';

const AUTH = { method: 'chap', user: 'gateway', password: new Secret('password', 'Sesame-77-open') } as const;
const bearer = (changes: Partial<ModemOptions['bearer']> = {}): ModemOptions['bearer'] => ({
  mode: 'activate',
  contextId: 1,
  ipType: 'IP',
  ...changes,
});
/** Everything that changes something about contexts, in order. */
const changing = (module: FakeModule): string[] =>
  module.received.filter((c) => /^AT(?:\+CGATT=|\+CGDCONT=|#SGACT=|\+CGACT=|\+CGAUTH=|#PDPAUTH=)/.test(c));
const down = (module: FakeModule): FakeModule => {
  for (const context of module.state.contexts.values()) context.active = false;
  return module;
};

describe('definition', () => {
  test('that of the attach is changed detached, and the module attaches again', async () => {
    const { module, modem, up } = rig({ bearer: bearer({ apn: 'iot.new' }) });
    expect(await up()).toBe('up');
    expect(changing(module)).toEqual(['AT+CGATT=0', 'AT+CGDCONT=1,"IP","iot.new"', 'AT+CGATT=1', 'AT#SGACT=1,1']);
    expect(modem.snapshot().counters.writes).toBe(1);
  });

  test('another context is changed without leaving the network', async () => {
    const { module, up } = rig({ bearer: bearer({ apn: 'iot.new', contextId: 3 }) });
    expect(await up()).toBe('up');
    expect(changing(module)).toEqual(['AT+CGDCONT=3,"IP","iot.new"', 'AT#SGACT=3,1']);
  });

  test('a refused one is tried once a link, and the module attaches again', async () => {
    const { module, fails } = rig({ bearer: bearer({ apn: 'iot.new' }) });
    answers(module, 'AT+CGDCONT=1,"IP","iot.new"', '+CME ERROR: 3');
    expect(await fails()).toMatchObject({ code: 'network.no-bearer', evidence: { cme: 3 } });
    expect(changing(module)).toEqual(['AT+CGATT=0', 'AT+CGDCONT=1,"IP","iot.new"', 'AT+CGATT=1']);
  });

  test('one that the module does not keep is written once', async () => {
    const { module, up } = rig({ bearer: bearer({ apn: 'iot.new', contextId: 3 }) });
    module.state.contexts.set(3, { type: 'IP', apn: 'kept.old', active: true });
    answers(module, 'AT+CGDCONT=3,"IP","iot.new"', 'OK');
    expect(await up()).toBe('up');
    expect(await up()).toBe('up');
    expect(sent(module, 'AT+CGDCONT=')).toHaveLength(1);
  });

  test.each([1, 2])('on Verizon context %i is never rewritten, 3 may be', async (contextId) => {
    const module = createFakeModule();
    module.state.contexts = new Map([
      [1, { type: 'IPV4V6', apn: 'VZWIMS', active: true }],
      [3, { type: 'IPV4V6', apn: 'vzwinternet', active: false }],
    ]);
    const { fails } = rig({ bearer: bearer({ apn: 'mine', contextId }) }, module);
    expect(await fails()).toMatchObject({ code: 'network.no-bearer', hint: expect.stringContaining('contextId to 3') });
    expect(changing(module)).toEqual([]);
    expect(await rig({ bearer: bearer({ apn: 'mine', contextId: 3 }) }, module).up()).toBe('up');
    expect(sent(module, 'AT+CGDCONT=')).toEqual(['AT+CGDCONT=3,"IP","mine"']);
  });
});

describe('login', () => {
  test('is given before activation, once a link, and shown nowhere', async () => {
    const { module, transcript, modem, up } = rig({ bearer: bearer({ auth: AUTH }) }, down(createFakeModule()));
    answers(module, 'AT+CGAUTH=1,2,"gateway","Sesame-77-open"', 'OK');
    expect(await up()).toBe('up');
    expect(changing(module)).toEqual(['AT+CGAUTH=1,2,"gateway","Sesame-77-open"', 'AT#SGACT=1,1']);
    expect(transcript.join('\n')).toContain('AT+CGAUTH=1,2,[secret]');
    expect(transcript.join('\n')).not.toContain('Sesame');
    expect(modem.snapshot().counters.writes).toBe(0);
  });

  test('is not given when the context is up already', async () => {
    const { module, up } = rig({ bearer: bearer({ auth: AUTH }) });
    expect(await up()).toBe('up');
    expect(changing(module)).toEqual([]);
  });

  test('the next way is tried where one is refused; one that is stored counts as a write', async () => {
    const { module, modem, up } = rig({ bearer: bearer({ auth: AUTH }) }, down(createFakeModule()));
    answers(module, 'AT#PDPAUTH=1,2,"gateway","Sesame-77-open"', 'OK');
    expect(await up()).toBe('up');
    expect(changing(module).map((command) => command.split('=')[0])).toEqual(['AT+CGAUTH', 'AT#PDPAUTH', 'AT#SGACT']);
    expect(modem.snapshot().counters.writes).toBe(1);
  });

  test('a module that takes none is network.no-bearer, and says what to check', async () => {
    const { module, fails } = rig({ bearer: bearer({ auth: AUTH }) }, down(createFakeModule()));
    const error = await fails();
    expect(error).toMatchObject({ code: 'network.no-bearer', hint: expect.stringContaining('modem.bearer.auth') });
    expect(`${error.message} ${String(error.cause)}`).not.toContain('Sesame');
    expect(sent(module, 'AT#SGACT=')).toEqual([]);
  });

  test('goes with the definition of the attach, while detached', async () => {
    const { module, up } = rig({ bearer: bearer({ apn: 'iot.new', auth: AUTH }) });
    answers(module, 'AT+CGAUTH=1,2,"gateway","Sesame-77-open"', 'OK');
    expect(await up()).toBe('up');
    expect(changing(module).map((command) => command.split(/=(?!\d$)/)[0])).toEqual([
      'AT+CGATT=0',
      'AT+CGDCONT',
      'AT+CGAUTH',
      'AT+CGATT=1',
      'AT#SGACT',
    ]);
  });

  test('one that could break out of its quotes is refused before it is sent', async () => {
    const auth = { ...AUTH, user: 'x";+CFUN=0' };
    const { module, up } = rig({ bearer: bearer({ auth }) }, down(createFakeModule()));
    expect(await up()).toEqual({ code: 'modem.injection' });
    expect(module.raw().toString('latin1')).not.toMatch(/CFUN=0|Sesame/);
  });
});

describe('activation', () => {
  test('a refusal is no error where the context is up all the same', async () => {
    const { module, up } = rig({ bearer: bearer() }, down(createFakeModule()));
    module.behaviours.push((command, fake) => {
      if (command !== 'AT#SGACT=1,1') return false;
      fake.state.contexts.get(1)!.active = true;
      fake.answer('+CME ERROR: 100');
      return true;
    });
    expect(await up()).toBe('up');
  });

  test('a refusal says why, where the module knows', async () => {
    const { module, fails } = rig({ bearer: bearer() }, down(createFakeModule()));
    answers(module, 'AT#SGACT=1,1', '+CME ERROR: 555');
    answers(module, 'AT+CEER', '+CEER: ESM cause 27', 'OK');
    const error = await fails();
    expect(error).toMatchObject({ code: 'network.no-bearer', evidence: { cme: 555 } });
    expect(error.message).toContain('access point name');
  });
});

describe('while running', () => {
  test.each(['+CGEV: NW DETACH', '+CGEV: NW PDN DEACT 1', '+UUPSDD: 0', '+QIURC: "pdpdeact",1'])(
    '%s has the context read at once',
    async (report) => {
      const { module, clock, lost } = await watching();
      await clock.advance(5000);
      down(module);
      const since = clock.mono();
      module.line(report);
      expect(await lost).toEqual({ code: 'network.no-bearer' });
      expect(clock.mono() - since).toBeLessThan(5000);
    },
  );

  test('the bearer rung takes the context down and up; one that stays up goes down with the attach', async () => {
    const { module, modem, signal, up } = rig({ bearer: bearer() });
    expect(await up()).toBe('up');
    await modem.recover('bearer', { signal });
    expect(changing(module)).toEqual(['AT#SGACT=1,0', 'AT#SGACT=1,1']);
    answers(module, 'AT#SGACT=1,0', '+CME ERROR: 3');
    const before = changing(module).length;
    await modem.recover('bearer', { signal });
    expect(changing(module).slice(before)).toEqual(['AT#SGACT=1,0', 'AT+CGATT=0', 'AT+CGATT=1']);
  });
});
