// An in-memory Losant, with slots that can fail, for the tests of the enrolment.
import { createFakeClock, Secret, silentLogger, WaymarkError } from '../../../src/core/index.js';
import type { HttpsClient, HttpsRequest, HttpsResponse } from '../../../src/net/index.js';
import { createLosantEnrolment, type LosantEnrolmentOptions } from '../../../src/services/losant/enrol.js';
import { losantEnrolmentCodec, losantIdentityCodec } from '../../../src/services/losant/enrol-identity.js';
import type { Codec, CredentialOutcome, CredentialSource } from '../../../src/vault/index.js';

export const IMEI = '356938035643809';
export const APPLICATION = 'a'.repeat(24);
export const API = 'https://api.losant.test';
export const OPERATOR = 'https://operator.test/enrol';

interface FakeDevice {
  deviceId: string;
  applicationId: string;
  creationDate: string;
  name?: string;
  tags: { key: string; value: string }[];
  attributes?: { name: string; dataType: string }[];
}

export function fakeLosant() {
  let made = 0;
  const losant = {
    devices: [] as FakeDevice[],
    keys: [] as { key: string; secret: string; deviceIds: string[]; name: string }[],
    requests: [] as { method: string; path: string; body: Record<string, unknown> }[],
    /** Answers instead of Losant, where it gives something. */
    instead: (_: string): { status: number; body?: unknown; retryAfterMs?: number } | undefined => undefined,
    operator: { status: 404 } as { status: number; body?: unknown; retryAfterMs?: number },
    addDevice(creationDate = new Date(Date.UTC(2026, 0, 1) + made * 1000).toISOString(), imei = IMEI): FakeDevice {
      const deviceId = (++made).toString(16).padStart(24, '0');
      const device = { deviceId, applicationId: APPLICATION, creationDate, tags: [{ key: 'imei', value: imei }] };
      losant.devices.push(device);
      return device;
    },
    works: (deviceId: string, key: Secret, secret: Secret): boolean =>
      losant.keys.some((k) => k.deviceIds.includes(deviceId) && key.is(k.key) && secret.is(k.secret)),
  };
  const answer = (status: number, body: unknown = {}, retryAfterMs?: number): HttpsResponse => ({
    status,
    headers: {},
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
  const serve = (request: HttpsRequest): HttpsResponse => {
    const url = new URL(request.url);
    const what = `${request.method} ${url.pathname}`;
    const body = JSON.parse(request.body ?? '{}') as Record<string, unknown>;
    losant.requests.push({ method: request.method, path: url.pathname, body });
    const instead = losant.instead(what);
    if (instead) return answer(instead.status, instead.body, instead.retryAfterMs);
    if (request.url === OPERATOR)
      return answer(losant.operator.status, losant.operator.body, losant.operator.retryAfterMs);
    switch (what) {
      case 'POST /auth/device': {
        const key = losant.keys.find((k) => k.key === body['key'] && k.secret === body['secret']);
        if (!key?.deviceIds.includes(body['deviceId'] as string)) return answer(401, { type: 'Unauthorized' });
        return answer(200, { applicationId: APPLICATION, deviceId: body['deviceId'], token: 'device-token-1' });
      }
      case `GET /applications/${APPLICATION}/devices`: {
        const imei = url.searchParams.get('tagFilter[0][value]');
        const items = losant.devices.filter(({ tags }) => tags.some((t) => t.key === 'imei' && t.value === imei));
        return answer(200, { count: items.length, totalCount: items.length, items });
      }
      case `POST /applications/${APPLICATION}/devices`: {
        const device = losant.addDevice();
        Object.assign(device, body);
        return answer(201, device);
      }
      case `POST /applications/${APPLICATION}/keys`: {
        const n = losant.keys.length + 1;
        const key = {
          key: `key-${n}`,
          secret: `secret-of-key-${n}`,
          ...(body as { deviceIds: string[]; name: string }),
        };
        losant.keys.push(key);
        return answer(201, key);
      }
      default:
        return answer(404, { type: 'NotFound' });
    }
  };
  return { ...losant, state: losant, serve };
}

/** A slot that keeps what the codec makes of it, as a file would. */
export function codecSlot<T>(codec: Codec<T>, point: (name: string) => void, name: string) {
  const slot = {
    text: undefined as string | undefined,
    read: () =>
      Promise.resolve(
        slot.text === undefined
          ? undefined
          : { value: codec.decode(JSON.parse(slot.text), 1), generation: 'current' as const },
      ),
    write: (value: T) =>
      Promise.resolve().then(() => {
        point(`before ${name}`);
        slot.text = JSON.stringify(codec.encode(value));
        point(`after ${name}`);
      }),
  };
  return slot;
}

export class Crash extends Error {}

export function rig(options: Partial<LosantEnrolmentOptions> = {}) {
  const clock = createFakeClock();
  const losant = fakeLosant();
  const t = {
    losant: losant.state,
    /** Called at each place the power can go. */
    point: (_: string): void => undefined,
    /** Errors of the road, before anything was sent: for all, or for one request. */
    isOffline: false as boolean | string,
    reports: [] as CredentialOutcome[],
    erased: 0,
    eraseFails: false,
    imei: IMEI,
    slots: {
      identity: codecSlot(losantIdentityCodec, (name) => t.point(name), 'identity'),
      journal: codecSlot(losantEnrolmentCodec, (name) => t.point(name), 'journal'),
    },
    make: () =>
      createLosantEnrolment(
        {
          http,
          clock,
          log: silentLogger,
          slots: t.slots,
          token,
          hardware: () => Promise.resolve({ imei: t.imei, iccid: '8901260000000000001', model: 'LARA-R6001D' }),
          eraseToken: () => {
            t.point('before erase');
            if (t.eraseFails) return Promise.reject(new Error('read-only'));
            t.erased++;
            t.point('after erase');
            return Promise.resolve();
          },
          agentVersion: '1.2.3',
        },
        { mode: 'application-token', apiUrl: API, applicationId: APPLICATION, tags: [], keepToken: false, ...options },
      ),
  };
  const http: HttpsClient = {
    async request(request) {
      const path = `${request.method} ${new URL(request.url).pathname}`;
      if (t.isOffline === true || t.isOffline === path) throw new WaymarkError('net.closed', 'no road');
      t.point(`before ${path}`);
      await request.beforeSend?.();
      t.point(`sending ${path}`);
      const answer = losant.serve(request);
      t.point(`after ${path}`);
      return answer;
    },
  };
  const value = new Secret('application-token', 'application-token-of-tests');
  const token: CredentialSource<Secret> = {
    get: () => {
      if (t.erased > 0) return Promise.reject(new WaymarkError('secret.absent', 'erased'));
      return Promise.resolve({ value, generation: 1, fingerprint: value.fingerprint });
    },
    report: (_, outcome) => void t.reports.push(outcome),
    status: () => {
      throw new Error('not asked');
    },
    onChange: () => () => undefined,
  };
  return t;
}
