// The doors as visitors find them: what is answered, to whom, and what stays shut (fault X3).
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { createPageToken, type StatusSnapshot } from '../../src/status/index.js';
import { openApi } from '../../src/status/openapi.js';
import { ROUTES, type Route } from '../../src/status/routes.js';
import { ownHosts, refuseActing } from '../../src/status/visitor.js';
import { mistakesIn, type SchemaTree } from '../helpers/schema.js';
import { lampOf, statusWith } from '../helpers/status.js';
import { type Asked, ask, openRig } from './door-rig.js';

const codeOf = (text: string): unknown => (JSON.parse(text) as { error: { code: string } }).error.code;
const ACT = { method: 'POST', body: '{"name":"resubscribe"}' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('what is answered', () => {
  test('every look of the table, on both doors, in the form that is documented', async () => {
    await using rig = await openRig();
    rig.log.add(
      '{"level":"warn","time":"2026-01-01T00:00:00.000Z","component":"session","event":"session.lost","code":"x","msg":"Lost."}\n',
    );
    const { schemas } = (openApi('1.2.3') as { components: { schemas: Record<string, SchemaTree> } }).components;
    const routes: readonly Route[] = Object.values(ROUTES);
    const looks = routes.filter(
      ({ method, path }) => method === 'GET' && path !== '/events' && !path.includes('/modem/'),
    );
    for (const { path, answer } of looks) {
      const name = path.replace('{name}', 'page.js');
      for (const { status, headers, text } of [await rig.tcp(name), await rig.socket(name)]) {
        expect([name, status]).toEqual([name, 200]);
        if (answer.schema) expect(mistakesIn(JSON.parse(text), schemas[answer.schema] ?? {}, schemas)).toEqual([]);
        if (!name.startsWith('/assets/')) expect(headers['content-type']).toContain(answer.type);
      }
    }
  });

  test('HEAD has the head of GET and no body', async () => {
    await using rig = await openRig();
    for (const path of ['/', '/api/v1/status', '/assets/page.js', '/metrics', '/healthz', '/events']) {
      const { status, headers, text } = await rig.tcp(path, { method: 'HEAD' });
      expect([path, status, text]).toEqual([path, 200, '']);
      expect(headers['content-type']).toBe(
        (await (path === '/events' ? rig.tcp(path, { method: 'HEAD' }) : rig.tcp(path))).headers['content-type'],
      );
    }
  });

  test('the page has a policy without anything inline, and nothing is cached, framed or shared', async () => {
    await using rig = await openRig();
    const { headers, text } = await rig.tcp('/');
    expect(text).toContain('serving, the receiver uses the corrections');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
      ),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect((await rig.tcp('/api/v1/status')).headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('the log by level and number', async () => {
    await using rig = await openRig();
    for (const level of ['info', 'warn', 'info', 'error']) rig.log.add(`{"level":"${level}","event":"${level}"}\n`);
    const events = async (query: string): Promise<string[]> =>
      (JSON.parse((await rig.tcp(`/api/v1/log?${query}`)).text) as { entries: { event: string }[] }).entries.map(
        ({ event }) => event,
      );
    expect(await events('level=warn')).toEqual(['warn', 'error']);
    expect(await events('limit=2')).toEqual(['info', 'error']);
    for (const bad of ['level=loud', 'limit=0', 'limit=501', 'limit=1e9', 'limit=-1'])
      expect((await rig.tcp(`/api/v1/log?${bad}`)).status).toBe(400);
    for (const bad of ['seconds=x', 'seconds=0', 'seconds=999999999'])
      expect((await rig.tcp(`/api/v1/history?${bad}`)).status).toBe(400);
  });

  test('alive and ready are not connected', async () => {
    let isReady = false;
    const dark = (): StatusSnapshot => statusWith({ state: 'network', lamps: [lampOf('session', { state: 'dark' })] });
    await using rig = await openRig({ isReady: () => isReady }, dark);
    expect(await rig.tcp('/healthz')).toMatchObject({ status: 200, text: '{"alive":true}\n' });
    expect((await rig.tcp('/readyz')).status).toBe(503);
    isReady = true;
    const { status, text } = await rig.socket('/readyz');
    expect([status, JSON.parse(text)]).toEqual([200, { ready: true, state: 'network', connected: false }]);
  });

  test('what this agent does not have is not found, and said', async () => {
    const none = {
      page: undefined,
      metrics: undefined,
      history: undefined,
      log: undefined,
      config: undefined,
      schema: undefined,
    };
    await using rig = await openRig({ ...none, actions: {} });
    for (const path of [
      '/',
      '/metrics',
      '/api/v1/history',
      '/api/v1/log',
      '/api/v1/config',
      '/api/v1/schema',
      '/assets/page.js',
    ])
      expect([path, (await rig.tcp(path)).status]).toEqual([path, 404]);
    expect(codeOf((await rig.socket('/api/v1/actions', { ...ACT, headers: JSON_TYPE })).text)).toBe(
      'command.not-available',
    );
  });
});

describe('assets', () => {
  test.each([
    '/assets/',
    '/assets/none.js',
    '/assets/outside.js',
    '/assets/../outside.js',
    '/assets/..%2foutside.js',
    '/assets/%2e%2e/outside.js',
    '/assets/page.js/',
    '/assets/page.js%00',
    '/assets//page.js',
    '/assets/__proto__',
    '/assets/constructor',
    '/assets/icon.svg',
  ])('%s is not found', async (path) => {
    await using rig = await openRig();
    expect((await rig.tcp(path)).status).toBe(404);
  });
});

describe('who may come in over TCP', () => {
  const foreign: readonly (readonly [string, (port: number) => Asked])[] = [
    ['a name that was bound anew', (port) => ({ host: `evil.example:${port}` })],
    ['another port', () => ({ host: '127.0.0.1:1' })],
    ['no port', () => ({ host: '127.0.0.1' })],
    ['a page elsewhere', () => ({ headers: { origin: 'https://evil.example' } })],
    ['a page on another port of this machine', () => ({ headers: { origin: 'http://127.0.0.1:1' } })],
    ['a page without an origin', () => ({ headers: { origin: 'null' } })],
    ['TLS in the origin', (port) => ({ headers: { origin: `https://127.0.0.1:${port}` } })],
    ['a link elsewhere', () => ({ headers: { 'sec-fetch-site': 'cross-site' } })],
    ['a neighbour of the same site', () => ({ headers: { 'sec-fetch-site': 'same-site' } })],
  ];
  test.each(foreign)('%s: refused at every door', async (_what, asked) => {
    await using rig = await openRig();
    for (const path of ['/', '/api/v1/status', '/events', '/healthz', '/metrics']) {
      const { status, text } = await rig.tcp(path, asked(rig.port));
      expect([path, status, codeOf(text)]).toEqual([path, 403, 'status.foreign']);
    }
    const { headers, ...rest } = asked(rig.port);
    const post = { ...ACT, ...rest, headers: { ...JSON_TYPE, authorization: `Bearer ${rig.token}`, ...headers } };
    expect((await rig.tcp('/api/v1/actions', post)).status).toBe(403);
    expect(rig.asked).toEqual([]);
  });

  test('open to a network it answers to the address that was reached and to the machine’s name, and to no other', async () => {
    await using rig = await openRig({ http: { host: '0.0.0.0', port: 0 } });
    const code = async (named: string, headers: Record<string, string> = {}): Promise<number> =>
      (await ask({ host: '127.0.0.2', port: rig.port }, '/', { headers: { host: named, ...headers } })).status;
    const [own, name] = [`127.0.0.2:${rig.port}`, `${hostname()}:${rig.port}`];
    expect([await code(own), await code(name), await code(own, { origin: `http://${own}` })]).toEqual([200, 200, 200]);
    for (const other of [`evil.example:${rig.port}`, `127.0.0.3:${rig.port}`, '127.0.0.2', '127.0.0.2:1'])
      expect([other, await code(other)]).toEqual([other, 403]);
    expect(await code(own, { origin: 'http://evil.example' })).toBe(403);
    const near = ['localhost:1', '127.0.0.1:1', '[::1]:1'];
    expect(ownHosts('127.0.0.1', 1, 'Gw')).toEqual(near);
    expect(ownHosts('2001:DB8::1', 1, 'Gw')).toEqual([...near, '[2001:db8::1]:1', 'gw:1', 'gw.local:1']);
    expect(ownHosts('0.0.0.0', 1, 'gw.example')).toEqual([...near, '0.0.0.0:1', 'gw.example:1']);
  });

  test.each<[string, Record<string, string>]>([
    ['typed in by hand', { 'sec-fetch-site': 'none' }],
    ['a link of the page', { 'sec-fetch-site': 'same-origin' }],
    ['a program', {}],
  ])('%s: answered by each of its names', async (_what, headers) => {
    await using rig = await openRig();
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])
      expect((await rig.tcp('/', { headers, host: `${host}:${rig.port}` })).status).toBe(200);
  });

  test('modem, tokens and the level of the log stay on the socket', async () => {
    await using rig = await openRig();
    const authorization = `Bearer ${rig.token}`;
    for (const path of [
      '/api/v1/modem/at',
      '/api/v1/tokens/test',
      '/api/v1/tokens/rotate',
      '/api/v1/log/level',
      '/api/v1/modem/x',
    ]) {
      const { status, text } = await rig.tcp(path, {
        method: 'POST',
        headers: { ...JSON_TYPE, authorization },
        body: '{"level":"trace"}',
      });
      expect([path, status, codeOf(text)]).toEqual([path, 403, 'status.local-only']);
    }
    const { status, text } = await rig.socket('/api/v1/log/level', {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"level":"trace"}',
    });
    expect([status, JSON.parse(text)]).toEqual([200, { level: 'trace', before: 'info' }]);
    expect(
      (await rig.socket('/api/v1/log/level', { method: 'POST', headers: JSON_TYPE, body: '{"level":"loud"}' })).status,
    ).toBe(400);
    for (const seconds of ['-1', '1.5', '86401', '"60"', 'null'])
      expect(
        (
          await rig.socket('/api/v1/log/level', {
            method: 'POST',
            headers: JSON_TYPE,
            body: `{"level":"trace","forSeconds":${seconds}}`,
          })
        ).status,
      ).toBe(400);
    expect(rig.asked).toEqual(['log trace']);
  });
});

describe('acting', () => {
  test('over TCP only with the token of this start; on the socket the socket is enough', async () => {
    await using rig = await openRig();
    const post = (authorization?: string): Asked => ({
      ...ACT,
      headers: {
        ...JSON_TYPE,
        origin: `http://127.0.0.1:${rig.port}`,
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    for (const wrong of [
      undefined,
      'Bearer ',
      'Bearer wrong',
      `Basic ${rig.token}`,
      rig.token,
      `Bearer ${rig.token}x`,
    ]) {
      const { status, headers, text } = await rig.tcp('/api/v1/actions', post(wrong));
      expect([status, codeOf(text)]).toEqual([401, 'status.token']);
      expect(headers['www-authenticate']).toContain('Bearer');
      expect(text).not.toContain(rig.token);
    }
    expect(rig.asked).toEqual([]);
    expect(await rig.tcp('/api/v1/actions', post(`Bearer ${rig.token}`))).toMatchObject({
      status: 200,
      text: '{"message":"did resubscribe"}\n',
    });
    expect((await rig.socket('/api/v1/actions', { ...ACT, headers: JSON_TYPE })).status).toBe(200);
    expect(rig.asked).toEqual(['resubscribe', 'resubscribe']);
  });

  test.each<[string, Partial<Asked>, number]>([
    ['a form of a page', { headers: { 'content-type': 'text/plain' } }, 415],
    ['no JSON', { body: 'name=recover' }, 400],
    ['a list', { body: '["recover"]' }, 400],
    ['a name nobody declared', { body: '{"name":"format-disk"}' }, 400],
    ['a name by the prototype', { body: '{"__proto__":{"name":"recover"}}' }, 400],
    ['a member of every object', { body: '{"name":"constructor"}' }, 400],
    ['17 KiB', { body: `{"name":"${'a'.repeat(17_000)}"}` }, 413],
    ['another method', { method: 'PUT' }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
  ])('%s is refused and nothing is done', async (_what, { headers = JSON_TYPE, ...rest }, status) => {
    await using rig = await openRig();
    const asked = { ...ACT, ...rest, headers: { ...headers, authorization: `Bearer ${rig.token}` } };
    expect((await rig.tcp('/api/v1/actions', asked)).status).toBe(status);
    expect(rig.asked).toEqual([]);
  });

  test('on an address of the network nobody acts, token or not: it would cross the network in the clear', () => {
    const token = new Secret('page-token', 'token-of-the-test-0123456789');
    const at = (localAddress: string): unknown =>
      refuseActing(
        {
          socket: { localAddress },
          headers: { authorization: `Bearer ${token.reveal()}` },
        } as unknown as IncomingMessage,
        token,
      )?.code;
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map(at)).toEqual([undefined, undefined, undefined]);
    expect(['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '0.0.0.0'].map(at)).toEqual(
      Array.from({ length: 4 }, () => 'status.local-only'),
    );
  });

  test('the token is 32 bytes in a file of mode 0600, another at each start, gone at the end', async () => {
    await using rig = await openRig();
    const file = join(rig.dir, 'page-token');
    expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const next = createPageToken(rig.dir);
    expect(next.secret.is(rig.token)).toBe(false);
    expect(readFileSync(file, 'utf8')).not.toContain(rig.token);
    next[Symbol.dispose]();
    expect(existsSync(file)).toBe(false);
  });
});

/** Bytes on a connection of their own, and what comes back until it ends. */
function raw(port: number, text: string): { socket: Socket; ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  const ended = new Promise<string>((resolve) => {
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
  return { socket, ended };
}

describe('hostile visitors', () => {
  const head = (port: number, token: string): string =>
    `POST /api/v1/actions HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\n`;

  test('a head and a body that dribble in are let go', async () => {
    await using rig = await openRig({ limits: { headersMs: 150, requestMs: 300 } });
    expect(await raw(rig.port, 'GET /healthz HTTP/1.1\r\nHo').ended).toContain('408');
    await raw(rig.port, `${head(rig.port, rig.token)}Content-Length: 100\r\n\r\n{"na`).ended;
    expect(rig.asked).toEqual([]);
    expect((await rig.tcp('/healthz')).status).toBe(200);
  });

  test('a gigabyte is refused at its first kilobytes, announced or not, with the token or without', async () => {
    await using rig = await openRig();
    const block = 'x'.repeat(65_536);
    for (const length of [
      'Content-Length: 1000000000\r\n\r\n',
      `Transfer-Encoding: chunked\r\n\r\n10000\r\n${block}\r\n`,
    ])
      for (const [token, code] of [
        [rig.token, '413'],
        ['no', '401'],
      ] as const) {
        const { socket, ended } = raw(rig.port, `${head(rig.port, token)}${length}${block}`);
        expect((await ended).slice(0, 20)).toContain(code);
        expect(socket.bytesWritten).toBeLessThan(1_000_000);
      }
    const { ended } = raw(
      rig.port,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 1000000000\r\n\r\n`,
    );
    expect(await ended).toContain('HTTP/1.1 400');
  });

  test('of many connections sixteen are kept, and when they go others come in', async () => {
    await using rig = await openRig();
    const many = Array.from({ length: 30 }, () => raw(rig.port, ''));
    const gone = many.map(({ ended }, i) => ended.then(() => i));
    // Those above the limit are closed at once, by the door.
    const first = await Promise.all(gone.slice(16));
    expect(first).toHaveLength(14);
    expect(many.slice(0, 16).every(({ socket }) => !socket.closed)).toBe(true);
    expect((await rig.socket('/healthz')).status).toBe(200);
    for (const { socket } of many) socket.destroy();
    await Promise.all(gone);
    let status = 0;
    for (let i = 0; i < 50 && status !== 200; i++)
      status = await rig.tcp('/healthz').then(
        (answer) => answer.status,
        () => 0,
      );
    expect(status).toBe(200);
  });

  test('six read the events over TCP, the seventh is told, and the socket has places of its own', async () => {
    await using rig = await openRig();
    const follow = `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`;
    const readers = Array.from({ length: 6 }, () => raw(rig.port, follow));
    await Promise.all(readers.map(({ socket }) => new Promise((done) => socket.once('data', done))));
    const { status, text } = await rig.tcp('/events');
    expect([status, codeOf(text)]).toEqual([503, 'status.crowded']);
    expect((await rig.tcp('/healthz')).status).toBe(200);
    expect((await rig.socket('/events', { method: 'HEAD' })).status).toBe(200);
    for (const { socket } of readers) socket.destroy();
    await Promise.all(readers.map(({ ended }) => ended));
  });
});
