// Rows 35, 36 and 39: the simulated old AssistNow services.
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import type { SimClouds } from '../../../src/sim/clouds/index.js';
import { ephemerides, framesOf, type Got, get, isTime, timeOf } from './assistnow-helpers.js';
import { scratch, startClouds } from './helpers.js';

const online = (clouds: SimClouds, query: string): Promise<Got> =>
  get(clouds, `${clouds.description.assistnow.legacy.onlineUrl}?${query}`);
const offline = (clouds: SimClouds, query: string): Promise<Got> =>
  get(clouds, `${clouds.description.assistnow.legacy.offlineUrl}?${query}`);
const tokenOf = (clouds: SimClouds): string => `token=${clouds.description.assistnow.legacy.token}`;

describe('the token', () => {
  test('a good one is 200 application/ubx with Content-Length, the time first', async () => {
    const clock = createFakeClock(Date.UTC(2026, 5, 1, 12));
    const clouds = await startClouds({ clock });
    for (const ask of [online, offline]) {
      const { status, headers, body } = await ask(clouds, `${tokenOf(clouds)};gnss=gps`);
      expect([status, headers['content-type']]).toEqual([200, 'application/ubx']);
      expect(headers['content-length']).toBe(String(body.length));
      const frames = framesOf(body);
      expect(isTime(frames[0])).toBe(true);
      expect(timeOf(frames[0]!)).toBe(clock.wall());
    }
  });

  test('expired, deactivated, of another service, of provisioning, unknown, none: all the same 400', async () => {
    const clouds = await startClouds();
    const { legacy, ztp } = clouds.description.assistnow;
    const bad = [legacy.expiredToken, legacy.deactivatedToken, legacy.otherServiceToken, ztp.token, 'abc', ''];
    for (const token of bad)
      for (const ask of [online, offline]) {
        const { status, headers, text } = await ask(clouds, `token=${token};gnss=gps`);
        expect([status, headers['content-type'], text]).toEqual([400, 'text/plain', 'Invalid token']);
      }
    expect((await online(clouds, 'gnss=gps;datatype=eph')).text).toBe('Invalid token');
    expect(clouds.assistnow.requests.filter((r) => r.service === 'online').map((r) => r.reason)).toEqual([
      'token expired',
      'token deactivated',
      'token of another service',
      'a provisioning token',
      'unknown token',
      'no token',
      'no token',
    ]);
  });

  test('a temporary one is good for 90 days', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.assistnow.configure({ legacyToken: 'temporary' });
    clock.stepWall(90 * 86_400_000 - 1000);
    expect((await online(clouds, tokenOf(clouds))).status).toBe(200);
    clock.stepWall(1000);
    expect((await online(clouds, tokenOf(clouds))).text).toBe('Invalid token');
    clouds.assistnow.configure({ legacyToken: 'permanent' });
    expect((await online(clouds, tokenOf(clouds))).status).toBe(200);
  });

  test.each(['expired', 'deactivated', 'other-service'] as const)('the good one may become %s', async (legacyToken) => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ legacyToken });
    expect((await offline(clouds, tokenOf(clouds))).status).toBe(400);
  });

  test('the tokens are four, and kept over a restart', async () => {
    const stateDir = scratch();
    const first = await startClouds({ stateDir });
    const { legacy } = first.description.assistnow;
    const tokens = [legacy.token, legacy.expiredToken, legacy.deactivatedToken, legacy.otherServiceToken];
    expect(new Set(tokens).size).toBe(4);
    await first[Symbol.asyncDispose]();
    const second = await startClouds({ stateDir });
    expect(second.description.assistnow.legacy).toMatchObject({
      token: legacy.token,
      expiredToken: legacy.expiredToken,
    });
  });
});

describe('online', () => {
  test.each([';', '&'])('parts may be joined by %j', async (joint) => {
    const clouds = await startClouds();
    const parts = [tokenOf(clouds), 'gnss=gps,glo', 'datatype=eph,alm,aux', 'format=mga'];
    const frames = framesOf((await online(clouds, parts.join(joint))).body);
    expect(new Set(ephemerides(frames).map((f) => f.id))).toEqual(new Set([0, 6]));
    expect(frames.some((f) => f.payload[0] === 2)).toBe(true);
  });

  test('without gnss there is only the time', async () => {
    const clouds = await startClouds();
    const frames = framesOf((await online(clouds, `${tokenOf(clouds)};datatype=eph,alm`)).body);
    expect(frames).toHaveLength(1);
    expect(isTime(frames[0])).toBe(true);
  });

  test('a position comes back second, and the filter (without a value) sends less', async () => {
    const clouds = await startClouds();
    const query = `${tokenOf(clouds)};gnss=gps;datatype=pos,eph;lat=47.5;lon=-8.25;alt=400;pacc=1000`;
    const all = framesOf((await online(clouds, query)).body);
    const { payload, id } = all[1]!;
    expect([id, payload[0], payload.readInt32LE(4), payload.readInt32LE(8)]).toEqual([
      0x40, 1, 475_000_000, -82_500_000,
    ]);
    expect([payload.readInt32LE(12), payload.readUInt32LE(16)]).toEqual([40_000, 100_000]);
    const seen = framesOf((await online(clouds, `${query};filteronpos`)).body);
    expect(ephemerides(seen).length).toBeLessThan(ephemerides(all).length);
  });

  test('latency moves the time ahead', async () => {
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    const clouds = await startClouds({ clock });
    const [frame] = framesOf((await online(clouds, `${tokenOf(clouds)};latency=2;tacc=1`)).body);
    expect(timeOf(frame!)).toBe(clock.wall() + 2000);
  });

  test.each([
    'datatype=foo',
    'datatype=eph,foo',
    'gnss=gps;datatype=EPH',
    'gnss=glonass',
    'datatype=pos;gnss=gps',
    'lat=47',
    'lat=47;lon=8;filteronpos=1',
    'filteronpos',
    'lat=x;lon=8',
    'days=3',
    'format=aid',
    'format=',
    'gnss=gps;gnss=glo',
    'gnss',
    'gnss=gps;',
  ])('%s is a 400 of another text than the token’s', async (query) => {
    const clouds = await startClouds();
    const { status, text } = await online(clouds, `${tokenOf(clouds)};${query}`);
    expect(status).toBe(400);
    expect(text).not.toMatch(/token/i);
  });
});

describe('offline', () => {
  const daysOf = async (clouds: SimClouds, query: string): Promise<string[]> => {
    const frames = framesOf((await offline(clouds, `${tokenOf(clouds)};${query}`)).body).slice(1);
    return [...new Set(frames.map((f) => `${f.payload[5]}-${f.payload[6]}`))];
  };

  test('days, weeks and every n-th day, from the simulated day on', async () => {
    const clouds = await startClouds({ clock: createFakeClock(Date.UTC(2026, 0, 30)) });
    expect(await daysOf(clouds, 'gnss=qzss;days=3')).toEqual(['1-30', '1-31', '2-1']);
    expect(await daysOf(clouds, 'gnss=qzss;days=5;resolution=2')).toEqual(['1-30', '2-1', '2-3']);
    expect(await daysOf(clouds, 'gnss=qzss;period=1')).toHaveLength(7);
    expect(await daysOf(clouds, 'gnss=qzss;days=35')).toHaveLength(35);
  });

  test('orbits are 84-byte frames, and the almanac comes on request', async () => {
    const clouds = await startClouds();
    const frames = framesOf((await offline(clouds, `${tokenOf(clouds)}&gnss=gps,glo&days=1&alm=gps`)).body);
    const orbits = frames.filter((f) => f.id === 0x20);
    expect(orbits.every((f) => f.length === 84)).toBe(true);
    expect(frames.filter((f) => f.id === 0 && f.payload[0] === 2).length).toBeGreaterThan(20);
  });

  test.each(['days=0', 'days=36', 'days=1.5', 'period=6', 'resolution=4', 'gnss=foo', 'alm=foo', 'datatype=eph'])(
    '%s is 400',
    async (query) => {
      const clouds = await startClouds();
      const { status, text } = await offline(clouds, `${tokenOf(clouds)};${query}`);
      expect(status).toBe(400);
      expect(text).not.toMatch(/token/i);
    },
  );
});

test('a short body, and a text under 200, come in front of the old services too', async () => {
  const clouds = await startClouds();
  clouds.assistnow.pushFault({ is: 'short' });
  clouds.assistnow.pushFault({ is: 'text' }, { service: 'online' });
  const query = `${tokenOf(clouds)};gnss=gps;datatype=eph`;
  const short = await online(clouds, query);
  expect(short.isCut).toBe(true);
  expect(short.body.length).toBeLessThan(Number(short.headers['content-length']));
  const text = await online(clouds, query);
  expect([text.status, text.headers['content-type']]).toEqual([200, 'application/ubx']);
  expect(() => framesOf(text.body)).toThrow();
});
