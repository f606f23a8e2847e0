import { describe, expect, test } from 'vitest';
import {
  COOKIE,
  createTries,
  createVisitors,
  type GateRules,
  localAddress,
  passage,
  qrLines,
  qrMatrix,
  type Visit,
} from '../../src/share/index.js';

const AUTHORITY = '192.168.1.5:4433';
const OURS = `https://${AUTHORITY}`;

const decide = (visit: Partial<Visit>, rules: Partial<GateRules> = {}) => {
  const decided = passage(
    { method: 'GET', url: '/', host: AUTHORITY, origin: undefined, cookie: `a=b; ${COOKIE}=good`, ...visit },
    {
      ...{ authority: AUTHORITY, isReadOnly: false, isTooMany: false },
      ...{ isKey: (text) => text === 'key', isCookie: (text) => text === 'good', ...rules },
    },
  );
  return decided.is === 'refused' ? decided.status : decided.is;
};

describe('the gate of a shared page', () => {
  test.each<[string, Partial<Visit>, ReturnType<typeof decide>]>([
    ['the page with the cookie', {}, 'forward'],
    ['a history', { url: '/api/v1/history?seconds=60' }, 'forward'],
    ['an asset', { url: '/assets/page.js' }, 'forward'],
    ['the stream', { url: '/events' }, 'forward'],
    ['the head of it', { method: 'HEAD' }, 'forward'],
    ['no cookie', { cookie: undefined }, 403],
    ['a wrong cookie', { cookie: `${COOKIE}=bad` }, 403],
    ['an empty cookie', { cookie: `${COOKIE}=` }, 403],
    ['a name that was rebound to the address', { host: 'evil.example:4433' }, 403],
    ['the address without its port', { host: '192.168.1.5' }, 403],
    ['no host', { host: undefined }, 403],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['the same address without TLS', { origin: `http://${AUTHORITY}` }, 403],
    ['an unknown path', { url: '/api/v1/modem/trace' }, 404],
    ['a way out of the assets', { url: '/assets/../secret' }, 404],
    ['a whole address', { url: 'http://evil.example/' }, 404],
    ['a very long one', { url: `/api/v1/log?${'x'.repeat(600)}` }, 404],
    ['an action', { method: 'POST', url: '/api/v1/actions', origin: OURS }, 'forward'],
    ['an action of no page', { method: 'POST', url: '/api/v1/actions' }, 403],
    ['a command to the module', { method: 'POST', url: '/api/v1/modem/at', origin: OURS }, 404],
    ['a token trial', { method: 'POST', url: '/api/v1/tokens/test', origin: OURS }, 404],
    ['another method', { method: 'DELETE' }, 405],
    ['the key', { url: '/open/key', cookie: undefined }, 'open'],
    ['a wrong key', { url: '/open/kez', cookie: undefined }, 403],
    ['the key by another method', { url: '/open/key', method: 'POST', origin: OURS }, 405],
  ])('%s', (_what, visit, expected) => {
    expect(decide(visit)).toBe(expected);
  });

  test('read-only, nothing can be asked for', () => {
    expect(decide({ method: 'POST', url: '/api/v1/actions', origin: OURS }, { isReadOnly: true })).toBe(403);
    expect(decide({}, { isReadOnly: true })).toBe('forward');
  });

  test('after too many wrong keys even the right one waits, and who is in stays in', () => {
    expect(decide({ url: '/open/key', cookie: undefined }, { isTooMany: true })).toBe(429);
    expect(decide({}, { isTooMany: true })).toBe('forward');
  });
});

test('five wrong keys a minute from one address, and others are not held for it', () => {
  const tries = createTries();
  for (let i = 0; i < 5; i++) tries.wrong('a', i);
  expect([tries.isTooMany('a', 10), tries.isTooMany('b', 10), tries.isTooMany('a', 60_004)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('eight connections from one address, a hundred new ones a minute, and others are not held for it', () => {
  const visitors = createVisitors();
  const many = (address: string, times: number, nowMs: number): number =>
    Array.from({ length: times }, () => visitors.enter(address, nowMs)).filter(Boolean).length;
  expect([many('a', 20, 0), many('b', 3, 0)]).toEqual([8, 3]);
  for (let i = 0; i < 8; i++) visitors.leave('a');
  expect(many('a', 8, 1)).toBe(8);
  for (let i = 0; i < 8; i++) visitors.leave('a');
  // Those that were turned away count as well.
  expect(many('a', 100, 2)).toBe(8);
  for (let i = 0; i < 8; i++) visitors.leave('a');
  expect([many('a', 1, 59_999), many('a', 1, 60_000)]).toEqual([0, 1]);
  // Whoever is inside is not forgotten for those who only knock.
  for (let i = 0; i < 1000; i++) {
    visitors.enter(`c${i}`, 3);
    visitors.leave(`c${i}`);
  }
  expect(many('b', 20, 3)).toBe(5);
});

test('the address is one of the local network, wireless first, never the cellular one', () => {
  const at = (address: string, internal = false) => [{ family: 'IPv4' as const, address, internal }];
  expect(localAddress({ lo: at('127.0.0.1', true), wwan0: at('10.1.2.3'), eth0: at('192.168.1.5') })).toBe(
    '192.168.1.5',
  );
  expect(localAddress({ eth0: at('192.168.1.5'), wlan0: at('10.0.0.7') })).toBe('10.0.0.7');
  expect(localAddress({ eth0: at('203.0.113.9'), ppp0: at('10.9.9.9') })).toBeUndefined();
});

test('a QR code has its three eyes, a quiet zone, and two modules a character', () => {
  const rows = qrMatrix('https://192.168.1.5:4433/open/x');
  const size = rows.length;
  const eye = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111'];
  const at = (y: number, x: number): string[] =>
    rows.slice(y, y + 7).map((row) =>
      row
        .slice(x, x + 7)
        .map((dark) => (dark ? '1' : '0'))
        .join(''),
    );
  for (const [y, x] of [
    [3, 3],
    [3, size - 10],
    [size - 10, 3],
  ] as const)
    expect(at(y, x)).toEqual(eye);
  expect(rows.slice(0, 3).flat()).not.toContain(true);
  expect(qrLines('x')).toHaveLength(Math.ceil(qrMatrix('x').length / 2));
});
