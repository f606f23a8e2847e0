import { describe, expect, test } from 'vitest';
import { commandHelp, readCommand } from '../../src/sim/commands.js';

const sentence = (data: unknown, scope: 'world' | 'modem' = 'world'): string => {
  try {
    readCommand(data, scope);
    return 'understood';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a command as an object', () => {
  test.each([
    [{ do: 'swap' }, { do: 'swap' }],
    [
      { do: 'renumber', device: 'modem' },
      { do: 'renumber', device: 'modem' },
    ],
    [
      { do: 'reset', device: 'modem', renumber: true },
      { do: 'reset', device: 'modem', renumber: true },
    ],
    [
      { do: 'card', state: 'pin', pin: '1234', pinTries: 2 },
      { do: 'card', change: { state: 'pin', pin: '1234', pinTries: 2 } },
    ],
    [
      { do: 'coverage', state: 'denied', rejectCause: 11 },
      { do: 'coverage', change: { state: 'denied', rejectCause: 11 } },
    ],
    [
      { do: 'signal', rsrpDbm: -110.5 },
      { do: 'signal', change: { rsrpDbm: -110.5 } },
    ],
    [
      { do: 'urc', text: '+CREG: 2' },
      { do: 'urc', text: '+CREG: 2' },
    ],
    [
      { do: 'fault', name: 'deaf', args: { command: '+CREG?', times: 2 } },
      { do: 'fault', name: 'deaf', args: { command: '+CREG?', times: 2 } },
    ],
    [
      { do: 'fault', name: 'mute' },
      { do: 'fault', name: 'mute', args: {} },
    ],
    [{ do: 'heal' }, { do: 'heal' }],
    [
      { do: 'transcript', last: 5 },
      { do: 'transcript', last: 5 },
    ],
  ])('%j', (data, command) => {
    expect(readCommand(data, 'world')).toEqual(command);
  });

  test.each([
    [{ do: 'fly' }, /^do must be one of unplug, /],
    [{ do: 'toString' }, /^do must be one of/],
    ['stop', 'a command is a JSON object'],
    [[], 'a command is a JSON object'],
    [{ do: 'unplug' }, 'device is missing'],
    [{ do: 'unplug', device: 'door' }, 'device must be one of modem, receiver'],
    [{ do: 'reset', device: 'modem', renumber: 'yes' }, 'renumber must be true or false'],
    [{ do: 'pdp', active: 'on' }, 'active must be true or false'],
    [{ do: 'card' }, 'card: nothing to change'],
    [{ do: 'card', pin: 1234 }, 'pin must be four to eight digits'],
    [{ do: 'card', pin: '12' }, 'pin must be four to eight digits'],
    [{ do: 'card', pinTries: 1.5 }, 'pinTries must be a whole number from 0 to 10'],
    [{ do: 'card', state: 'ready', absentMs: 500 }, 'state: a card put in says itself what it asks for'],
    [{ do: 'card', state: 'lost' }, /^state must be one of absent, busy, ready, /],
    [{ do: 'card', colour: 'red' }, /^card knows no colour; it knows absentMs, state, pin, /],
    [{ do: 'coverage', rejectCause: 300 }, 'rejectCause must be a whole number from 0 to 255'],
    [{ do: 'coverage', areaCode: 'xyz' }, 'areaCode must be four hex digits'],
    [{ do: 'signal', rssiDbm: '-80' }, 'rssiDbm must be a number from -140 to 0'],
    [{ do: 'signal', rssiDbm: Number.NaN }, 'rssiDbm must be a number from -140 to 0'],
    [{ do: 'urc', text: 'a\r\nOK' }, 'text must be one line'],
    [{ do: 'urc' }, 'text is missing'],
    [{ do: 'fault' }, 'name is missing'],
    [{ do: 'fault', name: 'mute', args: 'x' }, 'args must be an object'],
    [{ do: 'transcript', last: 0 }, 'last must be a whole number from 1 to 1000'],
    [{ do: 'swap', twice: true }, 'swap knows no twice; it takes nothing'],
    [{ do: 'state', words: 'x' }, 'words must be a list of texts'],
    [{ do: 'state', words: [1] }, 'words must be texts'],
  ])('%j is refused with a sentence', (data, why) => {
    expect(sentence(data)).toMatch(why);
  });
});

describe('a command as words', () => {
  const typed = (line: string) => {
    const [verb, ...words] = line.split(' ');
    return readCommand({ do: verb, words }, 'world');
  };
  test.each([
    ['unplug modem', { do: 'unplug', device: 'modem' }],
    ['reset modem renumber=true', { do: 'reset', device: 'modem', renumber: true }],
    ['pdp off', { do: 'pdp', active: false }],
    ['card state=pin pin=0123 pinTries=2', { do: 'card', change: { state: 'pin', pin: '0123', pinTries: 2 } }],
    [
      'card iccid=8988010000000000042 absentMs=300',
      { do: 'card', change: { iccid: '8988010000000000042' }, absentMs: 300 },
    ],
    ['card absent', { do: 'card', change: { state: 'absent' } }],
    ['coverage denied rejectCause=11', { do: 'coverage', change: { state: 'denied', rejectCause: 11 } }],
    ['signal rssiDbm=-101.5', { do: 'signal', change: { rssiDbm: -101.5 } }],
    ['fault urcStorm ratePerS=100', { do: 'fault', name: 'urcStorm', args: { ratePerS: 100 } }],
    ['fault deaf command=+CREG? isX=true', { do: 'fault', name: 'deaf', args: { command: '+CREG?', isX: true } }],
    ['heal mute', { do: 'heal', name: 'mute' }],
    ['transcript 7', { do: 'transcript', last: 7 }],
    ['urc +CREG:2', { do: 'urc', text: '+CREG:2' }],
    ['devicewise-drop', { do: 'devicewise-drop' }],
    ['devicewise-drop code=-18321', { do: 'devicewise-drop', code: -18_321 }],
  ])('%s', (line, command) => {
    expect(typed(line)).toEqual(command);
  });
  test.each([
    ['unplug modem now', 'now is one word too many; it is: unplug modem|receiver'],
    ['unplug', 'device is missing'],
    ['signal rssiDbm=loud', 'rssiDbm must be a number from -140 to 0'],
    ['pdp maybe', 'active must be true or false'],
    ['devicewise-drop code=-1', 'code must be a whole number from -18999 to -18000'],
    ['swap constructor=1', 'swap knows no constructor; it takes nothing'],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });
});

describe('a module alone', () => {
  test('knows nothing of USB, and needs no device named', () => {
    expect(sentence({ do: 'swap' }, 'modem')).toMatch(/^do must be one of unplug, replug, reset, pdp, card, /);
    expect(readCommand({ do: 'unplug' }, 'modem')).toEqual({ do: 'unplug', device: 'modem' });
    expect(commandHelp('modem').join('\n')).not.toContain('swap');
  });
  test('the list for people names every command and how it is written', () => {
    const help = commandHelp().join('\n');
    for (const verb of ['unplug', 'renumber', 'swap', 'card', 'fault', 'heal', 'transcript', 'stop'])
      expect(help).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
    expect(help).toMatch(/^Faults: .*mute.*urcStorm/m);
  });
});
