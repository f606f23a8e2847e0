import { describe, expect, test } from 'vitest';
import { createScrubber, escapeControls } from '../../src/core/index.js';

const KNOWN = 'Tk+9/"quoted"\\and&more=';
const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA',
  'BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB',
  'CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC',
  '-----END PRIVATE KEY-----',
  '',
].join('\n');

const b = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('known values', () => {
  test.each<[string, string]>([
    ['raw', KNOWN],
    ['base64', b(KNOWN).toString('base64')],
    ['base64 without padding', b(KNOWN).toString('base64').replace(/=+$/, '')],
    ['base64url', b(KNOWN).toString('base64url')],
    ['hex', b(KNOWN).toString('hex')],
    ['upper-case hex', b(KNOWN).toString('hex').toUpperCase()],
    ['url-encoded', encodeURIComponent(KNOWN)],
    ['as a whole URL', encodeURI(KNOWN)],
    ['JSON-escaped', JSON.stringify(KNOWN).slice(1, -1)],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ x: KNOWN })).slice(10, -4)],
  ])('%s goes, wherever it stands', (_form, text) => {
    const scrubber = createScrubber();
    scrubber.register('app-token', KNOWN);
    const out = scrubber.scrub(`before<${text}>after ${text}`);
    expect(out).toMatch(/^before<\[secret app-token]>after \[secret app-token]$/);
  });

  test.each(['0A1b2C3d-0000-4000-8000-00000000abCD', '0a1b2c3d-0000-4000-8000-00000000abcd'])(
    'a UUID goes in either case, encoded or not (%#)',
    (uuid) => {
      const scrubber = createScrubber();
      scrubber.register('ztp-token', uuid);
      for (const other of [uuid, uuid.toLowerCase(), uuid.toUpperCase()])
        for (const text of [other, b(other).toString('base64'), b(other).toString('hex')])
          expect(scrubber.scrub(`x ${text} y`)).toBe('x [secret ztp-token] y');
    },
  );

  test('a PEM goes whole, escaped in JSON, and line by line', () => {
    const scrubber = createScrubber();
    scrubber.register('client-key', PEM);
    const lines = PEM.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    const texts = [PEM, JSON.stringify({ a: PEM }), JSON.stringify(JSON.stringify({ a: PEM })), ...lines];
    for (const text of texts) {
      const out = scrubber.scrub(`x ${text} y`);
      for (const line of lines) expect(out).not.toContain(line);
    }
  });

  test('of the keys that a topic may change all the time the last 64 are known, and the cost stays', () => {
    const scrubber = createScrubber();
    const key = (n: number): string => b(String(n).padStart(16, 'k')).toString('hex');
    scrubber.register('password', b(key(1)).toString('hex'));
    scrubber.register('spartn-key', key(2));
    scrubber.register('password', key(2));
    for (let n = 1; n <= 1500; n++) {
      scrubber.register('spartn-key', key(n));
      // In use all the time.
      scrubber.register('spartn-key', key(3));
      if (n % 100 === 0) scrubber.scrub('x');
    }
    const known = (n: number): boolean => scrubber.scrub(key(n)) === '[secret spartn-key]';
    const left = Array.from({ length: 1500 }, (_, i) => i + 1).filter(known);
    expect(left).toHaveLength(64);
    expect(left.slice(0, 2)).toEqual([3, 1438]);
    expect(scrubber.scrub(b(key(1437)).toString('base64'))).not.toContain('secret');
    expect(scrubber.scrub(b(key(1438)).toString('base64'))).toBe('[secret spartn-key]');
    // What is another secret, too, is not forgotten with the key.
    expect(scrubber.scrub(key(2))).toBe('[secret password]');
    expect(scrubber.scrub(b(key(1)).toString('hex'))).toBe('[secret password]');
  });

  test.each([
    ['password', 64],
    ['access-secret', 64],
    ['api-token', 16],
    ['session-token', 16],
    ['device-token', 16],
  ])('of %s the last %i are known', (kind, limit) => {
    const scrubber = createScrubber();
    const value = (n: number): string => b(`${kind}-${n}`.padStart(30, 'v')).toString('hex');
    for (let n = 1; n <= 100; n++) scrubber.register(kind, value(n));
    const left = Array.from({ length: 100 }, (_, i) => i + 1).filter((n) => scrubber.scrub(value(n)) !== value(n));
    expect(left).toEqual(Array.from({ length: limit }, (_, i) => 101 - limit + i));
  });

  test('a long token goes whole in every form, though only its head is searched for', () => {
    const scrubber = createScrubber();
    const tokens = ['a', 'b'].map((seed) => b(seed.repeat(6000)).toString('base64url'));
    for (const token of tokens) scrubber.register('api-token', token);
    for (const token of tokens)
      for (const text of [
        token,
        b(token).toString('base64'),
        b(token).toString('base64url'),
        b(token).toString('hex').toUpperCase(),
        encodeURIComponent(token),
      ])
        expect(scrubber.scrub(`{"x":"${text}", "y": 1}`)).toBe('{"x":"[secret api-token]", "y": 1}');
  });

  test('a long value that is no token goes whole, too', () => {
    const scrubber = createScrubber();
    const value = `${'p'.repeat(300)} with "words" and ${'q'.repeat(300)}`;
    scrubber.register('password', value);
    expect(scrubber.scrub(`x ${value} y`)).toBe('x [secret password] y');
    expect(scrubber.scrub(JSON.stringify({ value }))).toBe('{"value":"[secret password]"}');
  });

  test('of a kind with large values fewer are known, the last in any case', () => {
    const scrubber = createScrubber();
    const large = (n: number): string => `${n} ${'large value '.repeat(2000)}`;
    for (let n = 1; n <= 20; n++) scrubber.register('client-key', large(n));
    const known = (n: number): boolean => scrubber.scrub(large(n)) === '[secret client-key]';
    const left = Array.from({ length: 20 }, (_, i) => i + 1).filter(known);
    expect(left.length).toBeLessThan(15);
    expect(left.at(-1)).toBe(20);
  });

  test('what is too short to be told from a word is not registered', () => {
    const scrubber = createScrubber();
    scrubber.register('pin', '1234');
    expect(scrubber.scrub('1234 metres')).toBe('1234 metres');
  });

  test('the longer of two overlapping secrets goes first', () => {
    const scrubber = createScrubber();
    scrubber.register('api-token', 'abcdef');
    scrubber.register('app-token', 'abcdefghijkl');
    expect(scrubber.scrub('abcdefghijkl')).toBe('[secret app-token]');
  });

  test('characters that mean something in a pattern are taken as they are', () => {
    const scrubber = createScrubber();
    scrubber.register('password', 'a.*+?^${}()|[]\\b');
    expect(scrubber.scrub('aXXXXXXb')).toBe('aXXXXXXb');
    expect(scrubber.scrub('<a.*+?^${}()|[]\\b>')).toBe('<[secret password]>');
  });
});

/** [what, text, the secret in it, what must remain] */
const SHAPES: [string, string, string, string][] = [
  ['Bearer', 'Authorization: Bearer abc.DEF-123', 'abc.DEF-123', 'Authorization: Bearer [secret]'],
  ['Basic', 'authorization: basic dXNlcjpwYXNz', 'dXNlcjpwYXNz', 'authorization: basic [secret]'],
  ['ThingSpace header', 'VZ-M2M-Token: 1234-abcd', '1234-abcd', 'VZ-M2M-Token: [secret]'],
  ['query token', 'https://x/y?a=1&token=T0ken%20x&b=2', 'T0ken', 'https://x/y?a=1&token=[secret]&b=2'],
  ['last words of a program', 'hook: API_TOKEN=T0ken%20x ended', 'T0ken', 'hook: API_TOKEN=[secret] ended'],
  ['first query token', 'https://x/y?access_token=T0ken', 'T0ken', 'https://x/y?access_token=[secret]'],
  ['ThingSpace header in JSON', '{"VZ-M2M-Token":"1234-abcd"}', '1234-abcd', '{"VZ-M2M-Token":"[secret]"}'],
  ['ThingSpace login', '{"newPassword":"s3cr3t-x","a":1}', 's3cr3t-x', '{"newPassword":"[secret]","a":1}'],
  [
    'OAuth answer',
    '{"access_token":"T0ken","expires_in":3600}',
    'T0ken',
    '{"access_token":"[secret]","expires_in":3600}',
  ],
  ['OAuth request', 'x?grant=1&client_secret=T0ken&b=2', 'T0ken', 'x?grant=1&client_secret=[secret]&b=2'],
  ['deviceWISE session', '{"sessionId":"T0ken"}', 'T0ken', '{"sessionId":"[secret]"}'],
  ['Losant secret', '{"accessSecret":"T0ken"}', 'T0ken', '{"accessSecret":"[secret]"}'],
  [
    'decryption key',
    '{"current":{"start":17,"duration":24,"value":"00aaff"},"value":"kept"}',
    '00aaff',
    '{"current":{"start":17,"duration":24,"value":"[secret]"},"value":"kept"}',
  ],
  ['JWT', 'got eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl!', 'c2lnbmF0dXJl', 'got [secret jwt]!'],
  ['JSON token', '{"Token": "T0ken", "a": 1}', 'T0ken', '{"Token": "[secret]", "a": 1}'],
  ['JSON session', '{"sessionToken":"T0ken"}', 'T0ken', '{"sessionToken":"[secret]"}'],
  ['JSON password with a quote in it', '{"password":"pa\\"sQs\\\\w","a":1}', 'sQs', '{"password":"[secret]","a":1}'],
  ['deviceWISE write', 'AT#DWCFG=dw.example:443,1,APPTOKEN,60', 'APPTOKEN', 'AT#DWCFG=dw.example:443,1,[secret],60'],
  ['deviceWISE read', '#DWCFG: "dw.example:443",1,"APPTOKEN",60', 'APPTOKEN', '#DWCFG: "dw.example:443",1,[secret],60'],
  ['u-blox server', 'AT+UGSRV="a","b","MGATOKEN",14', 'MGATOKEN', 'AT+UGSRV="a","b",[secret],14'],
  ['u-blox server read back', '+UGSRV: "a","b","MGATOKEN",14', 'MGATOKEN', '+UGSRV: "a","b",[secret],14'],
  ['u-blox server, bare', 'AT+UGSRV=a,b,MGATOKEN', 'MGATOKEN', 'AT+UGSRV=a,b,[secret]'],
  ['APN password', 'AT+CGAUTH=1,2,"user","pa,ss"', 'pa,ss', 'AT+CGAUTH=1,2,[secret]'],
  ['u-blox APN password', 'AT+UAUTHREQ=1,2,"pass","user"', 'pass', 'AT+UAUTHREQ=1,2,[secret]'],
  ['activation password', 'AT#SGACT=1,1,"user","pass"', 'pass', 'AT#SGACT=1,1,[secret]'],
  ['PIN', 'AT+CPIN="4711"', '4711', 'AT+CPIN=[secret]'],
  ['bare PIN', 'AT+CPIN=4711', '4711', 'AT+CPIN=[secret]'],
  ['PUK and new PIN', 'AT+CPIN="12345678","4711"', '4711', 'AT+CPIN=[secret]'],
  ['unfinished PIN', 'AT+CPIN="4711', '4711', 'AT+CPIN=[secret]'],
  ['PIN lock', 'AT+CLCK="SC",1,"4711"', '4711', 'AT+CLCK="SC",1,[secret]'],
  ['PIN change', 'AT+CPWD="SC","4711","0815"', '0815', 'AT+CPWD=[secret]'],
  ['private key', `x ${PEM.trim()} y`, 'BBBBBBBB', 'x [secret pem] y'],
  ['named private key', `x ${PEM.trim().replaceAll('PRIVATE', 'EC PRIVATE')} y`, 'BBBBBBBB', 'x [secret pem] y'],
  ['cut private key', `x ${PEM.slice(0, 120)}`, 'AwEHBG0', 'x [secret pem]'],
];

describe('shapes', () => {
  const { scrub } = createScrubber();

  test.each(SHAPES)('%s goes and nothing else does', (_what, text, secret, expected) => {
    const out = scrub(text);
    expect(out).not.toContain(secret);
    expect(out).toBe(expected);
  });

  test.each(SHAPES)('%s goes inside JSON, and the JSON still parses', (_what, text, secret) => {
    let line = { event: 'x', text, list: [text, 'kept'], last: 'kept' } as Record<string, unknown>;
    const once = scrub(JSON.stringify(line));
    expect(once).not.toContain(secret);
    line = JSON.parse(once) as Record<string, unknown>;
    expect(line['event']).toBe('x');
    expect(line['last']).toBe('kept');
    expect((line['list'] as string[])[1]).toBe('kept');
  });

  test.each(SHAPES)('%s goes inside JSON inside JSON', (_what, text, secret) => {
    const out = scrub(JSON.stringify({ body: JSON.stringify({ text, last: 'kept' }), end: 'kept' }));
    expect(out).not.toContain(secret);
    expect((JSON.parse(out) as { end: string }).end).toBe('kept');
  });

  test.each(SHAPES)('%s: scrubbing twice is scrubbing once', (_what, text) => {
    const once = scrub(text);
    expect(scrub(once)).toBe(once);
    const json = scrub(JSON.stringify({ text }));
    expect(scrub(json)).toBe(json);
  });

  test.each(SHAPES)('%s keeps the name of a secret that was known', (_what, text, secret) => {
    const scrubber = createScrubber();
    scrubber.register('app-token', secret.padEnd(6, '#'));
    const out = scrubber.scrub(text.replaceAll(secret, secret.padEnd(6, '#')));
    expect(out).not.toContain('[secret] ');
    expect(scrubber.scrub(out)).toBe(out);
  });

  test('identifiers that are not secret stay', () => {
    const text =
      'id 4f9c1b1e-0000-4000-8000-1234567890ab sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
    expect(scrub(text)).toBe(text);
  });
});

describe('cost', () => {
  const MB = 1_000_000;
  const fill = (piece: string): string => piece.repeat(Math.ceil(MB / piece.length));

  test.each<[string, string]>([
    ['begin markers', fill('-----BEGIN PRIVATE KEY-----')],
    ['begin markers with bodies', fill(`-----BEGIN PRIVATE KEY-----${'A'.repeat(500)}`)],
    ['dashes', fill('-')],
    ['backslashes', fill('\\')],
    ['quotes', fill('"')],
    ['escaped quotes', fill('\\"')],
    ['jwt heads', fill('eyJ')],
    ['jwt heads with dots', fill('eyJ.eyJ.')],
    ['member names', fill('"token":"')],
    ['escaped member names', fill('\\"token\\":\\"\\')],
    ['bearers', fill('Bearer ')],
    ['blanks after a bearer', `Bearer${fill(' ')}`],
    ['AT heads', fill('AT#DWCFG=')],
    ['AT arguments', `AT+CPIN=${fill('"a",')}`],
    ['commas', `AT#DWCFG=${fill(',')}`],
    ['query marks', fill('?token=')],
    ['key members', fill('"duration":1,"value":"')],
    ['session headers', fill('VZ-M2M-Token:')],
    ['base64', fill('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo')],
  ])('a megabyte of %s takes linear time', (_what, text) => {
    const scrubber = createScrubber();
    scrubber.register('client-key', PEM);
    scrubber.register('app-token', KNOWN);
    const took = (n: number): number => {
      const part = text.slice(0, n);
      const began = performance.now();
      scrubber.scrub(part);
      return performance.now() - began;
    };
    took(MB / 4);
    // The best of several, because this process may be held up; quadratic would be sixteenfold.
    const quarter = Math.min(took(MB / 4), took(MB / 4), took(MB / 4));
    const whole = Math.min(took(MB), took(MB), took(MB));
    expect(whole).toBeLessThan(8 * quarter + 250);
  });
});

describe('controls', () => {
  test('whatever a terminal would obey is shown, newline and tab are kept', () => {
    expect(escapeControls('a\x1b[31mb\x9bc\x7f\0\r\n\t')).toBe('a\\x1b[31mb\\x9bc\\x7f\\x00\\x0d\n\t');
    expect(escapeControls('a\u202eb\u2066c\u2028d\u200fe')).toBe('a\\u202eb\\u2066c\\u2028d\\u200fe');
    expect(escapeControls('a\u061cb\u200bc\u2060d\ufeffe\xadf\u2069')).toBe(
      'a\\u061cb\\u200bc\\u2060d\\ufeffe\\xadf\\u2069',
    );
    expect(escapeControls('tag\u{e0041}')).toBe('tag\\udb40\\udc41');
    expect(escapeControls('Grüße … 漢字 🛰')).toBe('Grüße … 漢字 🛰');
  });

  test('the JSON form reads back as what it was', () => {
    const value = { a: 'x\x9b\x7f\u202e\u2028y\x1b\u061c\u{e0041}' };
    const line = escapeControls(JSON.stringify(value), 'json');
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line)).toEqual(value);
  });
});
