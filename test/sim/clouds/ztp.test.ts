import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock } from '../../../src/core/index.js';
import { ask, provision, scratch, startClouds, until } from './helpers.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('the healthy provisioning service', () => {
  test('a known token gets certificate, key, client id, broker, subscriptions and keys', async () => {
    const clouds = await startClouds();
    const answer = await provision(clouds);
    expect(answer.status).toBe(200);
    const data = answer.json();
    const certificate = new X509Certificate(String(data['certificate']));
    expect(certificate.subject).toBe(`CN=${String(data['clientId'])}`);
    expect(String(data['clientId'])).toMatch(UUID);
    expect(certificate.checkPrivateKey(createPrivateKey(String(data['privateKey'])))).toBe(true);
    expect(certificate.verify(new X509Certificate(readFileSync(clouds.description.caFile)).publicKey)).toBe(true);
    expect(data['brokerHost']).toBe(`localhost:${clouds.description.pointperfect.mqtt.port}`);
    expect(data['supportsMqtt']).toBe(true);
    expect(data['supportsLband']).toBe(false);
  });

  test('the subscriptions are described single paths first, then joined ones without description', async () => {
    const clouds = await startClouds();
    const { subscriptions } = (await provision(clouds)).json() as unknown as {
      subscriptions: { description?: string; path: string }[];
    };
    const firstJoined = subscriptions.findIndex((s) => s.path.includes(';'));
    expect(firstJoined).toBeGreaterThan(0);
    for (const s of subscriptions.slice(0, firstJoined)) expect(s.description).toBeTypeOf('string');
    for (const s of subscriptions.slice(firstJoined)) {
      expect(s.description).toBeUndefined();
      expect(s.path).toContain(';');
    }
    expect(subscriptions.slice(0, firstJoined).map((s) => s.path)).toEqual(clouds.description.pointperfect.mqtt.topics);
  });

  test('the keys follow the simulation clock: the current one covers now and the next one follows it', async () => {
    const clock = createFakeClock(Date.UTC(2026, 5, 1));
    const clouds = await startClouds({ clock });
    const { dynamickeys: keys } = (await provision(clouds)).json() as unknown as {
      dynamickeys: Record<'current' | 'next', { start: number; duration: number; value: string }>;
    };
    expect(keys.current.start).toBeLessThanOrEqual(clock.wall());
    expect(keys.current.start + keys.current.duration).toBeGreaterThan(clock.wall());
    expect(keys.next.start).toBe(keys.current.start + keys.current.duration + 1);
    expect(keys.next.value).toMatch(/^[0-9a-f]{32}$/);
    expect(keys.next.value).not.toBe(keys.current.value);
  });

  test('a known hardware code keeps its client id, also over a restart', async () => {
    const stateDir = scratch();
    const first = await startClouds({ stateDir });
    const ids = [await provision(first), await provision(first)].map((a) => String(a.json()['clientId']));
    const { token } = first.description.ztp;
    await first[Symbol.asyncDispose]();
    const second = await startClouds({ stateDir });
    expect(second.description.ztp.token).toBe(token);
    ids.push(String((await provision(second)).json()['clientId']));
    expect(new Set(ids).size).toBe(1);
  });

  test.each(['string', 'number'] as const)('the ntrip plan answers with httpPort as %s', async (httpPortAs) => {
    const clouds = await startClouds();
    clouds.ztp.configure({ plan: 'ntrip', httpPortAs });
    const { rtcmCredentials } = (await provision(clouds)).json() as unknown as {
      rtcmCredentials: Record<string, unknown>;
    };
    expect(Object.keys(rtcmCredentials).sort()).toEqual(
      ['endpoint', 'httpPort', 'mountPoint', 'password', 'userName'].sort(),
    );
    expect(typeof rtcmCredentials['httpPort']).toBe(httpPortAs);
  });

  test('with slow activation the third answer is the first complete one', async () => {
    const clouds = await startClouds();
    clouds.ztp.configure({ incompleteAnswers: 2, existing: 'error' });
    const answers = [await provision(clouds), await provision(clouds), await provision(clouds)];
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200]);
    expect(answers.map((a) => 'certificate' in a.json())).toEqual([false, false, true]);
    expect((await provision(clouds)).status).toBe(403);
  });
});

describe('refusals', () => {
  const errors = (text: string): string => JSON.stringify({ errors: [text] });

  test('a token in upper case, or no UUID, is 422', async () => {
    const clouds = await startClouds();
    for (const token of [clouds.description.ztp.token.toUpperCase(), 'x', '', 7]) {
      const answer = await provision(clouds, { token });
      expect([answer.status, answer.text]).toEqual([422, errors('token invalid token format')]);
    }
  });

  test('another account’s token is 401', async () => {
    const clouds = await startClouds();
    expect((await provision(clouds, { token: '01234567-89ab-cdef-0123-456789abcdef' })).status).toBe(401);
  });

  test('a known hardware code is 403 when the profile says error', async () => {
    const clouds = await startClouds();
    await provision(clouds);
    clouds.ztp.configure({ existing: 'error' });
    const answer = await provision(clouds);
    expect([answer.status, answer.text]).toEqual([403, errors('Device already registered')]);
  });

  test('a deactivated Thing is 403 with its id, and works again once active', async () => {
    const clouds = await startClouds();
    const id = String((await provision(clouds)).json()['clientId']);
    expect(clouds.ztp.setActive('gw-1', false)).toBe(true);
    const answer = await provision(clouds);
    expect([answer.status, answer.text]).toEqual([403, errors(`No plan for device device:${id}`)]);
    clouds.ztp.setActive('gw-1', true);
    expect((await provision(clouds)).status).toBe(200);
    expect(clouds.ztp.setActive('unknown', true)).toBe(false);
  });

  test('a hardware code outside the allow list is 403', async () => {
    const clouds = await startClouds();
    clouds.ztp.configure({ allowList: ['gw-2'] });
    const answer = await provision(clouds);
    expect([answer.status, answer.text]).toEqual([403, errors('Device hardware code not whitelisted')]);
    expect((await provision(clouds, { hardwareId: 'gw-2' })).status).toBe(200);
  });

  test('a missing hardware code is 422 only where it is mandatory', async () => {
    const clouds = await startClouds();
    const answer = await provision(clouds, { hardwareId: undefined });
    expect([answer.status, answer.text]).toEqual([422, errors('hardwareId is required')]);
    clouds.ztp.configure({ hardwareIdIsMandatory: false });
    expect((await provision(clouds, { hardwareId: undefined })).status).toBe(200);
  });

  test.each([
    ['a chunked body', 411, { chunked: true, body: '{}' }],
    ['another content type', 415, { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['a GET', 405, { method: 'GET' }],
    ['another path', 404, { path: '/ztp', body: '{}' }],
    ['no JSON', 400, { body: '{' }],
    ['JSON that is no object', 400, { body: '[]' }],
    ['too long a name', 422, 'givenName'],
    ['tags that are no texts', 422, 'tags'],
    ['a body over 64 KiB', 413, { body: ' '.repeat(65_537) }],
  ] as const)('%s is %i', async (_what, status, options) => {
    const clouds = await startClouds();
    const answer =
      typeof options === 'string'
        ? await provision(clouds, { [options]: options === 'tags' ? [1] : 'n'.repeat(50) })
        : await ask(clouds, options);
    expect(answer.status).toBe(status);
    expect(answer.json()['errors']).toHaveLength(1);
  });

  test('a content type with a charset is fine', async () => {
    const clouds = await startClouds();
    const body = JSON.stringify({ token: clouds.description.ztp.token, hardwareId: 'gw-1' });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await ask(clouds, { body, headers })).status).toBe(200);
  });
});

describe('faults in front', () => {
  test('a fault answers as often as it was pushed, then the service is healthy', async () => {
    const clouds = await startClouds();
    clouds.ztp.pushFault({ is: 'status', status: 503, body: 'later', retryAfter: '7' }, 2);
    const [a, b, c] = [await provision(clouds), await provision(clouds), await provision(clouds)];
    expect([a.status, a.text, a.headers['retry-after']]).toEqual([503, 'later', '7']);
    expect([b.status, c.status]).toEqual([503, 200]);
    expect(clouds.ztp.calls.map((call) => call.fault)).toEqual(['status', 'status', undefined]);
  });

  test('truncated JSON, a page, an empty body, a redirect and a huge answer are all delivered whole', async () => {
    const clouds = await startClouds();
    clouds.ztp.pushFault({ is: 'truncated' });
    const truncated = await provision(clouds);
    expect(truncated.status).toBe(200);
    expect(() => truncated.json()).toThrow();
    clouds.ztp.pushFault({ is: 'html' });
    const page = await provision(clouds);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    clouds.ztp.pushFault({ is: 'empty' });
    expect((await provision(clouds)).text).toBe('');
    clouds.ztp.pushFault({ is: 'redirect', location: 'https://elsewhere.invalid/' });
    expect((await provision(clouds)).status).toBe(302);
    clouds.ztp.pushFault({ is: 'huge', bytes: 200_000 });
    expect((await provision(clouds)).text.length).toBeGreaterThan(200_000);
  });

  test('a stalled answer never comes; the connection ends when the stall does', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.ztp.pushFault({ is: 'stall', forMs: 60_000 });
    let failure: Error | undefined;
    const asked = provision(clouds).catch((error: unknown) => void (failure = error as Error));
    await until('the request arrived', () => clouds.ztp.calls.length === 1);
    await clock.advance(59_000);
    expect(failure).toBeUndefined();
    await clock.advance(2_000);
    await asked;
    expect(failure).toBeInstanceOf(Error);
  });

  test('a cut connection carries no answer', async () => {
    const clouds = await startClouds();
    clouds.ztp.pushFault({ is: 'cut' });
    await expect(provision(clouds)).rejects.toThrow();
  });

  test('a key of another certificate, and a certificate of the past, come in an otherwise healthy answer', async () => {
    const clouds = await startClouds();
    clouds.ztp.pushFault({ is: 'wrong-key' });
    clouds.ztp.pushFault({ is: 'expired-certificate' });
    const [wrong, expired] = [(await provision(clouds)).json(), (await provision(clouds)).json()];
    const pair = (data: Record<string, unknown>): [X509Certificate, boolean] => {
      const certificate = new X509Certificate(String(data['certificate']));
      return [certificate, certificate.checkPrivateKey(createPrivateKey(String(data['privateKey'])))];
    };
    expect(pair(wrong)[1]).toBe(false);
    expect(pair(expired)[1]).toBe(true);
    expect(Date.parse(pair(expired)[0].validTo)).toBeLessThan(createClock().wall());
  });

  test.each([
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['foreign', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('a %s server certificate is refused by a client that looks', async (face, code) => {
    const clouds = await startClouds();
    await clouds.ztp.show(face);
    await expect(provision(clouds)).rejects.toMatchObject({ code });
    await clouds.ztp.show('normal');
    expect((await provision(clouds)).status).toBe(200);
  });

  test('cleared faults are gone', async () => {
    const clouds = await startClouds();
    clouds.ztp.pushFault({ is: 'cut' }, 5);
    clouds.ztp.clearFaults();
    expect((await provision(clouds)).status).toBe(200);
  });
});
