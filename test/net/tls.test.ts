import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { createClock, createFakeClock, Secret } from '../../src/core/index.js';
import { connectTls, createSessionCache, mapTlsError } from '../../src/net/index.js';
import { type Authority, createAuthority, type Issued } from '../helpers/pki.js';
import { loopback, tcpFake, tlsAlert, tlsFake } from './fakes.js';

const clock = createClock();
const signal = new AbortController().signal;
const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );
const raw = (port: number): Promise<Duplex> => loopback({ host: 'x', port }, { signal });

let ours: Authority;
let foreign: Authority;
let server: Issued;
beforeAll(async () => {
  ours = await createAuthority();
  foreign = await createAuthority('Somebody Else');
  server = await ours.issue({ name: 'broker', hosts: ['broker.test', '127.0.0.1'] });
});

describe('who is believed', () => {
  test('a name on the certificate is accepted, and sent as SNI', async () => {
    let seen: unknown = null;
    await using fake = await tlsFake(server, (socket) => {
      seen = socket.servername;
      socket.write('hello');
    });
    const tls = await connectTls(await raw(fake.port), { host: 'broker.test', ca: [ours.ca], clock });
    await new Promise((resolve) => tls.once('data', resolve));
    expect(seen).toBe('broker.test');
    tls.destroy();
  });

  test('an address on the certificate is accepted, and never sent as SNI', async () => {
    let seen: unknown = 'unset';
    await using fake = await tlsFake(server, (socket) => {
      seen = socket.servername;
      socket.write('hello');
    });
    const tls = await connectTls(await raw(fake.port), { host: '127.0.0.1', ca: [ours.ca], clock });
    await new Promise((resolve) => tls.once('data', resolve));
    expect(seen).toBe(false);
    tls.destroy();
  });

  test('an unknown authority is tls.untrusted', async () => {
    const other = await foreign.issue({ name: 'x', hosts: ['broker.test'] });
    await using fake = await tlsFake({ ...other, cert: other.cert + foreign.ca }, () => undefined);
    expect(await code(connectTls(await raw(fake.port), { host: 'broker.test', ca: [ours.ca], clock }))).toBe(
      'tls.untrusted',
    );
    expect(await code(connectTls(await raw(fake.port), { host: 'broker.test', clock }))).toBe('tls.untrusted');
  });

  test('the environment cannot switch the check off', async () => {
    await using fake = await tlsFake(server, () => undefined);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await code(connectTls(await raw(fake.port), { host: 'broker.test', clock }))).toBe('tls.untrusted');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  test('another name is tls.name', async () => {
    await using fake = await tlsFake(server, () => undefined);
    expect(await code(connectTls(await raw(fake.port), { host: 'other.test', ca: [ours.ca], clock }))).toBe('tls.name');
  });

  test('a certificate outside its dates is tls.expired, on either side', async () => {
    const day = 86_400_000;
    const past = await ours.issue({ name: 'x', hosts: ['b.test'], notAfterUtcMs: Date.now() - day / 2 });
    const future = await ours.issue({ name: 'x', hosts: ['b.test'], notBeforeUtcMs: Date.now() + day });
    for (const identity of [past, future]) {
      await using fake = await tlsFake(identity, () => undefined);
      expect(await code(connectTls(await raw(fake.port), { host: 'b.test', ca: [ours.ca], clock }))).toBe(
        'tls.expired',
      );
    }
  });

  test('TLS below 1.2 is not spoken', async () => {
    await using fake = await tlsFake(
      { ...server, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
      () => undefined,
    );
    expect(await code(connectTls(await raw(fake.port), { host: 'broker.test', ca: [ours.ca], clock }))).toBe(
      'tls.failed',
    );
  });
});

describe('our own certificate', () => {
  test.each([
    [42, 'tls.client-refused'],
    [44, 'tls.client-refused'],
    [46, 'tls.client-refused'],
    [48, 'tls.client-refused'],
    [116, 'tls.client-refused'],
    [40, 'tls.failed'],
    [80, 'tls.failed'],
  ])('alert %i from the server is %s', async (alert, expected) => {
    await using fake = await tcpFake((socket) => socket.once('data', () => socket.end(tlsAlert(alert))));
    expect(await code(connectTls(await raw(fake.port), { host: 'broker.test', clock }))).toBe(expected);
  });

  test('key and certificate that do not belong together are identity.invalid, before a byte is sent', async () => {
    const [one, two] = [await ours.issue({ name: 'one' }), await ours.issue({ name: 'two' })];
    let bytes = 0;
    await using fake = await tcpFake((socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
    const key = new Secret('client-key', two.key);
    expect(await code(connectTls(await raw(fake.port), { host: 'b.test', cert: one.cert, key, clock }))).toBe(
      'identity.invalid',
    );
    expect(bytes).toBe(0);
  });

  test('a client certificate is shown to the server', async () => {
    const client = await ours.issue({ name: 'gateway-1' });
    const seen = new Promise<string>((resolve) => {
      void tlsFake({ ...server, ca: ours.ca, requestCert: true }, (socket) => {
        resolve(String(socket.getPeerCertificate().subject.CN));
      }).then(async (fake) => {
        const tls = await connectTls(await raw(fake.port), {
          host: 'broker.test',
          ca: [ours.ca],
          cert: client.cert,
          key: new Secret('client-key', client.key),
          clock,
        });
        tls.once('close', () => void fake[Symbol.asyncDispose]());
        void seen.then(() => tls.destroy());
      });
    });
    expect(await seen).toBe('gateway-1');
  });
});

describe('every handshake ends', () => {
  test('a server that never answers is given up after 15 s', async () => {
    const fakeClock = createFakeClock();
    const silent = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const result = code(connectTls(silent, { host: 'b.test', clock: fakeClock }));
    await fakeClock.advance(14_000);
    expect(silent.destroyed).toBe(false);
    await fakeClock.advance(1100);
    expect(await result).toBe('tls.failed');
    expect(silent.destroyed).toBe(true);
  });

  test('a server that hangs up during the handshake is net.closed', async () => {
    await using fake = await tcpFake((socket) => socket.once('data', () => socket.destroy()));
    expect(await code(connectTls(await raw(fake.port), { host: 'b.test', clock }))).toBe('net.closed');
  });

  test('an abort destroys the stream', async () => {
    await using fake = await tcpFake(() => undefined);
    const stream = await raw(fake.port);
    const controller = new AbortController();
    const result = connectTls(stream, { host: 'b.test', clock, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect(stream.destroyed).toBe(true);
  });

  test('garbage instead of TLS is tls.failed', async () => {
    await using fake = await tcpFake((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await code(connectTls(await raw(fake.port), { host: 'b.test', clock }))).toBe('tls.failed');
  });
});

describe('session tickets', () => {
  test('the second connection resumes, but never under another client certificate', async () => {
    const reused: boolean[] = [];
    const [one, two] = [await ours.issue({ name: 'one' }), await ours.issue({ name: 'two' })];
    await using fake = await tlsFake({ ...server, ca: ours.ca, requestCert: true }, (socket) => {
      socket.end('x');
    });
    const sessions = createSessionCache();
    for (const client of [one, one, two]) {
      const key = new Secret('client-key', client.key);
      const { port } = fake;
      const socket = connect({ host: '127.0.0.1', port });
      const tls = await connectTls(socket, {
        host: 'broker.test',
        ca: [ours.ca],
        cert: client.cert,
        key,
        sessions,
        clock,
      });
      reused.push(tls.isSessionReused());
      await new Promise((resolve) => tls.resume().once('close', resolve));
    }
    expect(reused).toEqual([false, true, false]);
  });

  test('the cache forgets the oldest beyond its size', () => {
    const cache = createSessionCache(2);
    for (const key of ['a', 'b', 'c']) cache.set(key, Buffer.from(key));
    expect(['a', 'b', 'c'].map((key) => cache.get(key)?.toString())).toEqual([undefined, 'b', 'c']);
  });
});

test('codes of later errors are told apart', () => {
  const of = (name: string): string => mapTlsError(Object.assign(new Error('x'), { code: name }), 'h').code;
  expect(of('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).toBe('tls.client-refused');
  expect(of('ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED')).toBe('tls.client-refused');
  expect(of('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')).toBe('tls.untrusted');
  expect(of('DEPTH_ZERO_SELF_SIGNED_CERT')).toBe('tls.untrusted');
  expect(of('ECONNRESET')).toBe('net.closed');
  expect(of('ETIMEDOUT')).toBe('net.unreachable');
  expect(of('ENOTFOUND')).toBe('net.dns');
});
