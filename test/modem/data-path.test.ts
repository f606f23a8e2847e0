// The module as a USB network card: families that have the mode, that have not, and that do not obey.
import { describe, expect, test, vi } from 'vitest';
import type { ModemOptions } from '../../src/modem/index.js';
import type { Profile } from '../../src/modem/profile.js';
import { GENERIC } from '../../src/modem/profiles/generic.js';
import { createFakeModule, type FakeModule } from './fake-module.js';
import { answers, rig, sent, watching } from './rig.js';

vi.mock('../../src/modem/profiles/all.js', async () => {
  const { GENERIC: base } = await import('../../src/modem/profiles/generic.js');
  const flag = (prefix: string) => (line: string) => (line.startsWith(prefix) ? line.endsWith('1') : undefined);
  const card: Profile = {
    ...base,
    name: 'fixture-card',
    vendor: 'telit',
    selects: { manufacturer: /fixture/i },
    ecm: {
      composition: { command: 'AT#USBCFG?', parse: flag('#USBCFG:') },
      compose: ['AT#USBCFG=1'],
      state: { command: 'AT#ECM?', parse: flag('#ECM:') },
      start: (contextId) => `AT#ECM=${contextId},0`,
    },
    restart: 'AT#REBOOT',
  };
  const self: Profile = {
    ...base,
    name: 'fixture-self',
    vendor: 'quectel',
    selects: { manufacturer: /selfish/i },
    ecm: { composition: { command: 'AT#USBCFG?', parse: flag('#USBCFG:') }, compose: ['AT#USBCFG=1'] },
  };
  const VENDOR_PROFILES = { generic: base, telit: card, quectel: self, ublox: base, simcom: base };
  return { PROFILES: [card, self], VENDOR_PROFILES };
});

interface Card {
  composed: boolean;
  connected: boolean;
  obeys: boolean;
  connects: boolean;
}

function cardModule(start: Partial<Card> = {}, manufacturer = 'Fixture'): { module: FakeModule; card: Card } {
  const module = createFakeModule();
  const card: Card = { composed: false, connected: false, obeys: true, connects: true, ...start };
  module.state.manufacturer = manufacturer;
  let next = card.composed;
  const talk: Record<string, () => string[]> = {
    'AT#USBCFG?': () => [`#USBCFG: ${card.composed ? 1 : 0}`, 'OK'],
    'AT#USBCFG=1': () => {
      next = card.obeys;
      return ['OK'];
    },
    'AT#REBOOT': () => {
      card.composed = next;
      card.connected = false;
      module.state.echo = true;
      module.state.modes = { '+CEREG': 0, '+CGREG': 0, '+CREG': 0 };
      return ['OK'];
    },
    'AT#ECM?': () => [`#ECM: 0,${card.connected ? 1 : 0}`, 'OK'],
    'AT#ECM=1,0': () => {
      card.connected = card.connects;
      return [card.connects ? 'OK' : '+CME ERROR: 100'];
    },
  };
  module.behaviours.push((command, fake) => {
    const lines = talk[command];
    if (!lines) return false;
    fake.answer(...lines());
    return true;
  });
  return { module, card };
}

const ECM: Partial<ModemOptions> = { dataPath: 'ecm' };

describe('host', () => {
  test('is only observed: nothing about the network card is asked', async () => {
    const { module } = cardModule();
    const { modem, up } = rig({}, module);
    expect(modem.snapshot().dataPath).toEqual({ kind: 'host', state: 'observed' });
    expect(await up()).toBe('up');
    expect(modem.snapshot().dataPath).toEqual({ kind: 'host', state: 'observed' });
    expect(module.received.filter((command) => /USBCFG|ECM/.test(command))).toEqual([]);
  });
});

describe('network card', () => {
  test('the module is switched once and restarts; the next bring-up connects the card', async () => {
    const { module } = cardModule();
    const { modem, fails, up } = rig(ECM, module);
    expect(modem.snapshot().dataPath).toBeUndefined();
    expect(await fails()).toMatchObject({
      code: 'modem.reset',
      retry: 'now',
      hint: expect.stringContaining('network card'),
    });
    expect(modem.snapshot()).toMatchObject({ dataPath: { kind: 'ecm', state: 'switching' }, counters: { writes: 1 } });
    expect(await up()).toBe('up');
    expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'connected' });
    expect(sent(module, 'AT#USBCFG=')).toEqual(['AT#USBCFG=1']);
    expect(sent(module, 'AT#ECM=')).toEqual(['AT#ECM=1,0']);
  });

  test('one that is in the mode already is not written to', async () => {
    const { module } = cardModule({ composed: true });
    const { modem, up } = rig(ECM, module);
    expect(await up()).toBe('up');
    expect(sent(module, 'AT#USBCFG=')).toEqual([]);
    expect(modem.snapshot()).toMatchObject({ dataPath: { state: 'connected' }, counters: { writes: 0 } });
  });

  test('one that does not obey is switched once a process, then failed is shown and all else works', async () => {
    const { module } = cardModule({ obeys: false });
    const { modem, fails, logged, up } = rig(ECM, module);
    expect(await fails()).toMatchObject({ code: 'modem.reset' });
    for (let n = 0; n < 3; n++) {
      expect(await up()).toBe('up');
      expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'failed' });
    }
    expect(sent(module, 'AT#USBCFG=')).toHaveLength(1);
    expect(sent(module, 'AT#REBOOT')).toHaveLength(1);
    expect(sent(module, 'AT#ECM')).toEqual([]);
    expect(logged.filter((line) => line === 'warn modem.data-path')).toHaveLength(1);
  });

  test('one that refuses the switch is not restarted for it', async () => {
    const { module } = cardModule();
    answers(module, 'AT#USBCFG=1', '+CME ERROR: 3');
    const { modem, up } = rig(ECM, module);
    expect(await up()).toBe('up');
    expect(await up()).toBe('up');
    expect(modem.snapshot()).toMatchObject({ dataPath: { state: 'failed' }, counters: { writes: 0 } });
    expect(sent(module, 'AT#USBCFG=')).toHaveLength(1);
    expect(sent(module, 'AT#REBOOT')).toEqual([]);
  });

  test('a family without it is unsupported, said once, and works', async () => {
    const module = createFakeModule();
    module.state.manufacturer = 'Acme';
    expect(GENERIC.ecm).toBeUndefined();
    const { modem, logged, up } = rig(ECM, module);
    answers(module, 'AT+CCID', '+CCID: 89310410106543789301', 'OK');
    expect(await up()).toBe('up');
    expect(await up()).toBe('up');
    expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'unsupported' });
    expect(logged.filter((line) => line === 'warn modem.data-path')).toHaveLength(1);
  });

  test('a card that does not connect is failed, not fatal, and tried again once a minute', async () => {
    const { module, card } = cardModule({ composed: true, connects: false });
    const { modem, clock, stop, lost } = await watching(ECM, module);
    expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'failed' });
    const before = sent(module, 'AT#ECM=').length;
    const since = clock.mono();
    await clock.advance(120_000);
    expect(sent(module, 'AT#ECM=').length - before).toBeLessThanOrEqual((clock.mono() - since) / 60_000);
    card.connects = true;
    await clock.advance(80_000);
    expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'connected' });
    stop.abort(new Error('stop'));
    await lost;
  });

  test('after a new registration it is connected again', async () => {
    const { module, card } = cardModule({ composed: true });
    const { clock, stop, lost } = await watching(ECM, module);
    card.connected = false;
    module.line('+CGREG: 2');
    module.line('+CEREG: 2');
    module.line('+CEREG: 1,"1F00","0079D903",7');
    await clock.advance(3000);
    expect(card.connected).toBe(true);
    stop.abort(new Error('stop'));
    await lost;
  });

  test('a family that connects by itself is only put into the mode', async () => {
    const { module } = cardModule({ composed: true }, 'Selfish');
    answers(module, 'AT+CCID', '+CCID: 89310410106543789301', 'OK');
    const { modem, up } = rig(ECM, module);
    expect(await up()).toBe('up');
    expect(modem.snapshot().dataPath).toEqual({ kind: 'ecm', state: 'connected' });
    expect(sent(module, 'AT#ECM')).toEqual([]);
  });
});
