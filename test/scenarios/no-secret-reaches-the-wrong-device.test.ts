import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { APP_TOKEN, isServing, lamp, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';

const PIN = '48261537';
/** UBX-RXM-SPARTNKEY: sync characters, class and id. */
const SPARTNKEY = '\xb5b\x02\x36';

/** What the devices must never have heard. */
function expectNoSecretAstray({ heard, world }: Scenario): void {
  const modules = heard('at') + heard('at2');
  const { current, next } = world.clouds.keys.pair();
  for (const secret of [APP_TOKEN, PIN, '#DWCFG', 'CPIN=']) expect(heard('receiver'), secret).not.toContain(secret);
  for (const { valueHex } of [current, next])
    expect(modules).not.toContain(Buffer.from(valueHex, 'hex').toString('latin1'));
  expect(modules).not.toContain(SPARTNKEY);
  expect([heard('diag'), heard('nmea'), heard('foreign')]).toEqual(['', '', '']);
}

interface Way {
  config: Record<'modem' | 'gnss', Record<string, unknown>>;
  /** What status says while the links are swapped; each has to be said at some time. */
  said: readonly ((status: StatusSnapshot) => boolean)[];
}

const WAYS: Readonly<Record<string, Way>> = {
  'by-id paths': {
    config: { modem: {}, gnss: {} },
    said: [
      (s) => lamp(s, 'modem').reason === 'modem.wrong-device' && /a GNSS receiver/.test(lamp(s, 'modem').message ?? ''),
      (s) => lamp(s, 'fix').reason === 'gnss.wrong-device' && /check .*gnss\.port/i.test(lamp(s, 'fix').hint ?? ''),
    ],
  },
  // The module is found on its second AT port; what stands in the receiver's place is said by what it is.
  auto: {
    config: { modem: { port: 'auto' }, gnss: { port: 'auto' } },
    said: [
      (s) => lamp(s, 'fix').reason === 'link.absent' && /ttyACM0 \(answers AT\)/.test(lamp(s, 'fix').message ?? ''),
      (s) => /-if05-port0$/.test(s.modem?.portName ?? '') && lamp(s, 'modem').state === 'lit',
    ],
  },
};

test.concurrent.each(Object.keys(WAYS))(
  'receiver and module change places, at the start and under way: no secret goes astray, it is said, and put right it serves (%s)',
  async (name) => {
    const { config, said } = WAYS[name] ?? { config: { modem: {}, gnss: {} }, said: [] };
    await using gateway = await startScenario({
      onMachine: true,
      world: { module: QUICK_MODULE, card: { state: 'pin', isPinEnabled: true, pin: PIN } },
      prepare: (world) => world.perform({ do: 'swap' }),
      config: { modem: { ...config.modem, sim: { pin: 'env:PIN' } }, gnss: config.gnss },
      env: { PIN },
    });
    for (const round of ['at the start', 'under way']) {
      for (const isSaid of said) await gateway.until(`said ${round}`, isSaid);
      expectNoSecretAstray(gateway);
      await gateway.world.perform({ do: 'swap' });
      const { usedByReceiver } = gateway.status().corrections;
      await gateway.until(
        `serving, and fed, after ${round}`,
        (s) => isServing(s) && lamp(s, 'fix').state === 'lit' && s.corrections.usedByReceiver > usedByReceiver,
        30_000,
      );
      expectNoSecretAstray(gateway);
      // Not for want of secrets: each has reached the device it is meant for.
      const { heard } = gateway;
      for (const secret of [APP_TOKEN, `AT+CPIN="${PIN}"`]) expect(heard('at') + heard('at2')).toContain(secret);
      expect(heard('receiver')).toContain(SPARTNKEY);
      if (round === 'at the start') await gateway.world.perform({ do: 'swap' });
    }
  },
  120_000,
);
