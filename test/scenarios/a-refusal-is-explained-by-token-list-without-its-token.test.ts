// The same explanations as a person gets them: a running agent, asked by `waymark token list` and `waymark status`. The
// services repeat the very secret they refuse, which is then in no output.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import type { CredentialView } from '../../src/status/index.js';
import { cli } from '../helpers/cli.js';
import { runAgent, untilStatus } from '../helpers/outside.js';
import { eventually, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

/** Of the right shape, and nobody else's. */
const CANARY = 'c0ffee00-cafe-4bad-8bad-0decaf0ddba1';

let dir: string;
let world: World;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-list-'));
  world = await startWorldIn(dir, { module: QUICK_MODULE });
  await eventually('there is a network', () => world.clouds.isReachable);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** In itself, as a URL, as base64 and as hex. */
const formsOf = (value: string): string[] => [
  value,
  value.toUpperCase(),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
  Buffer.from(value).toString('hex'),
];
function expectWithout(secrets: readonly string[], shown: Readonly<Record<string, string>>): void {
  for (const [where, text] of Object.entries(shown))
    for (const form of secrets.flatMap(formsOf)) expect(text.includes(form), where).toBe(false);
}

interface Shown {
  credentials: readonly CredentialView[];
  list: string;
  status: string;
  /** All of it, by who said it. */
  all: Record<string, string>;
}

/** What the verbs say of the agent that runs. */
async function ask(configFile: string): Promise<Shown> {
  const all: Record<string, string> = {};
  const run = async (...verb: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(...verb, '-c', configFile);
    const name = verb.join(' ');
    expect([0, 1], `${name}: ${stderr}`).toContain(code);
    all[name] = stdout;
    all[`${name}, standard error`] = stderr;
    return stdout;
  };
  const credentials = JSON.parse(await run('token', 'list', '--json')) as CredentialView[];
  const list = await run('token', 'list');
  const status = await run('status');
  await run('status', '--json');
  return { credentials, list, status, all };
}
const byId = ({ credentials }: Shown, id: string): CredentialView | undefined => credentials.find((c) => c.id === id);

test('a ZTP token that is refused and repeated to us', async () => {
  const folder = join(dir, 'ztp');
  mkdirSync(folder);
  const configFile = writeConfig(folder, world, { modem: null, gnss: null, ztp: { hardwareId: 'gw' } });
  // Copied in upper case, it is sent, and repeated, in lower case.
  writeFileSync(join(folder, 'secrets', 'ztp-token'), `${CANARY.toUpperCase()}\n`, { mode: 0o600 });
  world.clouds.ztp.pushFault({
    is: 'status',
    status: 403,
    body: `{"errors":["${CANARY}: Device hardware code not whitelisted"]}`,
  });
  let shown: Shown;
  {
    await using agent = runAgent(configFile, '--log', 'trace');
    await untilStatus(join(folder, 'run'), 'refused', (s) => s.identity.reason === 'ztp.not-listed');
    shown = await ask(configFile);
    agent.child.kill('SIGTERM');
    const { stdout, stderr } = await agent.ended;
    Object.assign(shown.all, { stdout, stderr });
  }
  expect(byId(shown, 'ztp-token')).toMatchObject({
    state: 'rejected',
    reason: 'not-listed',
    evidence: { http: 403, body: expect.stringMatching(/\[secret.*not whitelisted/) },
    remedy: expect.stringMatching(/allow list: add it to the device profile in the Thingstream portal/),
  });
  expect(shown.list).toMatch(
    /^ztp-token +rejected.*because: not-listed\n +evidence: http 403, body .*not whitelisted.*\n +→ /m,
  );
  expect(shown.list).toMatch(/^client-certificate +missing, waits for ztp-token$/m);
  expect(shown.status).toMatch(/^ +evidence: http 403, body .*not whitelisted/m);
  // Not vacuous: the log tells of the call.
  expect(shown.all['stdout']).toContain('ztp.setback');
  expectWithout([CANARY], shown.all);
});

test('an AssistNow chipcode that is refused and repeated to us', async () => {
  const folder = join(dir, 'assist');
  mkdirSync(join(folder, 'secrets'), { recursive: true });
  const { ztp } = world.ready.clouds.assistnow;
  writeFileSync(join(folder, 'secrets', 'assist'), `${ztp.token}\n`, { mode: 0o600 });
  const assistNow = {
    token: `file:${join(folder, 'secrets', 'assist')}`,
    url: ztp.url,
    caFile: world.ready.clouds.caFile,
    ...{ live: false, predictiveDays: '1' },
  };
  const configFile = writeConfig(folder, world, { modem: null, ztp: null, corrections: null, assistNow });
  const chipcode = (): string => {
    const account = JSON.parse(readFileSync(join(dir, 'sim', 'assistnow.json'), 'utf8')) as {
      chips: { chipcode: string }[];
    };
    return account.chips[0]?.chipcode ?? '';
  };
  // Its first call makes the chipcode, which the second agent is then refused with.
  {
    await using first = runAgent(configFile);
    await untilStatus(join(folder, 'run'), 'stocked', (s) => s.assistance?.predictive !== undefined);
    first.child.kill('SIGTERM');
    await first.ended;
  }
  rmSync(join(folder, 'state'), { recursive: true });
  const echo = `Invalid chipcode ${chipcode()} in ?chipcode=${encodeURIComponent(chipcode())}&gnss=gps`;
  world.clouds.assistnow.pushFault({ is: 'status', status: 401, body: echo }, { times: 2, service: 'current' });
  let shown: Shown;
  {
    await using agent = runAgent(configFile, '--log', 'trace');
    await untilStatus(join(folder, 'run'), 'refused', (s) => s.assistance?.reason === 'assist.token-refused');
    shown = await ask(configFile);
    agent.child.kill('SIGTERM');
    const { stdout, stderr } = await agent.ended;
    Object.assign(shown.all, { stdout, stderr });
  }
  expect(byId(shown, 'assistnow-chipcode')).toMatchObject({
    state: 'rejected',
    reason: 'refused',
    evidence: { http: 401, step: 'predictive', text: expect.stringMatching(/^Invalid chipcode \[secret/) },
    remedy: expect.stringMatching(/Thingstream portal/),
  });
  expect(byId(shown, 'assistnow-token')).toMatchObject({ state: 'valid', tested: true });
  expect(shown.list).toMatch(
    /^assistnow-chipcode +rejected.*because: refused\n +evidence: http 401.*\n +→ AssistNow refuses the chipcode/m,
  );
  expect(shown.status).toMatch(/assistance .*answered 401: the chipcode is not accepted/);
  expect(shown.all['stdout']).toContain('assistnow-chipcode');
  expectWithout([chipcode(), ztp.token], shown.all);
});
