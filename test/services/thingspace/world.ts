// A ThingSpace in a few lines, behind an HttpsClient: the rows of specs/thingspace.md section 11 that a device meets.
import {
  createFakeClock,
  type FakeClock,
  Secret,
  type SecretKind,
  silentLogger,
  WaymarkError,
} from '../../../src/core/index.js';
import type { HttpsClient, HttpsRequest } from '../../../src/net/index.js';
import { createThingspace, type ThingspaceDeps, type ThingspaceOptions } from '../../../src/services/index.js';
import {
  type Credential,
  createCredential,
  type RemedyTable,
  type Slot,
  UWS_PASSWORD_REMEDIES,
  type Vault,
} from '../../../src/vault/index.js';

export interface Reply {
  status: number;
  body?: unknown;
  retryAfterMs?: number;
}

export const MDN = '7892345678';
export const IMEI = '356938035643809';
export const ACCOUNT = '0000123456-00001';

export interface World {
  clock: FakeClock;
  http: HttpsClient;
  /** Path and, for logins, nothing more: what was asked, in order. */
  asked: HttpsRequest[];
  /** Taken one by one before the server's own answer; a function may wait. */
  next: ((request: HttpsRequest) => Reply | Error | undefined)[];
  secret: string;
  password: string;
  misses: number;
  isLocked: boolean;
  cached: { atUtcMs: number } | undefined;
  billed: number;
  isReachable: boolean;
  /** The token has ended there meanwhile. */
  hasSlept: boolean;
  count: (path: string) => number;
}

const TIME = (utcMs: number): string => new Date(utcMs).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);

export function createWorld(): World {
  const clock = createFakeClock(Date.UTC(2026, 10, 1));
  let token: { text: string; endMs: number } | undefined;
  let session: { text: string; usedMs: number } | undefined;
  let serial = 0;
  const fresh = (): string => `${++serial}-${Math.random().toString(36).slice(2)}-token`;
  const e3 = (code: string): Reply => ({
    status: 400,
    body: { errorCode: `UnifiedWebService.${code}`, errorMessage: 'no' },
  });
  const e4 = (words: string): Reply => ({ status: 400, body: { errorCode: 'INVALID_PARAMETER', errorMessage: words } });
  const place = (utcMs: number): unknown => [
    { msid: MDN, pd: { time: TIME(utcMs), x: '33.45324', y: '-84.59621', radius: '5571', qos: false }, error: {} },
  ];

  const answer = (request: HttpsRequest): Reply => {
    const path = new URL(request.url).pathname;
    const auth = request.headers?.['Authorization'] ?? '';
    const now = clock.mono();
    if (path === '/api/ts/v1/oauth2/token') {
      const good = `Basic ${Buffer.from(`key:${world.secret}`).toString('base64')}`;
      if (auth !== good) return { status: 401, body: { error: 'invalid_client' } };
      if (world.hasSlept) token = undefined;
      world.hasSlept = false;
      if (!token || now >= token.endMs) token = { text: fresh(), endMs: now + 3_600_000 };
      return {
        status: 200,
        body: { access_token: token.text, token_type: 'Bearer', expires_in: Math.floor((token.endMs - now) / 1000) },
      };
    }
    if (auth === '') return { status: 401, body: { fault: { code: '900902' } } };
    if (!token || now >= token.endMs || auth !== `Bearer ${token.text}`)
      return { status: 401, body: { fault: { code: '900901', message: 'Invalid Credentials' } } };
    const body = JSON.parse(request.body ?? '{}') as Record<string, unknown>;
    if (path === '/api/m2m/v1/session/login') {
      if (world.isLocked || body['password'] !== world.password) {
        world.misses++;
        if (world.misses >= 5) world.isLocked = true;
        return e3('REQUEST_FAILED.InvalidCredentials');
      }
      world.misses = 0;
      session = { text: fresh(), usedMs: now };
      return { status: 200, body: { sessionToken: session.text, expiresIn: 3600 } };
    }
    if (!session || request.headers?.['VZ-M2M-Token'] !== session.text) return e3('INPUT_INVALID.SessionToken.Invalid');
    if (now - session.usedMs > 1_200_000) return e4('UWS verification failure (The Session has expired.)');
    session.usedMs = now;
    if (path === '/api/m2m/v1/session/logout') return { status: 200, body: { sessionToken: session.text } };
    if (path !== '/api/loc/v1/locations') return { status: 404, body: 'no such thing' };
    if (body['cacheMode'] === '0')
      return world.cached
        ? { status: 200, body: place(world.cached.atUtcMs) }
        : { status: 400, body: { errorCode: 'CACHE_UNAVAILABLE' } };
    if (!world.isReachable)
      return {
        status: 200,
        body: [
          { msid: MDN, pd: {}, error: { type: 'POSITION METHOD FAILURE', info: 'Exception code=ABSENT SUBSCRIBER' } },
        ],
      };
    world.billed++;
    world.cached = { atUtcMs: clock.wall() };
    return { status: 200, body: place(clock.wall()) };
  };

  const world: World = {
    clock,
    asked: [],
    next: [],
    secret: 'right-secret',
    password: 'right-password',
    misses: 0,
    isLocked: false,
    cached: { atUtcMs: clock.wall() },
    billed: 0,
    isReachable: true,
    hasSlept: false,
    count: (path) => world.asked.filter(({ url }) => url.endsWith(path)).length,
    http: {
      async request(request) {
        await request.beforeSend?.();
        world.asked.push(request);
        const scripted = world.next.shift()?.(request);
        if (scripted instanceof Error) throw scripted;
        const { status, body, retryAfterMs } = scripted ?? answer(request);
        const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
        return {
          status,
          headers: {},
          body: Buffer.from(text),
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        };
      },
    },
  };
  return world;
}

/** Slots in memory; `alarms` and a failing disk on demand. */
export function memoryVault() {
  const kept = new Map<string, unknown>();
  const state = {
    isFull: false,
    salt: 'salt' as string | undefined,
    kept,
    alarms: [] as { file: string; what: string; atUtcMs: number }[],
    beforeWrite: (): Promise<void> => Promise.resolve(),
  };
  const vault: Pick<Vault, 'slot' | 'alarms' | 'keptSalt'> = {
    alarms: () => state.alarms,
    keptSalt: async () => state.salt,
    slot<T>(name: string): Slot<T> {
      const writable = (): void => {
        if (state.isFull) throw new WaymarkError('vault.write', 'full');
      };
      return {
        read: async () => (kept.has(name) ? { value: kept.get(name) as T, generation: 'current' } : undefined),
        async write(value) {
          await state.beforeWrite();
          writable();
          kept.set(name, value);
        },
        async clear() {
          writable();
          kept.delete(name);
        },
      } as Slot<T>;
    },
  };
  return { vault, state };
}

export function credential(
  world: World,
  id: string,
  kind: SecretKind,
  value: () => string,
  remedies: RemedyTable = {},
): Credential {
  return createCredential(
    { clock: world.clock, log: silentLogger },
    { id, kind, remedies, load: async () => ({ value: new Secret(kind, value()) }) },
  );
}

export function createPeople(
  world: World,
  given: { password: () => string; secret?: () => string; user?: () => string },
) {
  return {
    key: credential(world, 'thingspace-key', 'thingspace-key', () => 'key'),
    secret: credential(world, 'thingspace-secret', 'thingspace-secret', given.secret ?? (() => world.secret)),
    user: credential(world, 'thingspace-user', 'uws-user', given.user ?? (() => 'user')),
    password: credential(world, 'thingspace-password', 'password', given.password, UWS_PASSWORD_REMEDIES),
  };
}

export const OPTIONS: ThingspaceOptions = {
  mode: 'direct',
  baseUrl: 'https://thingspace.example',
  accountName: ACCOUNT,
  loginEpoch: 0,
  location: { intervalSeconds: 900, maxAgeHours: 24, monthlyCurrentBudget: 30, always: true },
};

export function serve(world: World, over: Partial<ThingspaceDeps> = {}, options: Partial<ThingspaceOptions> = {}) {
  const positions: number[] = [];
  const service = createThingspace(
    {
      http: world.http,
      clock: world.clock,
      log: silentLogger,
      vault: memoryVault().vault,
      isWallTrusted: () => true,
      credentials: createPeople(world, { password: () => world.password }),
      imei: async () => IMEI,
      mdn: async () => `+1${MDN}`,
      isNeeded: () => true,
      onPosition: (position) => void positions.push(position.latitudeDeg),
      random: () => 0.5,
      ...over,
    },
    { ...OPTIONS, ...options },
  );
  return { service, positions };
}

/** Settles a promise while the clock runs; real disks get their turns, too. */
export async function during<T>(world: World, promise: Promise<T>, ms = 10_000): Promise<T> {
  const state = { isSettled: false };
  const settled = promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  void settled.then(() => (state.isSettled = true));
  // While nothing waits for the clock it is the disk's turn, however slow it is: time stands still for it.
  for (let turns = 0; !state.isSettled && turns < 50_000; turns++)
    await world.clock.advance(world.clock.pending === 0 ? 0 : Math.min(ms, 500));
  return (await settled)();
}
