// The SIM in the bring-up, against a scripted module.
import { describe, expect, test } from 'vitest';
import { Secret, WaymarkError } from '../../src/core/index.js';
import { cardKey } from '../../src/modem/codec/identity.js';
import { createFakeModule } from './fake-module.js';
import { createMemoryLedger, type MemoryLedger } from './pin-ledger.js';
import { answers, rig, sent } from './rig.js';

const RIGHT = new Secret('pin', '4321');
const WRONG = new Secret('pin', '1111');
const ICCID = '89310410106543789301';
/** What is remembered of it stands under this. */
const KEY = cardKey(ICCID);

const locked = (pin: Secret = RIGHT, ledger: MemoryLedger = createMemoryLedger()) => {
  const module = createFakeModule();
  module.state.cpin = 'SIM PIN';
  module.state.card.pinIsOn = true;
  return { ...rig({ pin }, module, ledger), ledger };
};

describe('a card that asks for its PIN', () => {
  test('the right PIN is sent once, after its note is on disk, and shown nowhere', async () => {
    const { module, modem, ledger, transcript, up } = locked();
    let sentBefore: number | undefined;
    ledger.after = ({ outcome }) => {
      if (outcome === 'pending') sentBefore = sent(module, 'AT+CPIN=').length;
    };
    expect(await up()).toBe('up');
    expect(sentBefore).toBe(0);
    expect(sent(module, 'AT+CPIN=')).toEqual(['AT+CPIN="4321"']);
    expect(ledger.written).toEqual(['pending', 'accepted']);
    expect(ledger.records.get(`${KEY}/4321`)).toMatchObject({ outcome: 'accepted', isProven: true });
    expect(modem.snapshot()).toMatchObject({ sim: 'ready', iccid: ICCID, simTries: { pin: 3 } });
    expect(transcript.join('\n')).toContain('> AT+CPIN=[secret]');
    expect(transcript.join('\n')).not.toContain('4321');
  });

  test('the tries and the number are read before the PIN', async () => {
    const { module, up } = locked();
    await up();
    const at = (command: string): number => module.received.indexOf(command);
    expect(at('AT+CPINR')).toBeGreaterThan(0);
    expect(at('AT+CPINR')).toBeLessThan(at('AT+CPIN="4321"'));
    expect(at('AT#CCID')).toBeLessThan(at('AT+CPIN="4321"'));
  });

  test('a wrong PIN is refused once and never sent again, whatever the tries say later', async () => {
    const ledger = createMemoryLedger();
    const { module, modem, fails } = locked(WRONG, ledger);
    expect(await fails()).toMatchObject({ code: 'sim.pin-refused', evidence: { tries: 2 } });
    expect(modem.snapshot()).toMatchObject({ stage: 'sim', sim: 'pin', simTries: { pin: 2 } });
    module.state.card.tries = 3;
    for (let n = 0; n < 3; n++) {
      expect(await fails()).toMatchObject({ code: 'sim.pin-refused', evidence: { tries: 3 } });
      const again = rig({ pin: new Secret('pin', '1111') }, module, ledger);
      expect(await again.fails()).toMatchObject({ code: 'sim.pin-refused' });
    }
    expect(sent(module, 'AT+CPIN=')).toHaveLength(1);
  });

  test('another PIN for the same card, and the same PIN for another card, are pairs of their own', async () => {
    const ledger = createMemoryLedger();
    const { module, fails } = locked(WRONG, ledger);
    await fails();
    module.state.card.tries = 3;
    expect(await rig({ pin: RIGHT }, module, ledger).up()).toBe('up');
    module.state.cpin = 'SIM PIN';
    module.state.card.iccid = '89310410106543789319';
    module.state.card.pin = '1111';
    expect(await rig({ pin: WRONG }, module, ledger).up()).toBe('up');
    expect(sent(module, 'AT+CPIN=')).toEqual(['AT+CPIN="1111"', 'AT+CPIN="4321"', 'AT+CPIN="1111"']);
  });

  test.each([2, 1])('with %i tries left no PIN is sent', async (tries) => {
    const { module, fails, ledger } = locked();
    module.state.card.tries = tries;
    expect(await fails()).toMatchObject({ code: 'sim.pin-guarded', evidence: { tries } });
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('tries that nobody tells are asked of the card itself, and unknown means none', async () => {
    const asked = locked();
    answers(asked.module, 'AT+CPINR', '+CME ERROR: 4');
    answers(asked.module, 'AT+CSIM=10,"0020000100"', '+CSIM: 4,"63C3"', 'OK');
    expect(await asked.up()).toBe('up');
    const unknown = locked();
    answers(unknown.module, 'AT+CPINR', '+CME ERROR: 14');
    const error = await unknown.fails();
    expect(error).toMatchObject({ code: 'sim.pin-guarded', message: 'the SIM does not tell its tries left' });
    expect(sent(unknown.module, 'AT+CPIN=')).toEqual([]);
    // A card that has just started is given some seconds.
    expect(unknown.clock.mono()).toBeGreaterThanOrEqual(10_000);
  });

  test('where two sources differ the lower number of tries counts', async () => {
    const liar = locked();
    answers(liar.module, 'AT#PCT', '#PCT: 3', 'OK');
    answers(liar.module, 'AT+CPINR', '+CPINR: SIM PIN,1,3', 'OK');
    expect(await liar.fails()).toMatchObject({ code: 'sim.pin-guarded', evidence: { tries: 1 } });
    const twice = locked();
    answers(twice.module, 'AT+CPINR', '+CPINR: SIM PIN,3,3', '+CPINR: SIM PIN,2,3', 'OK');
    expect(await twice.fails()).toMatchObject({ code: 'sim.pin-guarded', evidence: { tries: 2 } });
    for (const { module } of [liar, twice]) expect(sent(module, 'AT+CPIN=')).toEqual([]);
  });

  test.each([
    ['a try was used elsewhere', { tries: 2 }, 'sim.pin-guarded'],
    ['the card was changed', { iccid: '89310410106543789319' }, 'up'],
    ['it was opened elsewhere', { cpin: 'READY' }, 'up'],
  ] as const)(
    '%s while the note was written: the PIN stays here and the note is taken back',
    async (_what, change, end) => {
      const { module, ledger, up } = locked();
      let sentThen: string[] | undefined;
      ledger.after = ({ outcome }) => {
        if (outcome !== 'pending' || sentThen) return;
        const { cpin, ...card } = { cpin: module.state.cpin, ...change };
        module.state.cpin = cpin;
        Object.assign(module.state.card, card);
        sentThen = sent(module, 'AT+CPIN=');
      };
      expect(await up()).toEqual(end === 'up' ? 'up' : { code: end });
      expect(sentThen).toEqual([]);
      expect(ledger.written.slice(0, 2)).toEqual(['pending', 'forgotten']);
      expect(ledger.records.has(`${KEY}/4321`)).toBe(false);
      expect(sent(module, 'AT+CPIN=')).toHaveLength(_what === 'the card was changed' ? 1 : 0);
    },
  );

  test('while another agent of the machine enters a PIN, none is sent', async () => {
    const { module, ledger, fails } = locked();
    ledger.alone = () => Promise.resolve('busy');
    expect(await fails()).toMatchObject({ code: 'sim.pin-guarded' });
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('a card without a number gets no PIN; its file is asked last', async () => {
    const unknown = locked();
    answers(unknown.module, 'AT#CCID', '+CME ERROR: 11');
    expect(await unknown.fails()).toMatchObject({
      code: 'sim.pin-guarded',
      message: 'the SIM does not tell its number',
    });
    expect(sent(unknown.module, 'AT+CPIN=')).toEqual([]);
    const file = locked();
    answers(file.module, 'AT#CCID', '+CME ERROR: 11');
    answers(file.module, 'AT+CRSM=176,12258,0,0,10', '+CRSM: 144,0,"98130401015634879810"', 'OK');
    expect(await file.up()).toBe('up');
    expect(file.modem.snapshot().iccid).toBe('89314010106543788901');
  });

  test('a note that does not reach the disk means no attempt', async () => {
    const { module, ledger, clock, fails } = locked();
    ledger.before = () => {
      throw new WaymarkError('vault.write', 'disk full');
    };
    expect(await fails()).toMatchObject({ code: 'vault.write', message: 'disk full' });
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
    expect(clock.mono()).toBeLessThan(5000);
    // A defect of the ledger is none the less no attempt.
    ledger.before = () => {
      throw new TypeError('broken');
    };
    expect(await fails()).toMatchObject({ code: 'core.internal' });
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
  });

  test('without a ledger no PIN is ever sent', async () => {
    const module = createFakeModule();
    module.state.cpin = 'SIM PIN';
    expect(await rig({ pin: RIGHT }, module).fails()).toMatchObject({ code: 'sim.pin-guarded' });
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
  });

  test('a PIN that is none is neither noted nor sent', async () => {
    const { module, ledger, fails } = locked(new Secret('pin', '12"34'));
    const error = await fails();
    expect(error.code).toBe('modem.injection');
    expect(error.message).not.toContain('12');
    expect(ledger.written).toEqual([]);
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
  });

  test('no answer leaves the note pending: never again once the card has asked again, also when it is found open later', async () => {
    const { module, ledger, fails } = locked();
    let mute = true;
    module.behaviours.push((command) => mute && command.startsWith('AT+CPIN='));
    expect(await fails()).toMatchObject({ code: 'modem.timeout' });
    expect(ledger.written).toEqual(['pending']);
    mute = false;
    expect(await fails()).toMatchObject({ code: 'sim.pin-guarded', evidence: { tries: 3 } });
    const later = rig({ pin: RIGHT }, module, ledger);
    expect(await later.fails()).toMatchObject({ code: 'sim.pin-guarded' });
    expect(sent(module, 'AT+CPIN=')).toHaveLength(1);
    // Opened by somebody else meanwhile, as far as anybody can know: this process, and the next one.
    module.state.cpin = 'READY';
    expect(await later.up()).toBe('up');
    expect(await rig({ pin: RIGHT }, module, ledger).up()).toBe('up');
    expect(ledger.records.get(`${KEY}/4321`)).toMatchObject({ outcome: 'pending', isProven: false, askedSince: true });
  });

  test('an attempt that was cut off and worked is found out at the next start', async () => {
    const { module, ledger, modem, fails } = locked();
    // The card takes the PIN; the port is gone before anybody hears of it.
    module.behaviours.push((command, fake) => {
      if (!command.startsWith('AT+CPIN=')) return false;
      fake.state.cpin = 'READY';
      void modem[Symbol.asyncDispose]();
      return true;
    });
    expect(await fails()).toMatchObject({ code: 'link.closed' });
    expect(ledger.written).toEqual(['pending']);
    const next = rig({ pin: RIGHT }, module, ledger);
    expect(await next.up()).toBe('up');
    expect(sent(module, 'AT+CLCK=')).toEqual(['AT+CLCK="SC",2']);
    expect(ledger.written).toEqual(['pending', 'accepted']);
    expect(sent(module, 'AT+CPIN=')).toHaveLength(1);
  });

  test('an open card whose PIN is off proves nothing', async () => {
    const { module, ledger, up } = locked();
    await ledger.write(KEY, RIGHT, { outcome: 'pending', isProven: false, at: '' });
    module.state.cpin = 'READY';
    module.state.card.pinIsOn = false;
    expect(await up()).toBe('up');
    expect(ledger.written).toEqual(['pending']);
  });

  test('after a power cycle the proven PIN is sent again, with a new note first', async () => {
    const { module, ledger, up } = locked();
    await up();
    module.state.cpin = 'SIM PIN';
    ledger.after = ({ outcome, isProven }) => {
      if (outcome === 'pending') expect(isProven).toBe(true);
    };
    expect(await up()).toBe('up');
    expect(sent(module, 'AT+CPIN=')).toHaveLength(2);
    expect(ledger.written).toEqual(['pending', 'accepted', 'pending', 'accepted']);
    module.state.cpin = 'SIM PIN';
    module.state.card.tries = 2;
    expect(await up()).toEqual({ code: 'sim.pin-guarded' });
    expect(sent(module, 'AT+CPIN=')).toHaveLength(2);
  });

  test('a proven PIN that the card refuses (it was changed) is never sent again', async () => {
    const { module, ledger, up } = locked();
    await up();
    Object.assign(module.state, { cpin: 'SIM PIN' });
    module.state.card.pin = '9999';
    expect(await up()).toEqual({ code: 'sim.pin-refused' });
    module.state.card.tries = 3;
    expect(await up()).toEqual({ code: 'sim.pin-refused' });
    expect(sent(module, 'AT+CPIN=')).toHaveLength(2);
    expect(ledger.records.get(`${KEY}/4321`)).toMatchObject({ outcome: 'refused', isProven: true });
  });

  test('an unclear answer is a refusal when the tries went down, and stays pending when not', async () => {
    for (const drops of [true, false]) {
      const { module, ledger, fails } = locked(WRONG);
      module.behaviours.push((command, fake) => {
        if (!command.startsWith('AT+CPIN=')) return false;
        if (drops) fake.state.card.tries--;
        fake.answer('ERROR');
        return true;
      });
      expect(await fails()).toMatchObject({ code: drops ? 'sim.pin-refused' : 'sim.pin-guarded' });
      expect(ledger.written).toEqual(drops ? ['pending', 'refused'] : ['pending']);
      await fails();
      expect(sent(module, 'AT+CPIN=')).toHaveLength(1);
    }
  });

  test('after its PIN a busy card is waited for up to half a minute', async () => {
    const { module, clock, up } = locked();
    module.behaviours.push((command, fake) => {
      if (!command.startsWith('AT+CPIN="')) return false;
      fake.state.cpin = '+CME ERROR: 14';
      clock.after(20_000, () => {
        fake.state.cpin = 'READY';
      });
      fake.answer('OK');
      return true;
    });
    expect(await up()).toBe('up');
    expect(clock.mono()).toBeGreaterThanOrEqual(20_000);
  });

  test('a card that accepts the PIN and asks on is not asked in a circle', async () => {
    const { module, fails } = locked();
    answers(module, 'AT+CPIN="4321"', 'OK');
    expect(await fails()).toMatchObject({ code: 'sim.pin-guarded' });
    expect(await fails()).toMatchObject({ code: 'sim.pin-guarded' });
    expect(sent(module, 'AT+CPIN=')).toHaveLength(1);
  });

  test.each([
    'SIM PUK',
    'SIM PIN2',
    'SIM PUK2',
    'PH-SIM PIN',
    'PH-NET PIN',
    'PH-SP PIN',
    'PH-CORP PUK',
    '+CME ERROR: 11',
  ])('asked for %s, nothing is entered', async (word) => {
    const { module, ledger, up } = locked();
    module.state.cpin = word;
    await up();
    expect(sent(module, 'AT+CPIN=')).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('nothing secret reaches a device that has not said that it is a modem', async () => {
    const { module, up } = locked();
    module.behaviours.push((command, fake) => {
      if (!/^AT\+CGM[IM]$/.test(command)) return false;
      fake.answer('ERROR');
      return true;
    });
    expect(await up()).toEqual({ code: 'modem.error' });
    expect(module.raw().toString('latin1')).not.toContain('4321');
  });
});

describe('states of the card', () => {
  test('each lock has its own words', async () => {
    const messages = new Set<string>();
    const words = [
      'PH-SIM PIN',
      'PH-FSIM PIN',
      'PH-NET PIN',
      'PH-NETSUB PIN',
      'PH-SP PIN',
      'PH-CORP PIN',
      'PH-NET PUK',
    ];
    for (const word of words) {
      const { module, modem, fails } = rig();
      module.state.cpin = word;
      const error = await fails();
      expect(error).toMatchObject({ code: 'sim.failure', evidence: { cpin: word } });
      expect(modem.snapshot().sim).toBe('other');
      messages.add(error.message);
    }
    expect(messages.size).toBe(words.length);
  });

  test('a card that stays busy is sim.failure', async () => {
    const { module, fails } = rig();
    module.state.cpin = '+CME ERROR: 14';
    expect(await fails()).toMatchObject({ code: 'sim.failure', message: 'the SIM is not ready yet' });
  });

  test('a blocked card shows what its PUK has left', async () => {
    const { module, modem, up } = rig();
    module.state.cpin = 'SIM PUK';
    module.state.card.tries = 0;
    expect(await up()).toEqual({ code: 'sim.puk' });
    expect(modem.snapshot()).toMatchObject({ sim: 'puk', simTries: { pin: 0, puk: 10 } });
  });
});
