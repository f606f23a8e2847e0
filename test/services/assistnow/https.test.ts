// The clients over real TLS connections to scripted servers: what the wire says, and answers that end badly.
import type { RequestListener, ServerResponse } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { createClock, createFakeClock, Secret, silentLogger } from '../../../src/core/index.js';
import { createHttpsClient } from '../../../src/net/index.js';
import { createAssistMemory, createCurrentService, createLegacyService } from '../../../src/services/index.js';
import type { ChipcodeIdentity, CredentialSource } from '../../../src/vault/index.js';
import { createAuthority, type Issued } from '../../helpers/pki.js';
import { httpsFake, loopback } from '../../net/fakes.js';
import { ephemeris, failureOf, join, liveSet } from './frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
let ca: string;
let server: Issued;
beforeAll(async () => {
  const authority = await createAuthority();
  ({ ca } = authority);
  server = await authority.issue({ name: 'as', hosts: ['as.test', 'second.test'] });
});

const deps = () => ({
  http: createHttpsClient({ dial: loopback, clock: createClock(), log: silentLogger }),
  clock: createFakeClock(T),
  log: silentLogger,
  memory: createAssistMemory(undefined, silentLogger),
  random: () => 0,
  ca: [ca],
});

async function fetchCurrent(port: number) {
  const identity: ChipcodeIdentity = {
    shape: 'chipcode',
    version: 1,
    chipcode: new Secret('chipcode', 'CH+IP/CO=DE'),
    serviceUrl: `https://as.test:${port}/GetAssistNowData.ashx`,
    allowedData: ['ulorb_l1'],
  };
  const service = createCurrentService(
    { ...deps(), chipcode: () => Promise.resolve(identity), report: () => undefined, renew: () => undefined },
    { constellations: ['gps', 'gal'], predictiveDays: 0, live: true },
  );
  const { signal } = new AbortController();
  return (await service.open(signal)).fetch('live', { signal });
}

const serving = (
  answer: (response: ServerResponse) => void,
  seen: string[] = [],
): Promise<{ port: number } & AsyncDisposable> => {
  const listener: RequestListener = (request, response) => {
    seen.push(request.url ?? '');
    answer(response);
  };
  return httpsFake(server, listener);
};

test('a set without Content-Length that ends with the connection is taken', async () => {
  const seen: string[] = [];
  await using fake = await serving((response) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', Connection: 'close' });
    response.write(join(liveSet(T)).subarray(0, 33));
    response.end(join(liveSet(T)).subarray(33));
  }, seen);
  expect(await fetchCurrent(fake.port)).toMatchObject({ from: `as.test:${fake.port}`, generatedUtcMs: T });
  expect(seen).toEqual(['/GetAssistNowData.ashx?chipcode=CH%2BIP%2FCO%3DDE&gnss=gps,gal&data=ulorb_l1']);
});

test('a body shorter than announced is no set', async () => {
  await using fake = await serving((response) => {
    response.writeHead(200, { 'Content-Length': '5000' });
    response.write(join(liveSet(T)), () => response.destroy());
  });
  expect(await failureOf(fetchCurrent(fake.port))).toMatchObject({ code: 'net.closed' });
});

test('more than a megabyte is not read', async () => {
  await using fake = await serving((response) => {
    response.writeHead(200);
    response.end(join(Array.from({ length: 14_000 }, () => ephemeris(1))));
  });
  expect(await failureOf(fetchCurrent(fake.port))).toMatchObject({ code: 'http.too-large' });
});

test('a redirect is not followed: the chipcode would travel', async () => {
  await using fake = await serving((response) => response.writeHead(302, { Location: 'https://else.test/' }).end());
  expect(await failureOf(fetchCurrent(fake.port))).toMatchObject({ code: 'http.redirect' });
});

test('Retry-After of a 503 is obeyed', async () => {
  await using fake = await serving((response) => response.writeHead(503, { 'Retry-After': '120' }).end('busy'));
  expect(await failureOf(fetchCurrent(fake.port))).toMatchObject({ code: 'assist.weather', retryAfterMs: 120_000 });
});

test('the legacy service: semicolons on the wire, and the second server when the first is ill', async () => {
  const seen: string[] = [];
  await using ill = await serving((response) => response.writeHead(500).end(), seen);
  await using well = await serving((response) => {
    response.writeHead(200, { 'Content-Type': 'application/ubx' }).end(join(liveSet(T)));
  }, seen);
  const token = new Secret('location-token', 'to/ken');
  const credential = {
    get: () => Promise.resolve({ value: token, generation: 1, fingerprint: token.fingerprint }),
    report: () => undefined,
  } as unknown as CredentialSource<Secret>;
  const service = createLegacyService(
    { ...deps(), credential },
    {
      service: 'online',
      constellations: ['gps'],
      days: 1,
      primary: `https://as.test:${ill.port}`,
      secondary: `https://second.test:${well.port}`,
    },
  );
  const { signal } = new AbortController();
  const set = await (await service.open(signal)).fetch('live', { signal });
  expect(set).toMatchObject({ from: `second.test:${well.port}`, frames: { length: 3 } });
  const asked = '/GetOnlineData.ashx?token=to%2Fken;gnss=gps;datatype=eph,alm,aux;format=mga';
  expect(seen).toEqual([asked, asked]);
});
