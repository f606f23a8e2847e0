import { describe, expect, test } from 'vitest';
import { Secret, WaymarkError } from '../../src/core/index.js';
import { declinedBy, questionOf } from '../../src/modem/apps/celllocate/question.js';
import { hasServers, serversCommand } from '../../src/modem/apps/celllocate/servers.js';
import { errorOfFinal } from '../../src/modem/codec/errors.js';

const servers = {
  token: new Secret('location-token', 'Question-Token-0123456789'),
  primary: 'one.example',
  secondary: 'two.example',
};
const request = { ...servers, scan: 'normal', timeoutSeconds: 60, accuracyM: 1000 } as const;

test('the question in its three forms', () => {
  expect(questionOf(request, 0)).toBe('AT+ULOC=2,2,0,60,1000');
  expect(questionOf(request, 1)).toBe('AT+ULOC=2,2,1,60,1000');
  expect(questionOf(request, 2)).toBe('AT+ULOC=2,2,2,60,1000,16');
});

describe('what a refusal means', () => {
  test.each([
    ['+CME ERROR: 1713', 'busy'],
    ['+CME ERROR: GPS busy', 'busy'],
    ['+CME ERROR: Invalid operation with LOC running / GPS Busy', 'busy'],
    ['+CME ERROR: 3', 'network.no-bearer'],
    ['+CME ERROR: operation not allowed', 'network.no-bearer'],
    ['+CME ERROR: 30', 'network.no-bearer'],
    ['+CME ERROR: 148', 'network.no-bearer'],
    ['+CME ERROR: 50', 'form'],
    ['+CME ERROR: 4', 'form'],
    ['ERROR', 'form'],
    ['+CME ERROR: 1712', 'form'],
    ['+CME ERROR: 1702', 'modem.error'],
    ['+CME ERROR: 14', 'modem.error'],
    ['+CME ERROR: 10', 'sim.absent'],
  ])('%s: %s', (final, expected) => {
    const event = declinedBy(errorOfFinal(final, 'AT+ULOC=…', 'ublox'));
    const meaning =
      event.is === 'declined' && event.because !== 'other' ? event.because : 'error' in event ? event.error.code : '';
    expect(meaning).toBe(expected);
  });

  test('anything else than a refusal ends the attempt', () => {
    for (const code of ['modem.timeout', 'link.closed', 'modem.reset'] as const)
      expect(declinedBy(new WaymarkError(code, code))).toMatchObject({ is: 'failed', error: { code } });
  });
});

describe('servers', () => {
  test('the command is shown without the token', () => {
    const command = serversCommand(servers, ['14', '4']);
    expect(command.text).toBe('AT+UGSRV="one.example","two.example","Question-Token-0123456789",14,4');
    expect(command.shown).toBe('AT+UGSRV="one.example","two.example",[secret location-token],14,4');
    expect(command.secrets).toEqual(['Question-Token-0123456789']);
  });

  test.each([
    [{ primary: 'ONE.example', secondary: 'two.example', hasToken: true }, true],
    [{ primary: 'one.example', secondary: 'two.example', hasToken: false }, false],
    [{ primary: 'one.example', secondary: '', hasToken: true }, false],
    [{ primary: 'two.example', secondary: 'one.example', hasToken: true }, false],
  ])('%j', (found, same) => {
    expect(hasServers({ ...found, showsToken: true, rest: [] }, servers)).toBe(same);
  });
});
