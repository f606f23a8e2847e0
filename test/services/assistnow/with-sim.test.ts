// The clients against the simulated AssistNow, whose frame and query code is its own.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createClock, createFakeClock, Secret, silentLogger } from '../../../src/core/index.js';
import { createHttpsClient } from '../../../src/net/index.js';
import {
  type AssistPart,
  cacheEntry,
  createAssistMemory,
  createCurrentService,
  createLegacyService,
  usableFrames,
} from '../../../src/services/index.js';
import type { SimClouds } from '../../../src/sim/clouds/index.js';
import type { ChipcodeIdentity, CredentialOutcome, CredentialSource } from '../../../src/vault/index.js';
import { loopback } from '../../net/fakes.js';
import { chipcodeOf } from '../../sim/clouds/assistnow-helpers.js';
import { startClouds } from '../../sim/clouds/helpers.js';
import { failureOf } from './frames.js';

const ALL = ['ualm', 'uporb_1', 'uporb_3', 'uporb_7', 'uporb_14', 'ulorb_l1', 'ukion', 'usvht'];
const PLACE = {
  latitudeDeg: 52.5,
  longitudeDeg: -1.25,
  altitudeMslM: 80,
  quality: '3d',
  ageMs: 0,
  from: 'receiver',
} as const;

async function current(clouds: SimClouds, allowedData = ALL) {
  const reports: CredentialOutcome[] = [];
  const identity: ChipcodeIdentity = {
    shape: 'chipcode',
    version: 1,
    chipcode: new Secret('chipcode', await chipcodeOf(clouds)),
    serviceUrl: clouds.description.assistnow.serviceUrl,
    allowedData,
  };
  const clock = createClock();
  const service = createCurrentService(
    {
      http: createHttpsClient({ dial: loopback, clock, log: silentLogger }),
      clock,
      log: silentLogger,
      memory: createAssistMemory(undefined, silentLogger),
      random: () => 0,
      ca: [readFileSync(clouds.description.caFile, 'utf8')],
      chipcode: () => Promise.resolve(identity),
      report: (outcome) => void reports.push(outcome),
      renew: () => undefined,
    },
    { constellations: ['gps', 'glo', 'gal', 'bds'], predictiveDays: 3, live: true },
  );
  const { signal } = new AbortController();
  return {
    reports,
    fetch: async (part: AssistPart) => (await service.open(signal)).fetch(part, { signal, position: PLACE }),
  };
}

test('live and predicted orbits of the healthy service; today’s are for the receiver', async () => {
  const clouds = await startClouds();
  const { fetch, reports } = await current(clouds);
  const live = await fetch('live');
  expect(Math.abs((live.generatedUtcMs ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(live.frames.length).toBeGreaterThan(40);
  const predicted = await fetch('predictive');
  const now = { utcMs: Date.now(), monoMs: 0, bootId: 'b' };
  const entry = cacheEntry('predictive', predicted, { utcMs: now.utcMs, monoMs: 0, bootId: 'b' }, 'h');
  expect(entry.predictedDays).toHaveLength(3);
  const ano = (frames: readonly Uint8Array[]) => frames.filter((frame) => frame[3] === 0x20).length;
  expect(ano(usableFrames(entry, now))).toBe(ano(entry.frames) / 3);
  expect(clouds.assistnow.requests.map(({ status }) => status)).toEqual([200, 200]);
  expect(reports).toEqual([{ is: 'ok' }, { is: 'ok' }]);
});

test.each([
  [{ is: 'status', status: 429, retryAfter: '60' }, 'assist.weather'],
  [{ is: 'status', status: 503 }, 'assist.weather'],
  [{ is: 'short' }, 'net.closed'],
  [{ is: 'text' }, 'assist.malformed'],
  [{ is: 'html' }, 'assist.malformed'],
  [{ is: 'empty' }, 'assist.malformed'],
  [{ is: 'oversized', bytes: 1_200_000 }, 'http.too-large'],
  [{ is: 'cut' }, 'net.closed'],
] as const)('%o is %s', async (fault, code) => {
  const clouds = await startClouds();
  const { fetch } = await current(clouds);
  clouds.assistnow.pushFault(fault);
  expect(await failureOf(fetch('live'))).toMatchObject({ code });
});

test.each(['half', 'damaged', 'wrong-type'] as const)('%s is used as far as it is whole', async (is) => {
  const clouds = await startClouds();
  const { fetch } = await current(clouds);
  const whole = await fetch('live');
  clouds.assistnow.pushFault({ is });
  expect((await fetch('live')).frames.length).toBeGreaterThanOrEqual(whole.frames.length / 2 - 1);
});

test('a plan that has shrunk, and a chipcode that is worthless', async () => {
  const clouds = await startClouds();
  const { fetch, reports } = await current(clouds);
  clouds.assistnow.configure({ allowedData: ['ualm', 'uporb_1'] });
  expect(await failureOf(fetch('live'))).toMatchObject({ code: 'assist.not-entitled' });
  clouds.assistnow.renewChipcodes();
  expect(await failureOf(fetch('live'))).toMatchObject({ code: 'assist.token-refused' });
  expect(reports).toMatchObject([{ state: 'deactivated' }, { state: 'rejected' }]);
});

function legacy(clouds: SimClouds, token: string, service: 'online' | 'offline' = 'online') {
  const reports: CredentialOutcome[] = [];
  const value = new Secret('location-token', token);
  const { onlineUrl, offlineUrl } = clouds.description.assistnow.legacy;
  const credential = {
    get: () => Promise.resolve({ value, generation: 1, fingerprint: value.fingerprint }),
    report: (_lease: unknown, outcome: CredentialOutcome) => void reports.push(outcome),
  } as unknown as CredentialSource<Secret>;
  const by = createLegacyService(
    {
      http: createHttpsClient({ dial: loopback, clock: createClock(), log: silentLogger }),
      clock: createFakeClock(),
      log: silentLogger,
      memory: createAssistMemory(undefined, silentLogger),
      random: () => 0,
      ca: [readFileSync(clouds.description.caFile, 'utf8')],
      credential,
    },
    { service, constellations: ['gps', 'glo'], days: 2, primary: service === 'online' ? onlineUrl : offlineUrl },
  );
  const { signal } = new AbortController();
  const part: AssistPart = service === 'online' ? 'live' : 'predictive';
  return { reports, fetch: async () => (await by.open(signal)).fetch(part, { signal, position: PLACE }) };
}

test('the old service, online and offline', async () => {
  const clouds = await startClouds();
  const { token } = clouds.description.assistnow.legacy;
  expect((await legacy(clouds, token).fetch()).frames.length).toBeGreaterThan(40);
  expect((await legacy(clouds, token, 'offline').fetch()).frames).toHaveLength(2 * 51);
});

test.each(['expiredToken', 'deactivatedToken', 'otherServiceToken'] as const)(
  '%s is refused after a probe',
  async (which) => {
    const clouds = await startClouds();
    const { fetch, reports } = legacy(clouds, clouds.description.assistnow.legacy[which]);
    expect(await failureOf(fetch())).toMatchObject({ code: 'assist.token-refused' });
    expect(reports).toMatchObject([{ is: 'refused', reason: 'ambiguous-400' }]);
    expect(clouds.assistnow.requests.map(({ status }) => status)).toEqual([400, 400]);
  },
);

test('a 400 about the request alone is told apart', async () => {
  const clouds = await startClouds();
  const { fetch } = legacy(clouds, clouds.description.assistnow.legacy.token);
  clouds.assistnow.pushFault({ is: 'status', status: 400, body: 'gnss unknown' });
  const error = await failureOf(fetch());
  expect(error).toMatchObject({ code: 'assist.invalid-request' });
  expect(error.message).toContain('gnss');
});
