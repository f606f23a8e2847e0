// Every row of the tables of AssistNow's refusals (specs/ublox.md 1.6, 4.1, 4.2, 4.3, specs/tokens.md T1, T2) met by an
// agent with a receiver: what status and `token list` say of it, and that it is not asked again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AssistFault, World, ZtpFault } from '../../src/sim/index.js';
import { describeCredentials, describeStatus, type StatusSnapshot } from '../../src/status/index.js';
import { type AgentOnWorld, calendarClock, credentialOf, startAgent } from '../helpers/agent.js';
import { eventually, QUICK_MODULE, startWorldIn } from '../helpers/scenario.js';

const DAY_MS = 86_400_000;
const ZTP_PAGE =
  /Thingstream portal \(Location Services, Location Things, Device Profiles, then the profile’s ZTP page\)/;
const THING_PAGE = /Thingstream portal \(Location Services, Location Things, then the Thing\)/;
const TOKEN_PAGE = /Thingstream portal \(Location Services, Location Tokens, then the token\)/;

const ZTP_TOKEN = 'assistnow-token';
const CHIPCODE = 'assistnow-chipcode';
const LEGACY = 'assistnow-legacy-token';

let dir: string;
let world: World;
const clock = calendarClock();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-assist-'));
  world = await startWorldIn(dir, { clock, module: QUICK_MODULE });
  await eventually('there is a network', () => world.clouds.isReachable);
});
afterEach(() => {
  world.clouds.assistnow.clearFaults();
  world.clouds.assistnow.configure({
    ...{ isPlanActive: true, isReceiverSupported: true, unknownChipcodeStatus: 401, legacyToken: 'permanent' },
    allowedData: ['ualm', 'uporb_1', 'ulorb_l1'],
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

interface Asked {
  ztp: number;
  data: number;
}
const asked = (): Asked => ({
  ztp: world.clouds.assistnow.ztpCalls.length,
  data: world.clouds.assistnow.requests.length,
});
const since = (before: Asked): Asked => ({ ztp: asked().ztp - before.ztp, data: asked().data - before.data });

interface GatewayOptions {
  /** The token instead of the right one. */
  value?: string;
  settings?: object;
}

let names = 0;
const newName = (): string => `gateway-${++names}`;

function start(name: string, assistNow: object, value: string): Promise<AgentOnWorld> {
  return startAgent(join(dir, name), world, {
    clock,
    prepare: (folder) => writeFileSync(join(folder, 'secrets', 'assist-token'), `${value}\n`, { mode: 0o600 }),
    config: {
      modem: null,
      ztp: null,
      corrections: null,
      // One day of orbits, wanted whether or not the receiver has a fix.
      assistNow: { caFile: world.ready.clouds.caFile, live: false, predictiveDays: '1', ...assistNow },
    },
  });
}
const secretFile = (name: string): string => `file:${join(dir, name, 'secrets', 'assist-token')}`;

/** A gateway of the current service. */
function current(name: string, options: GatewayOptions = {}): Promise<AgentOnWorld> {
  const { ztp } = world.ready.clouds.assistnow;
  return start(name, { url: ztp.url, token: secretFile(name), ...options.settings }, options.value ?? ztp.token);
}

/** A gateway of the old service. */
function legacy(name: string, options: GatewayOptions = {}): Promise<AgentOnWorld> {
  const { legacy: account } = world.ready.clouds.assistnow;
  const section = { token: secretFile(name), service: 'offline', days: 1, primary: new URL(account.offlineUrl).origin };
  return start(name, { legacy: { ...section, ...options.settings } }, options.value ?? account.token);
}

/** Of this very start, and once it is settled when it is tried again. */
const isTold = ({ assistance: a }: StatusSnapshot): boolean =>
  a?.reason !== undefined && !a.sentence.includes('earlier') && (a.nextInMs ?? 0) > 0;
const isStocked = (s: StatusSnapshot): boolean =>
  s.assistance?.predictive?.isUsable === true && s.assistance.reason === undefined;

interface Told {
  code: string;
  id: string;
  credential: { state: string; reason?: string };
  http?: number;
  /** In the evidence's text. */
  said?: RegExp;
  /** In the remedy of the credential if it is to blame, else in the hint: where to go and what to change. */
  cure?: readonly RegExp[];
}

function expectExplained(status: StatusSnapshot, { code, id, credential, http, said, cure = [] }: Told): void {
  expect(status.assistance).toMatchObject({ reason: code });
  const { hint = '', nextInMs = 0, evidence = {} } = status.assistance ?? {};
  const found = credentialOf(status, id);
  expect(found).toMatchObject(credential);
  const isToBlame = credential.state !== 'valid';
  if (!isToBlame) expect([found.reason, found.evidence]).toEqual([undefined, undefined]);
  const facts = isToBlame ? (found.evidence ?? {}) : evidence;
  if (http !== undefined) expect([facts['http'], evidence['http']]).toEqual([http, http]);
  if (said) expect(facts['body'] ?? facts['text'] ?? '').toMatch(said);
  for (const words of cure) expect(isToBlame ? found.remedy : hint).toMatch(words);

  const shown = describeStatus(status, { colour: false });
  const list = describeCredentials(status.credentials);
  expect(shown).toContain(hint);
  expect(list).toMatch(
    new RegExp(`^${id} +${credential.state}\\b.*${isToBlame ? `because: ${credential.reason ?? ''}` : ''}`, 'm'),
  );
  if (isToBlame) for (const text of [shown, list]) expect(text).toContain(found.remedy);
  if (http !== undefined)
    for (const text of isToBlame ? [shown, list] : [shown]) expect(text).toContain(`evidence: http ${http}`);
  // Nothing is asked in the next minutes.
  expect(nextInMs).toBeGreaterThan(25_000);
}

const json = (message: string): string => JSON.stringify({ errors: [message] });
const ztpStatus = (code: number, message: string): ZtpFault => ({ is: 'status', status: code, body: json(message) });
const dataStatus = (code: number, body = ''): AssistFault => ({ is: 'status', status: code, body });

describe('provisioning of a chipcode refused', () => {
  interface Row extends Omit<Told, 'id'> {
    what: string;
    fault?: ZtpFault;
    before?: () => void;
    value?: () => string;
    calls?: number;
  }
  const ROWS: readonly Row[] = [
    {
      what: '400, a message that is not whole',
      fault: ztpStatus(400, 'UBX-SEC-UNIQID is not a valid message'),
      code: 'ztp.invalid-request',
      credential: { state: 'valid' },
      http: 400,
      said: /UBX-SEC-UNIQID/,
      cure: [/assistNow\.url is the endpoint shown beside the token in the Thingstream portal/, /genuine u-blox/],
    },
    {
      what: '401, the token of the PointPerfect profile',
      value: () => world.ready.clouds.ztp.token,
      code: 'ztp.unauthorized',
      credential: { state: 'rejected', reason: 'refused' },
      http: 401,
      said: /unknown token/,
      cure: [/AssistNow device profile is not accepted: copy token and endpoint again/, ZTP_PAGE],
    },
    {
      what: '403, a receiver of an unsupported generation',
      before: () => world.clouds.assistnow.configure({ isReceiverSupported: false }),
      code: 'ztp.refused',
      credential: { state: 'rejected', reason: 'operator-said' },
      http: 403,
      said: /generation not supported/,
      cure: [/check the plan of the AssistNow device profile/, ZTP_PAGE, /serves this generation of receivers/],
    },
    {
      what: '403, no plan',
      before: () => world.clouds.assistnow.configure({ isPlanActive: false }),
      code: 'ztp.no-plan',
      credential: { state: 'deactivated', reason: 'no-plan' },
      http: 403,
      said: /No plan for device device:[0-9a-f-]{36}/,
      cure: [/assign one and activate it/, THING_PAGE],
    },
    {
      what: '422, a token it finds malformed',
      fault: ztpStatus(422, 'token invalid token format'),
      code: 'ztp.token-format',
      credential: { state: 'rejected', reason: 'malformed' },
      http: 422,
      said: /invalid token format/,
      cure: [/copy it again/],
    },
    {
      what: 'a location token in its place, which is not even sent',
      value: () => world.ready.clouds.assistnow.legacy.token,
      code: 'assist.wrong-kind',
      credential: { state: 'rejected', reason: 'wrong-kind' },
      cure: [/location token belongs into the file that assistNow\.legacy\.token names/, ZTP_PAGE],
      calls: 0,
    },
  ];

  test.each(ROWS)('$what', async (row) => {
    row.before?.();
    if (row.fault) world.clouds.assistnow.pushZtpFault(row.fault);
    const before = asked();
    const value = row.value?.();
    await using agent = await current(newName(), value === undefined ? {} : { value });
    const status = await agent.until('refused', isTold);
    expectExplained(status, { ...row, id: ZTP_TOKEN });
    expect(describeCredentials(status.credentials)).toMatch(
      /^assistnow-chipcode +missing, waits for assistnow-token$/m,
    );
    expect(since(before)).toEqual({ ztp: row.calls ?? 1, data: 0 });
  });

  test('503 and a captive portal’s page change no state', async () => {
    const FAULTS: [ZtpFault, string][] = [
      [{ is: 'status', status: 503, retryAfter: '7200' }, 'ztp.weather'],
      [{ is: 'html' }, 'ztp.malformed'],
    ];
    for (const [fault, code] of FAULTS) {
      world.clouds.assistnow.pushZtpFault(fault);
      await using agent = await current(newName());
      const status = await agent.until('not available', isTold);
      expect(status.assistance).toMatchObject({ reason: code, next: 'provisioning is tried again' });
      expect(credentialOf(status, ZTP_TOKEN)).toMatchObject({ state: 'valid' });
    }
  });
});

describe('the current service', () => {
  /** The request is sent once more with less in it before the chipcode is blamed. */
  const UNKNOWN = [
    [401, 'refused'],
    [400, 'ambiguous-400'],
    [404, 'ambiguous-400'],
    [422, 'ambiguous-400'],
  ] as const;
  test.each(UNKNOWN)('%i: the chipcode is not accepted', async (http, reason) => {
    world.clouds.assistnow.pushFault(dataStatus(http, 'Invalid chipcode'), { times: 2, service: 'current' });
    const before = asked();
    await using agent = await current(newName());
    expectExplained(await agent.until('refused', isTold), {
      code: 'assist.token-refused',
      id: CHIPCODE,
      credential: { state: 'rejected', reason },
      http,
      said: /^Invalid chipcode$/,
      cure: [/asks for a new one at most once a day/, THING_PAGE],
    });
    expect(since(before)).toEqual({ ztp: 1, data: 2 });
  });

  test('a chipcode refused later is renewed once, and the new one used', async () => {
    const name = newName();
    {
      await using first = await current(name);
      await first.until('stocked', isStocked);
    }
    world.clouds.assistnow.renewChipcodes();
    const before = asked();
    clock.pass(2 * DAY_MS);
    await using agent = await current(name);
    const status = await agent.until('stocked again', (s) => isStocked(s) && since(before).ztp === 1);
    expect(credentialOf(status, CHIPCODE)).toMatchObject({ state: 'valid', generation: 2 });
    expect(since(before)).toEqual({ ztp: 1, data: 3 });
  });

  test('a new chipcode that is refused as well is held, without a second renewal', async () => {
    const name = newName();
    {
      await using first = await current(name);
      await first.until('stocked', isStocked);
    }
    world.clouds.assistnow.renewChipcodes();
    // The real refusal takes two requests; so does that of the new one.
    const before = asked();
    world.clouds.assistnow.pushFault(dataStatus(401, 'Invalid chipcode'), { times: 4, service: 'current' });
    clock.pass(2 * DAY_MS);
    await using agent = await current(name);
    const isHeld = (s: StatusSnapshot): boolean =>
      since(before).data === 4 && credentialOf(s, CHIPCODE).state === 'rejected' && isTold(s);
    const status = await agent.until('held', isHeld);
    expectExplained(status, {
      code: 'assist.token-refused',
      id: CHIPCODE,
      credential: { state: 'rejected', reason: 'refused' },
      http: 401,
      cure: [THING_PAGE],
    });
    expect(status.assistance?.nextInMs).toBeGreaterThan(2.9 * 3_600_000);
    expect(since(before)).toEqual({ ztp: 1, data: 4 });
  });

  test('403, without a word: the plan no longer covers what is asked for', async () => {
    const name = newName();
    {
      await using first = await current(name);
      await first.until('stocked', isStocked);
    }
    world.clouds.assistnow.configure({ allowedData: ['ualm'] });
    const before = asked();
    clock.pass(2 * DAY_MS);
    await using agent = await current(name);
    // Provisioning is asked once what the plan is now, and that it covers nothing.
    const status = await agent.until('looked up', (s) => credentialOf(s, CHIPCODE).evidence?.['allowed'] === 'ualm');
    expectExplained(status, {
      code: 'assist.not-entitled',
      id: CHIPCODE,
      credential: { state: 'deactivated', reason: 'scope' },
      cure: [/choose another AssistNow plan/, THING_PAGE, /ask for less in the section assistNow/],
    });
    expect(since(before)).toEqual({ ztp: 1, data: 1 });
  });

  test('403 to a chipcode that is new: nothing is asked of anybody', async () => {
    world.clouds.assistnow.pushFault(dataStatus(403), { service: 'current' });
    const before = asked();
    await using agent = await current(newName());
    expectExplained(await agent.until('refused', isTold), {
      code: 'assist.not-entitled',
      id: CHIPCODE,
      credential: { state: 'deactivated', reason: 'scope' },
      http: 403,
      cure: [/choose another AssistNow plan/, THING_PAGE],
    });
    expect(since(before)).toEqual({ ztp: 1, data: 1 });
  });

  test('a plan without live orbits is asked for none', async () => {
    world.clouds.assistnow.configure({ allowedData: ['ualm', 'uporb_1'] });
    const before = asked();
    await using agent = await current(newName(), { settings: { live: true } });
    const status = await agent.until('stocked', isStocked);
    expect(credentialOf(status, CHIPCODE)).toMatchObject({ state: 'valid', tested: true });
    expect(world.clouds.assistnow.requests.slice(before.data)).toMatchObject([
      { status: 200, parameters: { data: 'uporb_1,ualm' } },
    ]);
  });

  const WEATHER: readonly [what: string, fault: AssistFault, code: string][] = [
    ['429 with Retry-After', { ...dataStatus(429), retryAfter: '120' } as AssistFault, 'assist.weather'],
    ['503', dataStatus(503, 'maintenance'), 'assist.weather'],
    ['200 with a sentence', { is: 'text' }, 'assist.malformed'],
    ['200 with a captive portal’s page', { is: 'html' }, 'assist.malformed'],
    ['200 without a body', { is: 'empty' }, 'assist.malformed'],
    ['a set that is cut in the middle of the connection', { is: 'short' }, 'net.closed'],
    ['silence, and then the end of the connection', { is: 'stall', forMs: 300 }, 'net.closed'],
  ];
  test.each(WEATHER)('%s changes no state', async (_what, fault, code) => {
    world.clouds.assistnow.pushFault(fault, { service: 'current' });
    const before = asked();
    await using agent = await current(newName());
    const status = await agent.until('not available', isTold);
    expect(status.assistance).toMatchObject({ reason: code });
    for (const id of [ZTP_TOKEN, CHIPCODE]) expect(credentialOf(status, id)).toMatchObject({ state: 'valid' });
    expect(describeStatus(status, { colour: false })).not.toContain('credential');
    expect(since(before)).toEqual({ ztp: 1, data: 1 });
    if (code === 'assist.weather') expect(status.assistance?.evidence).toMatchObject({ http: expect.any(Number) });
    if (code !== 'net.closed') expect(status.assistance?.nextInMs).toBeGreaterThan(50_000);
  });
});

describe('the old service', () => {
  const REJECTED = {
    code: 'assist.token-refused',
    credential: { state: 'rejected', reason: 'ambiguous-400' },
    http: 400,
    said: /^Invalid token$/,
    cure: [TOKEN_PAGE, /active, of this service, and, if temporary, younger than 90 days/],
    // The request, and the smallest one there is: so it is the token.
    data: 2,
  };
  type Account = World['ready']['clouds']['assistnow'];
  interface Row extends Omit<Told, 'id'> {
    what: string;
    value?: (account: Account) => string;
    fault?: AssistFault;
    data: number;
  }
  const ROWS: readonly Row[] = [
    { what: 'a temporary token past its end', value: (a) => a.legacy.expiredToken, ...REJECTED },
    { what: 'a deactivated token', value: (a) => a.legacy.deactivatedToken, ...REJECTED },
    { what: 'a token of another service', value: (a) => a.legacy.otherServiceToken, ...REJECTED },
    {
      what: 'a ZTP token, which is not even sent',
      value: (a) => a.ztp.token,
      code: 'assist.wrong-kind',
      credential: { state: 'rejected', reason: 'wrong-kind' },
      cure: [
        /This is a ZTP token \(a UUID\), not a location token: .* belongs into the file that assistNow\.token names/,
      ],
      data: 0,
    },
    {
      what: 'a good token and a data type it does not know: the request is to blame',
      fault: dataStatus(400, 'Unknown datatype'),
      code: 'assist.invalid-request',
      credential: { state: 'valid' },
      http: 400,
      said: /^Unknown datatype$/,
      cure: [/though the token works: check the assistNow section/],
      data: 2,
    },
  ];

  test.each(ROWS)('$what', async ({ value, fault, data, ...told }) => {
    if (fault) world.clouds.assistnow.pushFault(fault, { service: 'offline' });
    const before = asked();
    await using agent = await legacy(newName(), value ? { value: value(world.ready.clouds.assistnow) } : {});
    expectExplained(await agent.until('refused', isTold), { ...told, id: LEGACY });
    expect(since(before)).toEqual({ ztp: 0, data });
  });

  test('a good token is known to be good, and 503 does not change that', async () => {
    const name = newName();
    {
      await using first = await legacy(name);
      const status = await first.until('stocked', isStocked);
      expect(credentialOf(status, LEGACY)).toMatchObject({ state: 'valid', tested: true });
    }
    world.clouds.assistnow.pushFault(dataStatus(503), { service: 'offline' });
    clock.pass(2 * DAY_MS);
    await using agent = await legacy(name);
    const status = await agent.until('not available', isTold);
    expect(status.assistance).toMatchObject({ reason: 'assist.weather', evidence: { http: 503 } });
    expect(credentialOf(status, LEGACY)).toMatchObject({ state: 'valid', tested: true });
  });

  test('a permanent token that has worked and is refused now is called deactivated', async () => {
    const name = newName();
    {
      await using first = await legacy(name);
      await first.until('stocked', isStocked);
    }
    world.clouds.assistnow.configure({ legacyToken: 'deactivated' });
    const before = asked();
    clock.pass(2 * DAY_MS);
    await using agent = await legacy(name);
    expectExplained(await agent.until('refused', isTold), {
      ...REJECTED,
      id: LEGACY,
      credential: { state: 'deactivated', reason: 'no-plan' },
      cure: [/has worked and is now refused, so it was probably taken off its plan/, TOKEN_PAGE],
    });
    expect(since(before)).toEqual({ ztp: 0, data: 2 });
  });

  const day = (daysAgo: number): string => new Date(clock.wall() - daysAgo * DAY_MS).toISOString().slice(0, 10);

  test('a temporary token near its end works on, and says how long', async () => {
    await using agent = await legacy(newName(), { settings: { kind: 'temporary', issuedAt: day(80) } });
    const status = await agent.until('stocked', isStocked);
    const token = credentialOf(status, LEGACY);
    expect(token).toMatchObject({ state: 'expiring', expirySource: 'config', tested: true });
    expect(token.expiresInDays).toBe(9);
    expect(token.remedy).toMatch(/convert it to permanent .* then set assistNow\.legacy\.kind to permanent/);
    expect(token.remedy).toMatch(TOKEN_PAGE);
    for (const text of [describeStatus(status, { colour: false }), describeCredentials(status.credentials)])
      expect(text).toContain(token.remedy);
  });

  test('a temporary token whose day has passed is not sent any more', async () => {
    const before = asked();
    await using agent = await legacy(newName(), { settings: { kind: 'temporary', issuedAt: day(100) } });
    const status = await agent.until('ended', isTold);
    expectExplained(status, {
      code: 'credential.expired',
      id: LEGACY,
      credential: { state: 'expired', reason: 'explicit-expiry' },
      cure: [/convert it to permanent/, TOKEN_PAGE, /put a new one into the file that assistNow\.legacy\.token names/],
    });
    expect(credentialOf(status, LEGACY).expiresInDays).toBeLessThan(0);
    expect(since(before)).toEqual({ ztp: 0, data: 0 });
  });

  test('a temporary token of unknown age that is refused after its ninety days has ended', async () => {
    const name = newName();
    const settings = { kind: 'temporary' };
    {
      await using first = await legacy(name, { settings });
      const status = await first.until('stocked', isStocked);
      expect(credentialOf(status, LEGACY)).toMatchObject({ state: 'valid', expirySource: 'first-use' });
    }
    world.clouds.assistnow.configure({ legacyToken: 'expired' });
    clock.pass(91 * DAY_MS);
    await using agent = await legacy(name, { settings });
    expectExplained(await agent.until('refused', isTold), {
      ...REJECTED,
      id: LEGACY,
      credential: { state: 'expired', reason: 'explicit-expiry' },
      cure: [/convert it to permanent/, TOKEN_PAGE],
    });
  });
});
