// Rows 37 to 39: the simulated current AssistNow service.
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import type { AssistFault, SimClouds } from '../../../src/sim/clouds/index.js';
import { askChipcode, chipcodeOf, ephemerides, framesOf, type Got, get, isTime, timeOf } from './assistnow-helpers.js';
import { startClouds, until } from './helpers.js';

/** A request with a good chipcode; `query` is added as it stands. */
async function fetch(clouds: SimClouds, query: string): Promise<Got> {
  const chipcode = encodeURIComponent(await chipcodeOf(clouds));
  return get(clouds, `${clouds.description.assistnow.serviceUrl}?chipcode=${chipcode}${query}`);
}
const LIVE = '&gnss=gps,gal&data=ulorb_l1,ukion,usvht';
const ANO = 0x20;

describe('good answers', () => {
  test('predicted orbits: 84 bytes a satellite and day, from the simulated day on, and nothing else', async () => {
    const clouds = await startClouds({ clock: createFakeClock(Date.UTC(2026, 1, 27, 23, 30)) });
    const { status, headers, body } = await fetch(clouds, '&gnss=gps,glo&data=uporb_3');
    expect([status, headers['content-type'], headers['content-length']]).toEqual([
      200,
      'application/ubx',
      String(body.length),
    ]);
    const frames = framesOf(body);
    expect(frames.every((f) => f.cls === 0x13 && f.id === ANO && f.length === 84)).toBe(true);
    const dates = frames.map(({ payload }) => [payload[4], payload[5], payload[6]].join('-'));
    expect([...new Set(dates)]).toEqual(['26-2-27', '26-2-28', '26-3-1']);
    const ofDay = (date: string, gnssId: number): number =>
      frames.filter((f, i) => dates[i] === date && f.payload[3] === gnssId).length;
    // The counts the real service was measured with: 2604 and 1680 bytes a day.
    expect([ofDay('26-2-27', 0) * 84, ofDay('26-3-1', 6) * 84]).toEqual([2604, 1680]);
    expect(body.length).toBe(12_852);
  });

  test.each([1, 3, 7, 14])('uporb_%i covers as many days', async (days) => {
    const clouds = await startClouds();
    const frames = framesOf((await fetch(clouds, `&gnss=qzss&data=uporb_${days}`)).body);
    expect(new Set(frames.map((f) => f.payload.subarray(4, 7).toString('hex'))).size).toBe(days);
  });

  test('live data begin with the time of now', async () => {
    const clock = createFakeClock(Date.UTC(2026, 5, 1, 12, 0, 7));
    const clouds = await startClouds({ clock });
    const frames = framesOf((await fetch(clouds, LIVE)).body);
    expect(isTime(frames[0])).toBe(true);
    expect(timeOf(frames[0]!)).toBe(clock.wall());
    expect(new Set(ephemerides(frames).map((f) => f.id))).toEqual(new Set([0, 2]));
    expect(frames.some((f) => f.id === ANO)).toBe(false);
  });

  test('the kinds are what was asked for: almanac, health and ionosphere each by themselves', async () => {
    const clouds = await startClouds();
    const kinds = async (data: string): Promise<number[]> => {
      const frames = framesOf((await fetch(clouds, `&gnss=gps&data=${data}`)).body).filter((f) => !isTime(f));
      return [...new Set(frames.map((f) => f.payload[0]!))].sort();
    };
    expect(await kinds('ualm')).toEqual([2]);
    expect(await kinds('usvht')).toEqual([4]);
    expect(await kinds('ukion')).toEqual([6]);
    expect(await kinds('ulorb_l1')).toEqual([1, 5]);
  });

  test('a position filter sends less', async () => {
    const clouds = await startClouds();
    const place = '&lat=47.28&lon=8.56&alt=400&pacc=5000';
    const all = await fetch(clouds, LIVE + place);
    const seen = await fetch(clouds, `${LIVE}${place}&filteronpos=1`);
    expect(ephemerides(framesOf(seen.body)).length).toBeLessThan(ephemerides(framesOf(all.body)).length);
  });

  test('parameters may come in any order', async () => {
    const clouds = await startClouds();
    const chipcode = encodeURIComponent(await chipcodeOf(clouds));
    const url = `${clouds.description.assistnow.serviceUrl}?data=ualm&chipcode=${chipcode}&gnss=gps`;
    expect((await get(clouds, url)).status).toBe(200);
  });

  test.each(['length', 'close'] as const)('the connection is closed after the data, framed by %s', async (framing) => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ framing });
    const { headers, body } = await fetch(clouds, LIVE);
    expect(headers['connection']).toBe('close');
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(headers['content-length']).toBe(framing === 'length' ? String(body.length) : undefined);
    expect(framesOf(body).length).toBeGreaterThan(10);
    await until('closed', () => clouds.assistnow.door.live === 0);
  });
});

describe('refusals', () => {
  test.each([
    '&gnss=gps',
    '&data=ualm',
    '&gnss=gps&data=',
    '&gnss=&data=ualm',
    '&gnss=gps&data=uporb_2',
    '&gnss=GPS&data=ualm',
    '&gnss=gps&Data=ualm',
    '&gnss=gps&data=ualm&data=uporb_1',
    '&gnss=gps,gps&data=ualm',
    '&gnss=gps;data=ualm',
    '&gnss=gps&data=ualm,',
    '&gnss=gps&data=ualm&',
    '&gnss=gps&data=ualm&lat',
    '&gnss=gps&data=ualm&token=x',
    '&gnss=gps&data=ualm&lat=47.2',
    '&gnss=gps&data=ualm&lat=47.&lon=8',
    '&gnss=gps&data=ualm&lat=%2B47&lon=8',
    '&gnss=gps&data=ualm&lat=4.7e1&lon=8',
    '&gnss=gps&data=ualm&lat=91&lon=8',
    '&gnss=gps&data=ualm&lat=47&lon=181',
    '&gnss=gps&data=ualm&lat=47&lon=8&pacc=6000001',
    '&gnss=gps&data=ualm&lat=47&lon=8&pacc=-1',
    '&gnss=gps&data=ualm&filteronpos=1',
    '&gnss=gps&data=ualm&lat=47&lon=8&filteronpos',
    '&gnss=gps&data=ualm&lat=47&lon=8&filteronpos=true',
    '&gnss=%zz&data=ualm',
  ])('%s is 400 with a text', async (query) => {
    const clouds = await startClouds();
    const { status, headers, text } = await fetch(clouds, query);
    expect([status, headers['content-type']]).toEqual([400, 'text/plain']);
    expect(text).not.toBe('');
  });

  test('an unknown chipcode is 401, or what the knob says', async () => {
    const clouds = await startClouds();
    const url = `${clouds.description.assistnow.serviceUrl}?chipcode=abc&gnss=gps&data=ualm`;
    expect((await get(clouds, url)).status).toBe(401);
    for (const status of [400, 404, 422] as const) {
      clouds.assistnow.configure({ unknownChipcodeStatus: status });
      expect((await get(clouds, url)).status).toBe(status);
    }
  });

  test('a chipcode that was not encoded is another one', async () => {
    const clouds = await startClouds();
    const chipcode = await chipcodeOf(clouds);
    const url = clouds.description.assistnow.serviceUrl;
    expect((await get(clouds, `${url}?chipcode=${chipcode}&gnss=gps&data=ualm`)).status).toBe(401);
  });

  test('a chipcode from before the renewal is worthless', async () => {
    const clouds = await startClouds();
    const old = encodeURIComponent(await chipcodeOf(clouds));
    clouds.assistnow.renewChipcodes();
    const url = `${clouds.description.assistnow.serviceUrl}?gnss=gps&data=ualm&chipcode=`;
    expect((await get(clouds, url + old)).status).toBe(401);
    expect((await get(clouds, url + encodeURIComponent(await chipcodeOf(clouds)))).status).toBe(200);
  });

  test.each(['ulorb_l1', 'ukion', 'usvht', 'uporb_3,ukion', 'ualm,uporb_14'])(
    '%s beside a plan without it is 403 and not one byte',
    async (data) => {
      const clouds = await startClouds();
      clouds.assistnow.configure({ allowedData: ['ualm', 'uporb_1', 'uporb_3'] });
      const { status, body, headers } = await fetch(clouds, `&gnss=gps&data=${data}`);
      expect([status, body.length, headers['content-length']]).toEqual([403, 0, '0']);
      expect((await fetch(clouds, '&gnss=gps&data=ualm,uporb_3')).status).toBe(200);
    },
  );

  test('off its plan everything is 403', async () => {
    const clouds = await startClouds();
    const chipcode = encodeURIComponent(await chipcodeOf(clouds));
    clouds.assistnow.configure({ isPlanActive: false });
    const url = `${clouds.description.assistnow.serviceUrl}?chipcode=${chipcode}&gnss=gps&data=ualm`;
    const { status, body } = await get(clouds, url);
    expect([status, body.length]).toEqual([403, 0]);
  });

  test('another method is 405, another path 404, whatever its case', async () => {
    const clouds = await startClouds();
    const { serviceUrl } = clouds.description.assistnow;
    expect((await get(clouds, serviceUrl, { method: 'POST' })).status).toBe(405);
    expect((await get(clouds, serviceUrl.toLowerCase())).status).toBe(404);
  });
});

describe('faults in front', () => {
  const healthy = async (clouds: SimClouds): Promise<Buffer> => (await fetch(clouds, LIVE)).body;
  const spoilt = async (clouds: SimClouds, fault: AssistFault): Promise<Got> => {
    clouds.assistnow.pushFault(fault);
    return fetch(clouds, LIVE);
  };

  test('429 and 503 with Retry-After, as often as pushed', async () => {
    const clouds = await startClouds();
    clouds.assistnow.pushFault({ is: 'status', status: 429, body: 'slow down', retryAfter: '120' }, { times: 2 });
    clouds.assistnow.pushFault({ is: 'status', status: 503, retryAfter: '9' });
    const answers = [await fetch(clouds, LIVE), await fetch(clouds, LIVE), await fetch(clouds, LIVE)];
    expect(answers.map((a) => [a.status, a.headers['retry-after'], a.text])).toEqual([
      [429, '120', 'slow down'],
      [429, '120', 'slow down'],
      [503, '9', ''],
    ]);
    expect((await fetch(clouds, LIVE)).status).toBe(200);
  });

  test('a short body ends before its Content-Length; half a body is framed as if it were whole', async () => {
    const clouds = await startClouds();
    const whole = await healthy(clouds);
    const short = await spoilt(clouds, { is: 'short' });
    expect(short.isCut).toBe(true);
    expect(Number(short.headers['content-length'])).toBe(whole.length);
    expect(short.body.length).toBe(Math.floor(whole.length / 2));
    const half = await spoilt(clouds, { is: 'half' });
    expect([half.isCut, half.body.length]).toEqual([false, Math.floor(whole.length / 2)]);
    expect(() => framesOf(half.body)).toThrow();
  });

  test('a text, a page, a wrong content type, an empty and a damaged answer are all 200', async () => {
    const clouds = await startClouds();
    const whole = await healthy(clouds);
    const text = await spoilt(clouds, { is: 'text', body: 'Error: busy' });
    expect([text.status, text.headers['content-type'], text.text]).toEqual([200, 'application/ubx', 'Error: busy']);
    const page = await spoilt(clouds, { is: 'html' });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const wrong = await spoilt(clouds, { is: 'wrong-type' });
    expect([wrong.status, wrong.headers['content-type'], wrong.body.length]).toEqual([200, 'text/plain', whole.length]);
    expect((await spoilt(clouds, { is: 'empty' })).headers['content-length']).toBe('0');
    const damaged = await spoilt(clouds, { is: 'damaged' });
    expect(damaged.body.length).toBe(whole.length);
    expect(() => framesOf(damaged.body)).toThrow();
  });

  test('an oversized answer is as large as asked for and begins like a good one', async () => {
    const clouds = await startClouds();
    const { body, status } = await spoilt(clouds, { is: 'oversized', bytes: 3_000_000 });
    expect([status, body.length, body.subarray(0, 2).toString('hex')]).toEqual([200, 3_000_000, 'b562']);
  });

  test('a stalled answer never comes, or stops midway; the connection ends when the stall does', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.assistnow.pushFault({ is: 'stall', forMs: 60_000 });
    clouds.assistnow.pushFault({ is: 'stall', forMs: 60_000, afterBytes: 50 });
    const ends: unknown[] = [];
    const first = fetch(clouds, LIVE).catch((error: unknown) => ends.push(error));
    await until('the request', () => clouds.assistnow.requests.length === 1);
    const second = fetch(clouds, LIVE).then((got) => ends.push(got));
    await until('both requests', () => clouds.assistnow.requests.length === 2);
    await clock.advance(59_000);
    expect(ends).toEqual([]);
    await clock.advance(2_000);
    await Promise.all([first, second]);
    expect(ends.some((end) => end instanceof Error)).toBe(true);
    expect(ends).toContainEqual(expect.objectContaining({ status: 200, isCut: true }));
  });

  test('a stall does not outlive the simulation', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.assistnow.pushFault({ is: 'stall', forMs: 60_000 });
    const asked = fetch(clouds, LIVE).catch((error: unknown) => error);
    await until('the request', () => clouds.assistnow.requests.length === 1);
    const before = clock.pending;
    await clouds[Symbol.asyncDispose]();
    expect(await asked).toBeInstanceOf(Error);
    expect(clock.pending).toBeLessThan(before);
  });

  test('a cut connection carries no answer, and cleared faults are gone', async () => {
    const clouds = await startClouds();
    clouds.assistnow.pushFault({ is: 'cut' }, { times: 5 });
    await expect(fetch(clouds, LIVE)).rejects.toThrow();
    clouds.assistnow.clearFaults();
    expect((await fetch(clouds, LIVE)).status).toBe(200);
  });

  test('a fault for one service passes the others by', async () => {
    const clouds = await startClouds();
    clouds.assistnow.pushFault({ is: 'status', status: 503 }, { service: 'offline' });
    const { offlineUrl, token } = clouds.description.assistnow.legacy;
    expect((await fetch(clouds, LIVE)).status).toBe(200);
    expect((await get(clouds, `${offlineUrl}?token=${token}`)).status).toBe(503);
  });

  test.each([
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['foreign', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('a %s server certificate is refused by a client that looks', async (face, code) => {
    const clouds = await startClouds();
    await clouds.assistnow.show(face);
    await expect(fetch(clouds, LIVE)).rejects.toMatchObject({ code });
  });
});

describe('the network and the records', () => {
  test('while unreachable nothing is answered', async () => {
    const clouds = await startClouds();
    const chipcode = encodeURIComponent(await chipcodeOf(clouds));
    const url = `${clouds.description.assistnow.serviceUrl}?chipcode=${chipcode}&gnss=gps&data=ualm`;
    clouds.setReachable(false);
    await expect(get(clouds, url)).rejects.toThrow();
    await expect(askChipcode(clouds)).rejects.toThrow();
    clouds.setReachable(true);
    expect((await get(clouds, url)).status).toBe(200);
  });

  test('requests are remembered with everything but the secrets', async () => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ allowedData: ['ualm'] });
    const { body } = await fetch(clouds, '&gnss=gps,glo&data=ualm');
    await fetch(clouds, '&gnss=gps&data=ukion');
    expect(clouds.assistnow.requests).toEqual([
      { service: 'current', status: 200, parameters: { gnss: 'gps,glo', data: 'ualm' }, bytes: body.length },
      {
        service: 'current',
        status: 403,
        parameters: { gnss: 'gps', data: 'ukion' },
        bytes: 0,
        reason: 'not allowed: ukion',
      },
    ]);
    const secrets = [await chipcodeOf(clouds), clouds.description.assistnow.ztp.token];
    const told = JSON.stringify([clouds.assistnow.requests, clouds.assistnow.ztpCalls]);
    for (const secret of secrets) expect(told).not.toContain(secret);
  });
});
