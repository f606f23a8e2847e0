// A candidate pair is tried by a login before it replaces the old one.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/index.js';
import type { HttpsRequest } from '../../../src/net/index.js';
import { createAuthFetch, provePair } from '../../../src/services/losant/prove-pair.js';

const deviceId = 'd'.repeat(24);
const applicationId = 'a'.repeat(24);
const current = {
  deviceId,
  key: new Secret('access-key', 'key-old'),
  secret: new Secret('access-secret', 'secret-old'),
};
const newKey = new Secret('access-key', 'key-new');
const newSecret = new Secret('access-secret', 'secret-new');
const good = { applicationId, deviceId, token: 'token-of-device' };

function rig(status: number, body: unknown = good) {
  const requests: HttpsRequest[] = [];
  const fetch = createAuthFetch(
    {
      request: (request) => {
        requests.push(request);
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        return Promise.resolve({ status, headers: {}, body: Buffer.from(text), retryAfterMs: 7000 });
      },
    },
    { apiUrl: 'https://api.losant.test/' },
  );
  return { fetch, requests };
}

describe('a candidate', () => {
  test.each([
    [{ key: newKey, secret: newSecret }, 'key-new', 'secret-new'],
    [{ key: newKey }, 'key-new', 'secret-old'],
    [{ secret: newSecret }, 'key-old', 'secret-new'],
    [{}, 'key-old', 'secret-old'],
  ])('%j is tried with the half that is kept', async (candidate, key, secret) => {
    const t = rig(200);
    const proven = await provePair(t.fetch, { ...current, ...candidate });
    expect(t.requests[0]?.url).toBe('https://api.losant.test/auth/device');
    expect(JSON.parse(t.requests[0]?.body ?? '')).toEqual({ deviceId, key, secret });
    expect([proven.pair.key.is(key), proven.pair.secret.is(secret), proven.applicationId]).toEqual([
      true,
      true,
      applicationId,
    ]);
    expect(proven.token?.is('token-of-device')).toBe(true);
  });

  test.each([
    [401, { type: 'Unauthorized' }, { code: 'losant.refused', evidence: { http: 401, type: 'Unauthorized' } }],
    [403, '', { code: 'losant.refused', evidence: { http: 403 } }],
    [400, { type: 'x y z' }, { code: 'losant.refused', evidence: { http: 400 } }],
    [404, '', { code: 'losant.config' }],
    [429, '', { code: 'losant.throttled', retryAfterMs: 7000 }],
    [408, '', { code: 'losant.weather' }],
    [502, '<html>', { code: 'losant.weather' }],
    [200, '<html>', { code: 'losant.malformed' }],
    [200, { ...good, deviceId: 'e'.repeat(24) }, { code: 'losant.malformed' }],
    [200, { ...good, applicationId: 5 }, { code: 'losant.malformed' }],
  ])('%i %j', async (status, body, error) => {
    await expect(provePair(rig(status, body).fetch, { ...current, key: newKey })).rejects.toMatchObject(error);
  });
});
