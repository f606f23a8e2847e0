// Every row of the table of ZTP's refusals (specs/ublox.md 1.7, specs/tokens.md T12, T13) met by an agent: what status and
// `token list` say of it, and that it is not asked again. The agents live on until the end, so that a repeated call of
// any of them would show.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { World, ZtpFault } from '../../src/sim/index.js';
import { describeCredentials, describeStatus, type StatusSnapshot } from '../../src/status/index.js';
import { type AgentOnWorld, type AgentOptions, clockAhead, credentialOf, startAgent } from '../helpers/agent.js';
import { eventually, isServing, lamp, QUICK_MODULE, startWorldIn } from '../helpers/scenario.js';

const HOUR_MS = 3_600_000;
const ZTP_PAGE =
  /Thingstream portal \(Location Services, Location Things, Device Profiles, then the profile’s ZTP page\)/;
const THING_PAGE = /Thingstream portal \(Location Services, Location Things, then the Thing\)/;
const UNTOUCHED = { state: 'valid' };

let dir: string;
let world: World;
const alive: AgentOnWorld[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-ztp-'));
  world = await startWorldIn(dir, { module: QUICK_MODULE });
  await eventually('there is a network', () => world.clouds.isReachable);
});
afterAll(async () => {
  for (const agent of alive) await agent[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** A gateway on the host's network, without module and receiver: what is left is its provisioning. */
function gateway(name: string, ztp: object = {}, more: AgentOptions = {}): Promise<AgentOnWorld> {
  return startAgent(join(dir, name), world, {
    ...more,
    config: { modem: null, gnss: null, ztp: { hardwareId: name, ...ztp } },
  });
}
const callsFrom = async (work: () => Promise<void>): Promise<number> => {
  const before = world.clouds.ztp.calls.length;
  await work();
  return world.clouds.ztp.calls.length - before;
};
const refused = (s: StatusSnapshot): boolean => s.identity.reason !== undefined && lamp(s, 'identity').state === 'dark';

interface Told {
  code: string;
  /** State and reason of the token. */
  token: { state: string; reason?: string };
  http?: number;
  /** In the evidence. */
  said?: RegExp;
  /** In the remedy of the token if it is to blame, else in the hint of the lamp: where to go and what to change. */
  cure: readonly RegExp[];
}

function expectExplained(status: StatusSnapshot, { code, token, http, said, cure }: Told): void {
  expect(status.identity).toMatchObject({ reason: code, ...(http === undefined ? {} : { evidence: { http } }) });
  const { reason, hint = '', nextInMs = 0 } = lamp(status, 'identity');
  expect(reason).toBe(code);
  const credential = credentialOf(status, 'ztp-token');
  expect(credential).toMatchObject(token);
  const isToBlame = token.state !== 'valid';
  if (isToBlame && http !== undefined) expect(credential.evidence).toMatchObject({ http });
  if (!isToBlame) expect([credential.reason, credential.evidence]).toEqual([undefined, undefined]);
  const evidence = isToBlame ? credential.evidence : status.identity.evidence;
  if (said) expect(evidence?.['body']).toMatch(said);
  for (const words of cure) expect(isToBlame ? credential.remedy : hint).toMatch(words);

  const shown = describeStatus(status, { colour: false });
  const list = describeCredentials(status.credentials);
  expect(shown).toContain(hint);
  expect(list).toMatch(
    isToBlame ? new RegExp(`^ztp-token +${token.state}.*because: ${token.reason ?? ''}`, 'm') : /^ztp-token +valid/m,
  );
  if (isToBlame) for (const text of [shown, list]) expect(text).toContain(credential.remedy);
  if (http !== undefined)
    for (const text of isToBlame ? [shown, list] : [shown]) expect(text).toContain(`evidence: http ${http}`);
  // The root alone is to be cured.
  expect(list).toMatch(/^client-certificate +missing, waits for ztp-token$/m);
  // In half an hour at the soonest, where something was asked.
  if (http !== undefined) expect(nextInMs).toBeGreaterThan(29 * 60_000);
}

const json = (message: string): string => JSON.stringify({ errors: [message] });
const status = (code: number, message: string): ZtpFault => ({
  is: 'status',
  status: code,
  body: json(message),
  contentType: 'application/json',
});

interface Row extends Told {
  what: string;
  fault?: ZtpFault;
  /** In the section `ztp` of the gateway. */
  ztp?: () => object;
  /** In the file of the token. */
  value?: string;
  before?: () => unknown;
  after?: () => unknown;
  calls?: number;
}

const INVALID = {
  code: 'ztp.invalid-request',
  token: UNTOUCHED,
  cure: [/ztp\.url is the endpoint shown beside the token/, /Thingstream portal/, /ztp\.hardwareId/],
};
const UNAUTHORIZED = {
  code: 'ztp.unauthorized',
  token: { state: 'rejected', reason: 'refused' },
  cure: [/copy token and endpoint again/, ZTP_PAGE],
};
const PROMO = /promo code cannot use ZTP: name its u-center JSON file in identity\.ucenterConfigFile/;
const REGISTERED = {
  code: 'ztp.already-registered',
  token: { state: 'rejected', reason: 'wrong-account' },
  cure: [/choose “Return existing device details”/, ZTP_PAGE, PROMO],
};
const MALFORMED = {
  code: 'ztp.token-format',
  token: { state: 'rejected', reason: 'malformed' },
  cure: [/36-character lower-case UUID/, ZTP_PAGE],
};
const known = (): object => ({ hardwareId: 'known' });

const ROWS: readonly Row[] = [
  {
    what: '400, a body it cannot read',
    fault: status(400, 'body is not JSON'),
    http: 400,
    said: /not JSON/,
    ...INVALID,
  },
  {
    what: '400, a token it cannot read',
    fault: status(400, 'invalid token'),
    http: 400,
    said: /invalid token/,
    ...UNAUTHORIZED,
  },
  {
    what: '401, a token nobody knows',
    value: '00000000-0000-4000-8000-000000000000',
    http: 401,
    said: /unknown token/,
    ...UNAUTHORIZED,
  },
  {
    what: '403, the device exists already',
    ztp: known,
    before: () => world.clouds.ztp.configure({ existing: 'error' }),
    after: () => world.clouds.ztp.configure({ existing: 'return-existing' }),
    http: 403,
    said: /Device already registered/,
    ...REGISTERED,
  },
  {
    what: '403, the Thing is deactivated',
    ztp: known,
    before: () => world.clouds.ztp.setActive('known', false),
    after: () => world.clouds.ztp.setActive('known', true),
    code: 'ztp.no-plan',
    token: { state: 'deactivated', reason: 'no-plan' },
    http: 403,
    said: /No plan for device device:[0-9a-f-]{36}/,
    cure: [/assign one and activate it/, THING_PAGE],
  },
  {
    what: '403, the hardware code is on no allow list',
    before: () => world.clouds.ztp.configure({ allowList: ['another'] }),
    after: () => world.clouds.ztp.configure({ allowList: undefined }),
    code: 'ztp.not-listed',
    token: { state: 'rejected', reason: 'not-listed' },
    http: 403,
    said: /not whitelisted/,
    cure: [/allow list: add it to the device profile/, ZTP_PAGE],
  },
  {
    what: '403, in words nobody has seen (a promo code’s Thing)',
    fault: status(403, 'Redemption code things are not supported'),
    code: 'ztp.refused',
    token: { state: 'rejected', reason: 'operator-said' },
    http: 403,
    said: /Redemption code/,
    cure: [/says why in the evidence/, ZTP_PAGE, PROMO],
  },
  {
    what: '404, a wrong endpoint',
    ztp: () => ({ url: `${world.ready.clouds.ztp.url}/v2` }),
    http: 404,
    said: /not found/,
    ...INVALID,
  },
  { what: '405', fault: status(405, 'method not allowed'), http: 405, said: /method/, ...INVALID },
  { what: '409, a conflict', fault: status(409, 'conflict'), http: 409, said: /conflict/, ...REGISTERED },
  { what: '411', fault: status(411, 'length required'), http: 411, said: /length/, ...INVALID },
  { what: '415', fault: status(415, 'unsupported content type'), http: 415, said: /content type/, ...INVALID },
  {
    what: '422, a token it finds malformed',
    fault: status(422, 'token invalid token format'),
    http: 422,
    said: /invalid token format/,
    ...MALFORMED,
  },
  {
    what: '422, without a hardware code',
    fault: status(422, 'hardwareId is required'),
    http: 422,
    said: /hardwareId/,
    ...INVALID,
  },
  { what: 'no UUID at all, which is not even sent', value: 'no-uuid-0123456789', calls: 0, ...MALFORMED },
];

describe('a refusal', () => {
  beforeAll(async () => {
    await using first = await gateway('known');
    await first.until('provisioned', (s) => s.identity.state === 'have');
  });

  test.each(ROWS)('$what', async (row) => {
    const name = `row-${ROWS.indexOf(row)}`;
    await row.before?.();
    if (row.fault) world.clouds.ztp.pushFault(row.fault);
    try {
      const calls = await callsFrom(async () => {
        const { value } = row;
        const agent = await gateway(name, row.ztp?.(), {
          prepare: (folder) => {
            if (value !== undefined) writeFileSync(join(folder, 'secrets', 'ztp-token'), value, { mode: 0o600 });
          },
        });
        alive.push(agent);
        expectExplained(await agent.until('refused', refused), row);
      });
      expect(calls).toBe(row.calls ?? 1);
    } finally {
      await row.after?.();
    }
  });

  test('is not repeated after a restart either, and is still known', async () => {
    world.clouds.ztp.configure({ allowList: ['another'] });
    {
      await using first = await gateway('restarted');
      await first.until('refused', refused);
    }
    world.clouds.ztp.configure({ allowList: undefined });
    const calls = await callsFrom(async () => {
      await using agent = await gateway('restarted');
      const now = await agent.until('known', refused);
      expect(now.identity.reason).toBe('ztp.not-listed');
      expect(credentialOf(now, 'ztp-token')).toMatchObject({
        state: 'rejected',
        reason: 'not-listed',
        evidence: { http: 403, body: expect.stringContaining('not whitelisted') },
      });
      // Once the budget of the first calls would let it, the refusal still holds.
      await agent.until('held', (s) => (lamp(s, 'identity').nextInMs ?? 0) > 29 * 60_000);
    });
    expect(calls).toBe(0);
  });
});

describe('weather changes no state', () => {
  const WEATHER: readonly [what: string, fault: ZtpFault, code: string, http: number | undefined, waitMs: number][] = [
    [
      '429 with Retry-After',
      { ...status(429, 'too many requests'), retryAfter: '7200' } as ZtpFault,
      'ztp.weather',
      429,
      7_100_000,
    ],
    [
      '503 with Retry-After',
      { ...status(503, 'maintenance'), retryAfter: '7200' } as ZtpFault,
      'ztp.weather',
      503,
      7_100_000,
    ],
    ['500', status(500, 'no plan for today'), 'ztp.weather', 500, 1000],
    ['a captive portal’s page', { is: 'html' }, 'ztp.malformed', undefined, 1000],
    ['an empty answer', { is: 'empty' }, 'ztp.malformed', undefined, 1000],
    ['a connection that is cut', { is: 'cut' }, 'net.closed', undefined, 1000],
  ];

  test.each(WEATHER)('%s', async (what, fault, code, http, waitMs) => {
    world.clouds.ztp.pushFault(fault);
    const calls = await callsFrom(async () => {
      await using agent = await gateway(`weather-${what.replaceAll(/\W/g, '')}`);
      const now = await agent.until('not available', refused);
      expect(now.identity).toMatchObject({ reason: code, ...(http === undefined ? {} : { evidence: { http } }) });
      expect(lamp(now, 'identity').nextInMs).toBeGreaterThan(waitMs);
      const token = credentialOf(now, 'ztp-token');
      expect(token).toMatchObject({ state: 'valid', latched: false });
      expect([token.reason, token.evidence]).toEqual([undefined, undefined]);
      expect(describeCredentials(now.credentials)).toMatch(/^ztp-token +valid/m);
    });
    expect(calls).toBe(1);
  });

  test('a service that takes the request and says nothing is given up on, and asked again', async () => {
    // A hundred times as fast: the two minutes it is given are three real seconds.
    world.clouds.ztp.pushFault({ is: 'stall', forMs: 60_000 });
    await using agent = await gateway('stall', {}, { clock: createClock(anchorNow(100)) });
    const silent = await agent.until('given up', refused);
    expect(silent.identity.reason).toBe('core.timeout');
    expect(credentialOf(silent, 'ztp-token')).toMatchObject({ state: 'valid' });
    const served = await agent.until('provisioned', (s) => s.identity.state === 'have');
    expect(served.identity.reason).toBeUndefined();
  });
});

describe('a device whose activation is still running', () => {
  test('is complete at the third call, and nothing half is kept before', async () => {
    world.clouds.ztp.configure({ incompleteAnswers: 2 });
    const calls = await callsFrom(async () => {
      await using agent = await gateway('slow', {}, { clock: createClock(anchorNow(20)) });
      const waiting = await agent.until('incomplete', refused);
      expect(waiting.identity).toMatchObject({ state: 'need', reason: 'ztp.incomplete' });
      expect(lamp(waiting, 'identity').hint).toMatch(/activate the Thing in the portal \(Auto Activate may be off\)/);
      expect(credentialOf(waiting, 'ztp-token')).toMatchObject({ state: 'valid' });
      const served = await agent.until('provisioned', (s) => s.identity.state === 'have');
      expect(served.identity).toMatchObject({ ztpCallsToday: 3, shape: 'keys' });
      expect(credentialOf(served, 'ztp-token')).toMatchObject({ state: 'valid', tested: true });
    });
    world.clouds.ztp.configure({ incompleteAnswers: 0 });
    expect(calls).toBe(3);
  });

  test('is called never activated once that has lasted a day, over a restart', async () => {
    world.clouds.ztp.configure({ incompleteAnswers: 1000 });
    {
      await using first = await gateway('never');
      await first.until('incomplete', (s) => s.identity.reason === 'ztp.incomplete');
    }
    await using agent = await gateway('never', {}, { clock: clockAhead(23.5 * HOUR_MS) });
    const now = await agent.until('named', (s) => s.identity.reason === 'ztp.not-activated');
    world.clouds.ztp.configure({ incompleteAnswers: 0 });
    expectExplained(now, {
      code: 'ztp.not-activated',
      token: { state: 'deactivated', reason: 'not-activated' },
      http: 200,
      cure: [/switch Auto Activate on/, THING_PAGE],
    });
    expect(credentialOf(now, 'ztp-token').evidence).toMatchObject({ answers: 2 });
  });
});

test('a Thing that is deactivated later keeps serving on what it has', async () => {
  {
    await using first = await gateway('later');
    await first.until('serving', isServing);
  }
  world.clouds.ztp.pushFault(status(403, 'No plan for device device:00000000-0000-4000-8000-000000000000'));
  const url = `${world.ready.clouds.ztp.url}?moved`;
  // Another endpoint is a reason to provision anew, and two hours later that may be asked.
  await using agent = await gateway('later', { url }, { clock: clockAhead(2 * HOUR_MS) });
  const now = await agent.until(
    'serving, and refused',
    (s) => isServing(s) && credentialOf(s, 'ztp-token').state === 'deactivated',
  );
  expect(now.identity).toMatchObject({ shape: 'keys', reason: 'ztp.no-plan', evidence: { http: 403 } });
  expect(lamp(now, 'identity').state).toBe('lit');
  expect(now.overall).toBe('ok');
  const shown = describeStatus(now, { colour: false });
  expect(shown).toMatch(/credential {2}ztp-token is deactivated: The Thing has no plan/);
  expect(credentialOf(now, 'client-certificate')).toMatchObject({ state: 'valid' });
});

test('none of them has asked again', () => {
  // What each was refused with still stands.
  for (const [index, { code }] of ROWS.entries()) expect(alive[index]?.status().identity.reason, code).toBe(code);
  for (const agent of alive) expect(agent.status().identity.ztpCallsToday).toBeLessThanOrEqual(1);
});
