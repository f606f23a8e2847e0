import { describe, expect, test } from 'vitest';
import { createFakeClock, Secret, silentLogger, WaymarkError } from '../../../src/core/index.js';
import { createCurrentService } from '../../../src/services/assistnow/current.js';
import { createLegacyService, type LegacyServiceOptions } from '../../../src/services/assistnow/legacy.js';
import { askWaitMs } from '../../../src/services/assistnow/memory.js';
import { createAssistMemory } from '../../../src/services/assistnow/memory-store.js';
import type { AssistPart } from '../../../src/services/assistnow/request.js';
import type { ChipcodeIdentity, CredentialOutcome, CredentialSource } from '../../../src/vault/index.js';
import {
  DAY_MS,
  failureOf,
  HOUR_MS,
  iniTime,
  join,
  liveSet,
  predictedSet,
  type Reply,
  scriptedHttp,
} from './frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
const MIN = 60_000;
const GOOD: Reply = { body: join(liveSet(T)), headers: { 'content-type': 'application/ubx' } };
const ALL = ['ulorb_l1', 'ukion', 'usvht', 'ualm', 'uporb_1', 'uporb_3', 'uporb_7', 'uporb_14'];
const PLACE = { latitudeDeg: 52, longitudeDeg: 8, quality: '3d', ageMs: 0, from: 'receiver' } as const;

function currentRig(
  answer: Parameters<typeof scriptedHttp>[0],
  { allowedData = ALL, position = true }: { allowedData?: string[]; position?: boolean } = {},
) {
  const clock = createFakeClock(T);
  const http = scriptedHttp(answer);
  const reports: CredentialOutcome[] = [];
  const renewals: string[] = [];
  const memory = createAssistMemory(undefined, silentLogger);
  const identity: ChipcodeIdentity = {
    shape: 'chipcode',
    version: 1,
    chipcode: new Secret('chipcode', 'CHIP+CODE/of=device'),
    serviceUrl: 'https://as.test/Get.ashx',
    allowedData,
  };
  const service = createCurrentService(
    {
      http,
      clock,
      log: silentLogger,
      memory,
      random: () => 0,
      chipcode: () => Promise.resolve(identity),
      report: (outcome) => void reports.push(outcome),
      renew: (reason) => void renewals.push(reason),
    },
    { constellations: ['gps', 'glo'], predictiveDays: 3, live: true },
  );
  const { signal } = new AbortController();
  const of = identity.chipcode.fingerprint;
  return {
    clock,
    http,
    reports,
    renewals,
    memory,
    service,
    signal,
    waitMs: (part: AssistPart) => askWaitMs(memory.now, part, of, clock.wall()),
    fetch: async (part: AssistPart = 'live') =>
      (await service.open(signal)).fetch(part, { signal, ...(position ? { position: PLACE } : {}) }),
  };
}

describe('the current service, each answer', () => {
  test('a good set is kept, the chipcode works, and live orbits may be asked for again after half an hour', async () => {
    const rig = currentRig(() => ({ body: join(liveSet(T)) }));
    expect(await rig.fetch()).toMatchObject({ from: 'as.test', generatedUtcMs: T, frames: { length: 3 } });
    expect(rig.reports).toEqual([{ is: 'ok' }]);
    expect(rig.waitMs('live')).toBe(30 * MIN);
    expect(rig.waitMs('predictive')).toBe(0);
    expect(rig.http.requests[0]).toMatchObject({ method: 'GET', maxBodyBytes: 1_000_000, headers: { Accept: '*/*' } });
  });

  test('predicted orbits are not narrowed by position, and are asked for at most twice a day', async () => {
    const rig = currentRig(() => ({ body: join(predictedSet(T, 3)) }));
    await rig.fetch('predictive');
    expect(rig.http.urls[0]).toMatch(/&data=uporb_3,ualm$/);
    expect(rig.waitMs('predictive')).toBe(0);
    await rig.fetch('predictive');
    expect(rig.waitMs('predictive')).toBe(DAY_MS);
  });

  test.each([
    [403, '', undefined, 'assist.not-entitled', 'deactivated', 'scope', 3 * HOUR_MS],
    [405, 'no', undefined, 'assist.invalid-request', undefined, undefined, 3 * HOUR_MS],
    [429, 'slow', 90_000, 'assist.weather', 'weather', undefined, 90_000],
    [429, 'slow', undefined, 'assist.weather', 'weather', undefined, MIN],
    [500, 'ill', undefined, 'assist.weather', 'weather', undefined, MIN],
    [503, 'ill', 7_200_000, 'assist.weather', 'weather', undefined, 7_200_000],
    [503, 'ill', 400 * DAY_MS, 'assist.weather', 'weather', undefined, DAY_MS],
    [408, '', undefined, 'assist.weather', 'weather', undefined, MIN],
  ] as const)('%i (%s, Retry-After %s) is %s', async (status, body, retryAfterMs, code, state, reason, waitMs) => {
    const rig = currentRig(() => ({ status, body, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }));
    const error = await failureOf(rig.fetch());
    expect(error).toMatchObject({ code });
    expect(error.retryAfterMs ?? 0).toBe(waitMs);
    expect(rig.waitMs('live')).toBe(waitMs);
    expect(rig.http.urls).toHaveLength(1);
    const [report] = rig.reports;
    if (state === undefined) expect(report).toBeUndefined();
    else if (state === 'weather') expect(report).toMatchObject({ is: 'weather' });
    else expect(report).toMatchObject({ is: 'refused', state, reason, evidence: { http: status } });
    expect(JSON.stringify([error.message, error.evidence, report])).not.toContain('CHIP');
  });

  test.each([
    [400, 'ambiguous-400'],
    [401, 'refused'],
    [404, 'ambiguous-400'],
    [422, 'ambiguous-400'],
  ] as const)(
    '%i twice: the chipcode is refused, another one is asked for, three hours of rest',
    async (status, reason) => {
      const rig = currentRig(() => ({ status, body: 'bad request' }));
      expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.token-refused', retryAfterMs: 3 * HOUR_MS });
      expect(rig.http.urls).toHaveLength(2);
      expect(rig.http.urls[1]).not.toContain('filteronpos');
      expect(rig.renewals).toEqual([`AssistNow answered ${status}`]);
      expect(rig.reports).toMatchObject([
        { is: 'refused', state: 'rejected', reason, evidence: { http: status, text: 'bad request' } },
      ]);
    },
  );

  test('one component a day is left out, and what works without stays so for a week', async () => {
    const rig = currentRig((url) => (/filteronpos|ukion/.test(url) ? { status: 400 } : { body: join(liveSet(T)) }));
    const without = (i: number) => [rig.http.urls[i]?.includes('filteronpos'), rig.http.urls[i]?.includes('ukion')];
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.token-refused' });
    expect([without(0), without(1)]).toEqual([
      [true, true],
      [false, true],
    ]);
    // The same day no other component is tried.
    await rig.clock.advance(4 * HOUR_MS);
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.token-refused' });
    expect(rig.http.urls).toHaveLength(3);
    await rig.clock.advance(21 * HOUR_MS);
    await rig.fetch();
    expect([without(3), without(4)]).toEqual([
      [false, true],
      [false, false],
    ]);
    await rig.clock.advance(HOUR_MS);
    await rig.fetch();
    expect([rig.http.urls.length, without(5)]).toEqual([6, [false, false]]);
    await rig.clock.advance(7 * DAY_MS);
    await failureOf(rig.fetch());
    expect(without(6)).toEqual([true, true]);
  });

  test.each([
    ['text', { body: 'Invalid chipcode' }],
    ['a web page', { body: '<html>log in</html>', headers: { 'content-type': 'text/html' } }],
    ['nothing', { body: '' }],
    ['no content', { status: 204 }],
    ['the time alone', { body: join([iniTime(T)]) }],
    ['a damaged frame', { body: join(liveSet(T)).subarray(0, 20) }],
    ['less than announced', { body: join(liveSet(T)), headers: { 'content-length': '999' } }],
  ] satisfies [string, Reply][])('200 with %s is malformed, and counts as delivered', async (_what, reply) => {
    const rig = currentRig(() => reply);
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.malformed', retryAfterMs: HOUR_MS });
    expect(rig.reports).toEqual([]);
    expect(rig.waitMs('live')).toBe(HOUR_MS);
    expect(rig.memory.now.served.live).toHaveLength(1);
  });

  test('a set that is cut off is used as far as it goes', async () => {
    const rig = currentRig(() => ({ body: join(liveSet(T)).subarray(0, -5) }));
    expect(await rig.fetch()).toMatchObject({ frames: { length: 2 } });
  });

  test('a road that breaks before the request costs nothing, and nobody is blamed', async () => {
    const rig = currentRig(() => new WaymarkError('net.unreachable', 'no road'));
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'net.unreachable' });
    expect([rig.reports, rig.memory.now.asked, rig.waitMs('live')]).toEqual([[], [], 0]);
  });

  test('a server that stays ill is asked ever less often', async () => {
    const rig = currentRig(() => ({ status: 503 }));
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      waits.push((await failureOf(rig.fetch())).retryAfterMs ?? 0);
      await rig.clock.advance(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30].map((minutes) => minutes * MIN));
    expect(rig.memory.now.served.live).toEqual([]);
  });

  test('eight requests an hour leave this machine, whatever comes of them', async () => {
    const rig = currentRig(() => ({ status: 503 }));
    for (let i = 0; i < 8; i++) await failureOf(rig.fetch());
    expect(rig.waitMs('live')).toBe(HOUR_MS);
    expect(rig.waitMs('predictive')).toBe(HOUR_MS);
  });

  test('a plan that allows nothing of what is wanted is said before anything is asked', async () => {
    const rig = currentRig(() => GOOD, { allowedData: ['ufuture_1'] });
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.not-entitled' });
    expect(rig.http.urls).toEqual([]);
  });

  test('a plan with live orbits only is asked for nothing else', async () => {
    const rig = currentRig(() => GOOD, { allowedData: ['ULORB_L1'] });
    expect((await rig.service.open(rig.signal)).parts).toEqual(['live']);
  });
});

function legacyRig(
  answer: Parameters<typeof scriptedHttp>[0],
  options: Partial<LegacyServiceOptions> = {},
  token = 'legacy-token-0123',
) {
  const clock = createFakeClock(T);
  const http = scriptedHttp(answer);
  const reports: CredentialOutcome[] = [];
  const memory = createAssistMemory(undefined, silentLogger);
  const value = new Secret('location-token', token);
  const credential = {
    get: () => Promise.resolve({ value, generation: 1, fingerprint: value.fingerprint }),
    report: (_lease: unknown, outcome: CredentialOutcome) => void reports.push(outcome),
  } as unknown as CredentialSource<Secret>;
  const service = createLegacyService(
    { http, clock, log: silentLogger, memory, random: () => 0, credential },
    { service: 'online', constellations: ['gps'], days: 7, ...options },
  );
  const { signal } = new AbortController();
  return {
    clock,
    http,
    reports,
    memory,
    service,
    fetch: async (part: AssistPart = 'live') => (await service.open(signal)).fetch(part, { signal }),
  };
}
const isProbe = (url: string): boolean => !url.includes('datatype');

describe('the legacy service, each answer', () => {
  test('a good set from the first server; the second is not asked', async () => {
    const rig = legacyRig(() => GOOD);
    expect(await rig.fetch()).toMatchObject({ from: 'online-live1.services.u-blox.com', frames: { length: 3 } });
    expect(rig.http.urls).toHaveLength(1);
    expect(rig.reports).toEqual([{ is: 'ok' }]);
  });

  test('another content type with a set in it is taken', async () => {
    const rig = legacyRig(() => ({ body: join(liveSet(T)), headers: { 'content-type': 'text/plain' } }));
    expect(await rig.fetch()).toMatchObject({ frames: { length: 3 } });
  });

  test('400, and the smallest request is refused as well: the token', async () => {
    const rig = legacyRig(() => ({ status: 400, body: 'Invalid token' }));
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.token-refused', retryAfterMs: 3 * HOUR_MS });
    expect(rig.http.urls.map(isProbe)).toEqual([false, true]);
    expect(rig.http.urls.every((url) => url.includes('online-live1'))).toBe(true);
    expect(rig.reports).toMatchObject([
      { is: 'refused', state: 'rejected', reason: 'ambiguous-400', evidence: { http: 400, step: 'probe' } },
    ]);
  });

  test('400, but the smallest request works: the request, by the name the server gives', async () => {
    const rig = legacyRig((url) =>
      isProbe(url) ? { body: join([iniTime(T)]) } : { status: 400, body: 'bad datatype' },
    );
    const error = await failureOf(rig.fetch());
    expect(error).toMatchObject({ code: 'assist.invalid-request', retryAfterMs: 3 * HOUR_MS });
    expect(error.message).toContain('datatype');
    expect(rig.reports).toEqual([{ is: 'ok' }]);
  });

  test('400 without words: everything the request can be about is named', async () => {
    const rig = legacyRig((url) => (isProbe(url) ? GOOD : { status: 400 }));
    expect((await failureOf(rig.fetch())).message).toContain('one of gnss, datatype, format');
  });

  test('the probe is made once an hour; in between its last word counts', async () => {
    const rig = legacyRig(() => ({ status: 400 }));
    await failureOf(rig.fetch());
    await rig.clock.advance(59 * MIN);
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.token-refused' });
    expect(rig.http.urls.map(isProbe)).toEqual([false, true, false]);
    await rig.clock.advance(MIN);
    await failureOf(rig.fetch());
    expect(rig.http.urls.map(isProbe)).toEqual([false, true, false, false, true]);
  });

  test('weather in the probe blames nobody', async () => {
    const rig = legacyRig((url) => ({ status: isProbe(url) ? 503 : 400, retryAfterMs: 60_000 }));
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.weather', retryAfterMs: 60_000 });
    expect(rig.reports).toEqual([]);
  });

  test.each([
    [401, 'assist.token-refused', 'refused'],
    [403, 'assist.token-refused', 'refused'],
    [404, 'assist.invalid-request', undefined],
    [410, 'assist.invalid-request', undefined],
  ] as const)('%i is %s, without a probe', async (status, code, reason) => {
    const rig = legacyRig(() => ({ status }));
    expect(await failureOf(rig.fetch())).toMatchObject({ code, retryAfterMs: 3 * HOUR_MS });
    expect(rig.http.urls).toHaveLength(1);
    if (reason) expect(rig.reports).toMatchObject([{ is: 'refused', state: 'rejected', reason }]);
    else expect(rig.reports).toEqual([]);
  });

  test.each([
    ['net.refused', new WaymarkError('net.refused', 'x')],
    ['net.dns', new WaymarkError('net.dns', 'x')],
    ['core.timeout', new WaymarkError('core.timeout', 'x')],
    ['503', { status: 503 }],
    ['500', { status: 500 }],
  ] as const)('%s at the first server: the second is asked', async (_what, first) => {
    const rig = legacyRig((_url, index) => (index === 0 ? first : GOOD));
    expect(await rig.fetch()).toMatchObject({ from: 'online-live2.services.u-blox.com' });
    expect(rig.http.requests.map(({ deadlineMs }) => deadlineMs)).toEqual([15_000, 30_000]);
  });

  test.each([
    ['tls.untrusted', new WaymarkError('tls.untrusted', 'x')],
    ['http.redirect', new WaymarkError('http.redirect', 'x')],
    ['assist.weather', { status: 429 }],
  ] as const)('%s at the first server is not taken to the second', async (code, first) => {
    const rig = legacyRig(() => first);
    expect(await failureOf(rig.fetch())).toMatchObject({ code });
    expect(rig.http.urls).toHaveLength(1);
  });

  test('both servers ill: weather, with what they ask for', async () => {
    const rig = legacyRig(() => ({ status: 503, retryAfterMs: 120_000 }));
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.weather', retryAfterMs: 120_000 });
    expect(rig.reports).toEqual([{ is: 'weather', retryAfterMs: 120_000 }]);
    expect(rig.memory.now.served.live).toEqual([]);
  });

  test('a person’s own server is not joined by the provider’s', async () => {
    const rig = legacyRig(() => new WaymarkError('net.refused', 'x'), { primary: 'https://own.test' });
    await failureOf(rig.fetch());
    expect(rig.http.urls.map((url) => new URL(url).host)).toEqual(['own.test']);
  });

  test('offline is the predictive part, kept as such', async () => {
    const rig = legacyRig(() => ({ ...GOOD, body: join(predictedSet(T, 7)) }), { service: 'offline' });
    expect(rig.service.wants).toEqual(['predictive']);
    await rig.fetch('predictive');
    expect(rig.http.urls[0]).toContain('offline-live1.services.u-blox.com/GetOfflineData.ashx?token=');
  });

  test('a ZTP token is told by its shape before anything is asked', async () => {
    const rig = legacyRig(() => GOOD, {}, '01234567-89ab-cdef-0123-456789abcdef');
    expect(await failureOf(rig.fetch())).toMatchObject({ code: 'assist.wrong-kind' });
    expect(rig.http.urls).toEqual([]);
    expect(rig.reports).toMatchObject([{ is: 'refused', state: 'rejected', reason: 'wrong-kind' }]);
  });

  test('no error carries the token', async () => {
    const rig = legacyRig((url) => ({ status: 400, body: `no: ${url}` }));
    const error = await failureOf(rig.fetch());
    expect(JSON.stringify([error.message, error.evidence, rig.reports])).not.toContain('legacy-token-0123');
  });
});
