// What a module says back of the secrets it was told is not shown, however it cuts and dresses it.
import { expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { createOwnSecrets } from '../../src/modem/own-secrets.js';
import { pinCommand } from '../../src/modem/pin.js';
import { createFakeModule } from './fake-module.js';
import { createMemoryLedger } from './pin-ledger.js';
import { rig } from './rig.js';

const PIN = new Secret('pin', '7351');
const LINE = 'AT+CPIN="7351"';

test('whatever two lines, or lines of whatever length, the secret line is cut into, no piece of the secret is shown', () => {
  const own = createOwnSecrets();
  own.note(pinCommand(PIN));
  for (let cut = 1; cut < LINE.length; cut++) {
    const shown = own.hide(LINE.slice(0, cut)) + own.hide(LINE.slice(cut));
    expect(shown.replaceAll('[secret]', ''), String(cut)).not.toMatch(/\d/);
  }
  for (let size = 1; size <= LINE.length; size++)
    for (let at = 0; at < LINE.length; at += size)
      expect(own.hide(LINE.slice(at, at + size)).replaceAll('[secret]', '')).not.toMatch(/\d/);
});

test('it is found within other text, and other text stays as it is', () => {
  const own = createOwnSecrets();
  expect(own.hide('+XYZ: 7351')).toBe('+XYZ: 7351');
  own.note(pinCommand(PIN));
  own.note({ text: 'AT#DWCFG=h:1,0,OKTokenOK,1', secrets: ['OKTokenOK', ''] });
  expect(own.hide('+XYZ: 7351,"7351"')).toBe('+XYZ: [secret],"[secret]"');
  expect(own.hide('xOKTokenOKx')).toBe('x[secret]x');
  for (const text of [
    'OK',
    'ERROR',
    '+CME ERROR: 16',
    '+CSQ: 20,99',
    '#CCID: 8988073510000000014',
    'AT',
    '',
    '+CPIN: READY',
  ])
    expect(own.hide(text)).toBe(text);
});

test('a PIN that the module puts into its error is in no error, no status and no transcript', async () => {
  const module = createFakeModule();
  module.state.cpin = 'SIM PIN';
  module.state.card.pinIsOn = true;
  module.behaviours.push((command, fake) => {
    if (!command.startsWith('AT+CPIN=')) return false;
    fake.answer('AT+CPIN="73', '51"', '+XYZ: 7351', '+CME ERROR: bad "7351"');
    return true;
  });
  const { fails, transcript, modem, clock } = rig({ pin: PIN }, module, createMemoryLedger());
  const error = await fails();
  expect(error).toMatchObject({ code: 'sim.pin-guarded', message: expect.stringContaining('[secret]') });
  for (const late of ['7351', '+LATE: 7351']) module.line(late);
  await clock.advance(100);
  const told = [error.message, JSON.stringify(error.evidence), ...transcript, JSON.stringify(modem.snapshot())].join(
    '\n',
  );
  expect(told).not.toMatch(/7351|"73|51"/);
  expect(told).toContain('+XYZ: [secret]');
});
