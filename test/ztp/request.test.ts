import { describe, expect, test } from 'vitest';
import { Secret, scrubber } from '../../src/core/index.js';
import { encodeZtpRequest, requestHash, type ZtpRequest } from '../../src/ztp/index.js';
import { TOKEN, URL_ } from './fakes.js';

const request = (extra: Partial<ZtpRequest> = {}): ZtpRequest => ({
  token: new Secret('ztp-token', TOKEN),
  hardwareId: 'gw-0a1b2c',
  tags: ['ztp'],
  ...extra,
});
const code = (extra: Partial<ZtpRequest>): string => {
  try {
    encodeZtpRequest(request(extra));
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the request', () => {
  test('has the members the service documents', () => {
    expect(JSON.parse(encodeZtpRequest(request({ givenName: 'gateway' })))).toEqual({
      tags: ['ztp'],
      token: TOKEN,
      hardwareId: 'gw-0a1b2c',
      givenName: 'gateway',
    });
    expect(JSON.parse(encodeZtpRequest(request()))).not.toHaveProperty('givenName');
  });

  test('a token that is put right is kept out of every output in both forms', () => {
    const sent = 'fade0000-1111-4222-8333-444455556666';
    encodeZtpRequest(request({ token: new Secret('ztp-token', sent.toUpperCase()) }));
    expect(scrubber.scrub(`refused: ${sent}, ${sent.toUpperCase()}`)).toBe(
      'refused: [secret ztp-token], [secret ztp-token]',
    );
  });

  test('an upper-case token is put right', () => {
    expect(encodeZtpRequest(request({ token: new Secret('ztp-token', TOKEN.toUpperCase()) }))).toContain(TOKEN);
  });

  test.each(['', 'abc', TOKEN.slice(1), `${TOKEN}0`, TOKEN.replace('-', '_'), `{${TOKEN}}`])(
    'a token that is no UUID is refused before it is sent: %s',
    (value) => {
      expect(code({ token: new Secret('ztp-token', value) })).toBe('ztp.token-format');
    },
  );

  test.each([
    ['hardwareId empty', { hardwareId: '' }],
    ['hardwareId too long', { hardwareId: 'x'.repeat(65) }],
    ['hardwareId with a control', { hardwareId: 'a\nb' }],
    ['hardwareId ending in a blank', { hardwareId: 'a ' }],
    ['givenName of 50', { givenName: 'x'.repeat(50) }],
    ['givenName with an escape', { givenName: 'a\u001b[0m' }],
    ['an empty tag', { tags: [''] }],
    ['too many tags', { tags: Array.from({ length: 17 }, () => 't') }],
  ])('%s is refused before it is sent', (_rule, extra) => {
    expect(code(extra)).toBe('ztp.invalid-request');
  });

  test('the longest allowed values pass', () => {
    expect(code({ hardwareId: 'x'.repeat(64), givenName: 'ä'.repeat(49) })).toBe('taken');
  });
});

test('the hash tells requests apart and shows nothing of the token', () => {
  const of = (extra: Partial<{ token: Secret; url: string; hardwareId: string }> = {}): string =>
    requestHash({ token: new Secret('ztp-token', TOKEN), url: URL_, hardwareId: 'a', ...extra });
  const all = [
    of(),
    of({ url: 'x' }),
    of({ hardwareId: 'b' }),
    of({ token: new Secret('ztp-token', `f${TOKEN.slice(1)}`) }),
  ];
  expect(new Set(all).size).toBe(4);
  expect(of({ token: new Secret('ztp-token', TOKEN.toUpperCase()) })).toBe(all[0]);
  expect(all.join(' ')).not.toContain(TOKEN.slice(0, 8));
});
