// The SIM while running: taken out, changed, asking again.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { createFakeModule } from './fake-module.js';
import { createMemoryLedger } from './pin-ledger.js';
import { sent, watching } from './rig.js';

const RIGHT = new Secret('pin', '4321');

describe('while running', () => {
  test('another card ends the watch within a minute and a half, and the next bring-up shows it', async () => {
    const { module, modem, clock, lost, failure, up } = await watching();
    const since = clock.mono();
    module.state.card.iccid = '89310410106543789319';
    expect(await lost).toEqual({ code: 'modem.reset' });
    expect(clock.mono() - since).toBeLessThan(90_000);
    expect(failure()).toMatchObject({ retry: 'now', evidence: { card: 'changed' } });
    expect(failure()?.hint).toContain('SIM');
    expect(await up()).toBe('up');
    expect(modem.snapshot().iccid).toBe('89310410106543789319');
  });

  test('each round of questions is told, also where questions are refused', async () => {
    const { module, clock, stop, lost, rounds, failure } = await watching();
    await clock.advance(60_000);
    const before = rounds();
    expect(before).toBeGreaterThanOrEqual(3);
    module.behaviours.unshift((received, fake) => {
      if (!/SQ|TEMP|MONI|COPS/.test(received)) return false;
      fake.answer('ERROR');
      return true;
    });
    await clock.advance(60_000);
    expect([rounds() >= before + 3, failure()]).toEqual([true, undefined]);
    stop.abort(new Error('stop'));
    await lost;
  });

  test('the number is asked at most once a minute', async () => {
    const { module, clock, stop, lost } = await watching();
    const before = sent(module, 'AT#CCID').length;
    await clock.advance(300_000);
    const asked = sent(module, 'AT#CCID').length - before;
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(asked).toBeLessThanOrEqual(5);
    stop.abort(new Error('stop'));
    await lost;
  });

  test.each(['#QSS: 1', '+QUSIM: 1', '+UUSIMSTAT: 6', '+QSIMSTAT: 1,1', '+CPIN: NOT READY'])(
    '%s has the card looked at at once',
    async (report) => {
      const { module, clock, lost } = await watching();
      await clock.advance(5000);
      module.state.card.iccid = '89310410106543789319';
      const since = clock.mono();
      module.line(report);
      expect(await lost).toEqual({ code: 'modem.reset' });
      expect(clock.mono() - since).toBeLessThan(3000);
    },
  );

  test.each(['#QSS: 0', '+QSIMSTAT: 1,0', '+UUSIMSTAT: 0', '+CPIN: NOT INSERTED'])(
    '%s is sim.absent',
    async (report) => {
      const { module, lost } = await watching();
      module.line(report);
      expect(await lost).toEqual({ code: 'sim.absent' });
    },
  );

  test('a card taken out without a report is noticed', async () => {
    const { module, modem, lost } = await watching();
    module.state.cpin = '+CME ERROR: 10';
    expect(await lost).toEqual({ code: 'sim.absent' });
    expect(modem.snapshot().sim).toBe('absent');
  });

  test('a card that asks for its PIN again is brought up anew when there is a PIN, and is sim.pin when not', async () => {
    const ledger = createMemoryLedger();
    const withPin = await watching({ pin: RIGHT }, createFakeModule(), ledger);
    withPin.module.state.cpin = 'SIM PIN';
    withPin.module.line('+CPIN: SIM PIN');
    expect(await withPin.lost).toEqual({ code: 'modem.reset' });
    expect(await withPin.up()).toBe('up');
    const without = await watching();
    without.module.line('+CPIN: SIM PIN');
    expect(await without.lost).toEqual({ code: 'sim.pin' });
  });

  test('a storm of reports does not make it ask without end', async () => {
    const { module, clock, stop, lost } = await watching();
    const before = module.received.length;
    const since = clock.mono();
    for (let n = 0; n < 200; n++) {
      module.line('#QSS: 1');
      module.line('+CGEV: NW DETACH');
      await clock.advance(50);
    }
    // At most one round of questions a second.
    const rounds = module.received.slice(before).filter((command) => command === 'AT+CEREG?').length;
    expect(rounds).toBeLessThanOrEqual((clock.mono() - since) / 1000 + 1);
    stop.abort(new Error('stop'));
    await lost;
  });
});
