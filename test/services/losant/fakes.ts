// Credentials that can be replaced and refused, and a scripted REST API.
import { type CloudRecord, createFakeClock, Secret, silentLogger, WaymarkError } from '../../../src/core/index.js';
import type { HttpsClient, HttpsRequest } from '../../../src/net/index.js';
import type { CredentialOutcome, CredentialSource } from '../../../src/vault/index.js';

export const DEVICE = 'd'.repeat(24);
export const APP = 'a'.repeat(24);

export interface FakeCredential extends CredentialSource<Secret> {
  outcomes: CredentialOutcome[];
  replace(value: string): void;
}

export function credential(
  kind: 'access-key' | 'access-secret' | 'application-token',
  first: string,
  clock = createFakeClock(),
): FakeCredential {
  let value = new Secret(kind, first);
  let generation = 1;
  let refused: Extract<CredentialOutcome, { is: 'refused' }> | undefined;
  let tested = false;
  const outcomes: CredentialOutcome[] = [];
  const listeners = new Set<() => void>();
  const announce = (): void => listeners.forEach((listener) => listener());
  return {
    outcomes,
    replace(text) {
      value = new Secret(kind, text);
      generation++;
      refused = undefined;
      announce();
    },
    async get() {
      const left = (refused?.retryAtMonoMs ?? 0) - clock.mono();
      if (refused && left > 0) throw new WaymarkError('credential.refused', 'refused', { retryAfterMs: left });
      return { value, generation, fingerprint: value.fingerprint };
    },
    report(lease, outcome) {
      if (lease.generation !== generation) return;
      outcomes.push(outcome);
      if (outcome.is === 'refused') refused = outcome;
      if (outcome.is === 'ok') [refused, tested] = [undefined, true];
      announce();
    },
    status: () => ({
      id: kind,
      kind,
      state: refused?.state ?? 'valid',
      since: 0,
      tested,
      latched: false,
      generation,
      remedy: '',
    }),
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
}

export type Reply = [status: number, json: unknown] | WaymarkError;
export interface Seen {
  method: string;
  path: string;
  bearer: string | undefined;
  body: unknown;
}

/** Answers by path; unknown paths get 404. */
export function scriptedHttp(
  script: (seen: Seen, request: HttpsRequest) => Reply | undefined,
): HttpsClient & { seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    async request(request) {
      const url = new URL(request.url);
      const one: Seen = {
        method: request.method,
        path: url.pathname.replace(`/applications/${APP}/devices/${DEVICE}`, '') + url.search,
        bearer: request.headers?.['Authorization'],
        body: request.body === undefined ? undefined : JSON.parse(request.body),
      };
      seen.push(one);
      const reply = script(one, request) ?? [404, { type: 'NotFound', message: 'Device was not found' }];
      if (reply instanceof WaymarkError) throw reply;
      return { status: reply[0], headers: {}, body: Buffer.from(JSON.stringify(reply[1])) };
    },
  };
}

export const AUTHED: Reply = [200, { applicationId: APP, deviceId: DEVICE, deviceClass: 'standalone', token: 'tok-1' }];
export const OK: Reply = [200, { success: true }];
export const UNAUTHORISED: Reply = [401, { type: 'Unauthorized', message: 'no' }];

/** The usual: whatever is asked is answered well. */
export const goodApi = ({ path }: Seen): Reply =>
  path === '/auth/device' ? AUTHED : path.startsWith('/command') ? [200, []] : OK;

export const record = (n: number, extra: Partial<CloudRecord> = {}): CloudRecord => ({
  id: `1-${n}`,
  kind: 'gap',
  class: 'A',
  utcMs: Date.UTC(2026, 0, 1),
  timeQuality: 'utc',
  boot: 1,
  monoMs: 0,
  body: { count: n },
  ...extra,
});

export const base = () => {
  const clock = createFakeClock();
  return {
    clock,
    log: silentLogger,
    random: () => 0,
    accessKey: credential('access-key', 'key-1', clock),
    accessSecret: credential('access-secret', 'secret-1', clock),
  };
};
