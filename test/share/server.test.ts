import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import { makeCertificate, openShare } from '../../src/share/index.js';

const run = promisify(execFile);
let dir: string;
let agent: Server;
/** What came to the agent's socket: method, path, body, and whether an authorisation was sent along. */
let heard: string[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-share-'));
  agent = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push(
        `${request.method ?? ''} ${request.url ?? ''} ${body}${request.headers.cookie ? ' cookie' : ''}`.trim(),
      );
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-security-policy': "script-src 'self'",
        'set-cookie': 'a=b',
      });
      response.end('{"ok":true}');
    });
  });
  await new Promise<void>((done) => agent.listen(join(dir, 'status.sock'), done));
});
afterAll(() => {
  agent.close();
  rmSync(dir, { recursive: true, force: true });
});

const share = async (isReadOnly = false, more: { headersMs?: number } = {}) => {
  heard = [];
  const certificate = await makeCertificate('127.0.0.1', Date.now());
  const opened: string[] = [];
  const server = await openShare({
    ...{ runtimeDir: dir, host: '127.0.0.1', port: 0, isReadOnly, forMs: 60_000, certificate, clock: createClock() },
    ...more,
    onOpened: (address) => opened.push(address),
  });
  const origin = new URL(server.url()).origin;
  const curl = async (...args: string[]): Promise<string> =>
    (
      await run('curl', [
        '-sk',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-b',
        join(dir, 'jar'),
        '-c',
        join(dir, 'jar'),
        ...args,
      ])
    ).stdout;
  rmSync(join(dir, 'jar'), { force: true });
  return { certificate, opened, server, origin, curl };
};

test('curl: 403 without the cookie, in by the key once, and then everything of the page and nothing else', async () => {
  const { server, origin, curl, opened } = await share();
  await using _ = server;
  const address = server.url();
  expect(await curl(`${origin}/`)).toBe('403');
  expect(await curl(address)).toBe('200');
  expect(opened).toEqual(['127.0.0.1']);
  expect(await curl(`${origin}/api/v1/status`)).toBe('200');
  const action = ['-X', 'POST', '-H', 'content-type: application/json', '-d', '{"name":"resubscribe"}'];
  expect(await curl(...action, '-H', `origin: ${origin}`, `${origin}/api/v1/actions`)).toBe('200');
  expect(await curl(...action, '-H', 'origin: https://evil.example', `${origin}/api/v1/actions`)).toBe('403');
  expect(await curl('-H', 'host: evil.example', `${origin}/`)).toBe('403');
  expect(await curl(`${origin}/api/v1/modem/trace`)).toBe('404');
  expect(heard).toEqual(['GET /api/v1/status', 'POST /api/v1/actions {"name":"resubscribe"}']);
  // Used up: whoever reads it over a shoulder comes too late.
  rmSync(join(dir, 'jar'));
  expect(server.url()).not.toBe(address);
  expect(await curl(address)).toBe('403');
});

test('the agent’s words pass with their policy, its cookies do not; the cookie is for this host and not for scripts', async () => {
  const { server, origin } = await share(true);
  await using _ = server;
  const opened = (await run('curl', ['-ski', server.url()])).stdout;
  const [cookie = ''] = /__Host-waymark=[^;]+/.exec(opened) ?? [];
  expect(opened).toMatch(
    /set-cookie: __Host-waymark=[\w-]{43}; HttpOnly; Path=\/; Secure; SameSite=Strict; Max-Age=60\r/i,
  );
  expect(opened).toMatch(/set-cookie: __Host-waymark-shared=look; /i);
  const answer = (await run('curl', ['-ski', '-H', `cookie: ${cookie}`, `${origin}/`])).stdout;
  expect(answer).toContain("content-security-policy: script-src 'self'");
  expect(answer).not.toMatch(/set-cookie/i);
  const refused = [
    '-sk',
    '-X',
    'POST',
    '-d',
    '{}',
    '-H',
    `cookie: ${cookie}`,
    '-H',
    `origin: ${origin}`,
    `${origin}/api/v1/actions`,
  ];
  expect((await run('curl', refused)).stdout).toContain('--read-only');
});

test('openssl: TLS 1.2 or newer, P-256, the address in the certificate, and the fingerprint that is printed', async () => {
  const { server, origin, certificate } = await share();
  await using _ = server;
  const connect = [
    '-c',
    `openssl s_client -connect ${new URL(origin).host} </dev/null 2>/dev/null | openssl x509 -noout -text -fingerprint -sha256`,
  ];
  const { stdout } = await run('sh', connect);
  expect(stdout).toContain(certificate.fingerprint);
  expect(stdout).toMatch(/NIST CURVE: P-256|prime256v1/);
  expect(stdout).toContain('IP Address:127.0.0.1');
  const old = [
    '-c',
    `openssl s_client -tls1_1 -connect ${new URL(origin).host} </dev/null 2>&1 | grep -c 'BEGIN CERTIFICATE' || true`,
  ];
  expect((await run('sh', old)).stdout.trim()).toBe('0');
});

test('one address has no more than eight connections, whatever it opens', async () => {
  const { server, origin, curl } = await share();
  await using _ = server;
  const { hostname, port } = new URL(origin);
  const opened = Array.from({ length: 12 }, () => connect(Number(port), hostname));
  for (const socket of opened) socket.on('error', () => undefined);
  const over = opened.map((socket) => new Promise((done) => socket.once('close', done)));
  await Promise.all(over.slice(8));
  expect(opened.map(({ destroyed }) => destroyed)).toEqual(opened.map((_socket, i) => i >= 8));
  expect(await curl(server.url()).catch(() => 'refused')).toBe('refused');
  for (const socket of opened) socket.destroy();
  await Promise.all(over);
  await expect.poll(() => curl(server.url()).catch(() => 'refused')).toBe('200');
});

test('a head that dribbles in is given up after its time, not half a minute later', async () => {
  const { server, origin } = await share(false, { headersMs: 150 });
  await using _ = server;
  const { hostname, port } = new URL(origin);
  const slow = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
  slow.on('error', () => undefined);
  const heard: Buffer[] = [];
  slow.on('data', (chunk: Buffer) => heard.push(chunk));
  slow.write('GET / HTTP/1.1\r\nHost: ');
  await new Promise((done) => slow.once('close', done));
  expect(Buffer.concat(heard).toString()).not.toMatch(/^HTTP\/1\.1 (?!408)/);
});

test('an address that is not this machine’s is said', async () => {
  const certificate = await makeCertificate('192.0.2.1', Date.now());
  const failed = openShare({
    ...{
      runtimeDir: dir,
      host: '192.0.2.1',
      port: 0,
      isReadOnly: true,
      forMs: 1000,
      certificate,
      clock: createClock(),
    },
    onOpened: () => undefined,
  });
  await expect(failed).rejects.toMatchObject({ code: 'share.cannot-open' });
});
