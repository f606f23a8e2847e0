import type { IncomingMessage, RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { createClock, createFakeClock, type Dialer, silentLogger, type WaymarkError } from '../../src/core/index.js';
import { createHttpsClient, createMeter, type HttpsRequest, parseRetryAfterMs } from '../../src/net/index.js';
import { createAuthority, type Issued } from '../helpers/pki.js';
import { httpsFake, loopback, tlsFake } from './fakes.js';

const clock = createClock();
let ca: string;
let server: Issued;
beforeAll(async () => {
  const authority = await createAuthority();
  ({ ca } = authority);
  server = await authority.issue({ name: 'api', hosts: ['api.test'] });
});

const client = (dial: Dialer = loopback) => createHttpsClient({ dial, clock, log: silentLogger });
const ask = (port: number, extra: Partial<HttpsRequest> = {}): HttpsRequest => ({
  method: 'POST',
  url: `https://api.test:${port}/ztp?secret=1`,
  body: '{"a":1}',
  ca: [ca],
  maxBodyBytes: 65_536,
  deadlineMs: 10_000,
  ...extra,
});
const failure = (promise: Promise<unknown>): Promise<WaymarkError> =>
  promise.then(
    () => {
      throw new Error('resolved');
    },
    (error: unknown) => error as WaymarkError,
  );
/** Answers once the request is complete. */
const answering =
  (answer: RequestListener): RequestListener =>
  (request, response) => {
    request.resume().once('end', () => answer(request, response));
  };
/** Raw bytes after the request's head. */
const rawly = (write: (socket: TLSSocket) => void) =>
  tlsFake(server, (socket) => void socket.once('data', () => write(socket)));

describe('what is sent', () => {
  test('a body has a Content-Length and is never chunked', async () => {
    let seen: IncomingMessage | undefined;
    let body = '';
    await using fake = await httpsFake(server, (request, response) => {
      seen = request;
      request.on('data', (chunk: Buffer) => (body += String(chunk)));
      request.once('end', () => response.end('{"ok":true}'));
    });
    const answer = await client().request(ask(fake.port, { body: '{"ä":1}' }));
    expect(answer.status).toBe(200);
    expect(String(answer.body)).toBe('{"ok":true}');
    expect(body).toBe('{"ä":1}');
    expect(seen?.headers).toMatchObject({
      'content-length': '8',
      'content-type': 'application/json',
      accept: 'application/json',
      host: `api.test:${fake.port}`,
    });
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
  });

  test('a GET has neither body nor Content-Type, and its own headers', async () => {
    let seen: IncomingMessage | undefined;
    await using fake = await httpsFake(server, (request, response) => {
      seen = request;
      response.end();
    });
    const { method, url, ca: own, maxBodyBytes, deadlineMs } = ask(fake.port, { method: 'GET' });
    await client().request({ method, url, ca: own, maxBodyBytes, deadlineMs, headers: { Accept: 'text/plain' } });
    expect(seen?.headers['content-type']).toBeUndefined();
    expect(seen?.headers.accept).toBe('text/plain');
    expect(seen?.url).toBe('/ztp?secret=1');
  });

  test('only https is spoken', async () => {
    expect((await failure(client().request(ask(1, { url: 'http://api.test/' })))).code).toBe('config.invalid');
  });

  test('beforeSend runs on a checked connection, and its refusal keeps the request from leaving', async () => {
    let requests = 0;
    await using fake = await httpsFake(server, (_request, response) => {
      requests++;
      response.end();
    });
    let spent = 0;
    const beforeSend = (): Promise<void> => {
      spent++;
      return Promise.reject(new Error('no'));
    };
    await failure(client().request(ask(fake.port, { beforeSend, ca: [] })));
    expect(spent).toBe(0);
    await failure(client().request(ask(fake.port, { beforeSend })));
    expect([spent, requests]).toEqual([1, 0]);
  });
});

describe('what is taken', () => {
  test.each([301, 302, 303, 307, 308, 304])('a %i is never followed', async (status) => {
    let requests = 0;
    await using fake = await httpsFake(
      server,
      answering((_request, response) => {
        requests++;
        response.writeHead(status, { Location: 'https://evil.test/' }).end();
      }),
    );
    expect((await failure(client().request(ask(fake.port)))).code).toBe('http.redirect');
    expect(requests).toBe(1);
  });

  test('4xx and 5xx are answers, with what Retry-After says', async () => {
    await using fake = await httpsFake(
      server,
      answering((_request, response) => void response.writeHead(503, { 'Retry-After': '120' }).end('busy')),
    );
    const answer = await client().request(ask(fake.port));
    expect(answer).toMatchObject({ status: 503, retryAfterMs: 120_000 });
    expect(String(answer.body)).toBe('busy');
  });

  test('a body announced beyond the cap is not read', async () => {
    await using fake = await rawly((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n'));
    expect((await failure(client().request(ask(fake.port)))).code).toBe('http.too-large');
  });

  test('a 100 MB body without an announcement is cut at the cap', async () => {
    let sent = 0;
    let isOver = false;
    await using fake = await rawly((socket) => {
      socket.once('close', () => (isOver = true));
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
      const chunk = Buffer.alloc(65_536, 0x20);
      const pour = (): void => {
        while (!isOver && sent < 100 * 1024 * 1024) {
          sent += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', pour);
            return;
          }
        }
      };
      pour();
    });
    expect((await failure(client().request(ask(fake.port)))).code).toBe('http.too-large');
    expect(sent).toBeLessThan(20 * 1024 * 1024);
  });

  test('a body cut short is net.closed, never half an answer', async () => {
    await using fake = await rawly((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half"'));
    expect((await failure(client().request(ask(fake.port)))).code).toBe('net.closed');
  });

  test('something that is not HTTP is http.malformed', async () => {
    await using fake = await rawly((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await failure(client().request(ask(fake.port)))).code).toBe('http.malformed');
  });

  test('endless headers are http.too-large', async () => {
    await using fake = await rawly((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${`X-A: ${'a'.repeat(1000)}\r\n`.repeat(64)}`);
    });
    expect((await failure(client().request(ask(fake.port)))).code).toBe('http.too-large');
  });

  test('another authority or another name stops it before the request', async () => {
    let requests = 0;
    await using fake = await httpsFake(server, (_request, response) => {
      requests++;
      response.end();
    });
    const { port } = fake;
    expect((await failure(client().request(ask(port, { ca: [] })))).code).toBe('tls.untrusted');
    expect((await failure(client().request(ask(port, { url: `https://other.test:${port}/` })))).code).toBe('tls.name');
    expect(requests).toBe(0);
  });
});

describe('every request ends', () => {
  test.each([
    ['before the head', ''],
    ['within the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345'],
  ])('a server that stops %s is core.timeout after the one deadline', async (_where, bytes) => {
    const fakeClock = createFakeClock();
    let arrived: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (arrived = resolve));
    await using fake = await rawly((socket) => {
      if (bytes !== '') socket.write(bytes);
      arrived();
    });
    const https = createHttpsClient({ dial: loopback, clock: fakeClock, log: silentLogger });
    const result = failure(https.request(ask(fake.port, { deadlineMs: 30_000 })));
    await reached;
    await fakeClock.advance(30_001);
    expect((await result).code).toBe('core.timeout');
  });

  test('an abort ends it with its reason', async () => {
    const controller = new AbortController();
    await using fake = await rawly(() => controller.abort(new Error('enough')));
    await expect(client().request(ask(fake.port, { signal: controller.signal }))).rejects.toThrow('enough');
  });
});

test('Retry-After is seconds or a date, anything else is not there', () => {
  const now = Date.UTC(2026, 0, 1);
  expect(parseRetryAfterMs('30', now)).toBe(30_000);
  expect(parseRetryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
  expect(parseRetryAfterMs('Wed, 31 Dec 2025 23:00:00 GMT', now)).toBe(0);
  for (const bad of [undefined, '', '-1', '1.5', 'soon', '9'.repeat(20), 'Xyz, 99', '2026-01-01'])
    expect(parseRetryAfterMs(bad, now)).toBeUndefined();
});

test('the meter counts what crossed the wire, open and closed connections alike', async () => {
  await using fake = await httpsFake(
    server,
    answering((_request, response) => void response.end('x'.repeat(10_000))),
  );
  const meter = createMeter();
  await client(meter.metered('ztp', loopback)).request(ask(fake.port));
  await expect.poll(() => meter.totals()['ztp']?.bytesIn).toBeGreaterThan(10_000);
  expect(meter.totals()['ztp']).toMatchObject({ connections: 1 });
  expect(meter.totals()['ztp']?.bytesOut).toBeGreaterThan(200);
  const open = await meter.metered('ztp', loopback)({ host: 'x', port: fake.port }, {});
  expect(meter.totals()['ztp']?.connections).toBe(2);
  open.destroy();
});
