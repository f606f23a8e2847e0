import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import { openPki, type Pki } from '../../src/sim/clouds/pki.js';
import { createModuleDial } from '../../src/sim/module-dial.js';

const directory = mkdtempSync(join(tmpdir(), 'waymark-dial-'));
const servers: Server[] = [];
const roads: Duplex[] = [];
let pki: Pki;
let dial: ReturnType<typeof createModuleDial>;

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const greeting = async (target: Parameters<typeof dial>[0]): Promise<string> => {
  const road = await dial(target);
  roads.push(road);
  return new Promise((resolve) => road.once('data', (bytes: Buffer) => resolve(bytes.toString())));
};

beforeAll(async () => {
  pki = await openPki(directory, createClock());
  const { privateKey: key, certificate: cert } = await pki.server('wrong-name');
  const port = await listen(createTlsServer({ key, cert }, (socket) => void socket.on('error', () => 0).write('tls')));
  const plainPort = await listen(createServer((socket) => void socket.on('error', () => 0).write('plain')));
  dial = createModuleDial((host) => (host === 'h.example' ? { host: '127.0.0.1', port, plainPort } : undefined));
});
afterAll(() => {
  for (const road of roads) road.destroy();
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

test('the usual ports lead to where the servers are', async () => {
  expect(await greeting({ host: 'h.example', port: 1883, isTls: false })).toBe('plain');
  expect(await greeting({ host: 'h.example', port: 8883, isTls: true })).toBe('tls');
});

test('with an authority the chain is checked, and not the name', async () => {
  const target = { host: 'h.example', port: 8883, isTls: true };
  expect(await greeting({ ...target, caPem: pki.caPem })).toBe('tls');
  const other = await openPki(join(directory, 'other'), createClock());
  await expect(greeting({ ...target, caPem: other.caPem })).rejects.toMatchObject({
    code: expect.stringMatching(/CERT|SIGNATURE|ISSUER/),
  });
});

test('a host that nobody knows and a port where nobody listens', async () => {
  await expect(dial({ host: 'x.example', port: 1883, isTls: false })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  const gone = createServer();
  const port = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  await expect(dial({ host: 'h.example', port, isTls: false })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
