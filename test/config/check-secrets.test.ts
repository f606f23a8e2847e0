import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configCheck } from '../../src/cli/config.js';
import { inspectConfig } from '../../src/config/index.js';
import { createFakeClock } from '../../src/core/index.js';
import { printed } from '../cli/in-process.js';
import { createAuthority } from '../helpers/pki.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const ID = '0123456789abcdef01234567';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waymark-check-'));
});
afterEach(() => rm(dir, { recursive: true }));

const put = (name: string, text: string, mode = 0o600): Promise<void> => writeFile(join(dir, name), text, { mode });
const jwt = (claims: object): string =>
  [{ alg: 'HS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.c2ln';

async function check(yaml: string): Promise<{ warnings: string[]; problems: string[] }> {
  const modem = yaml.startsWith('modem:') ? '' : 'modem: {}\n';
  await put('w.yaml', `version: 1\nstateDir: s\nruntimeDir: r\n${modem}${yaml}`);
  const { warnings, problems } = await inspectConfig(join(dir, 'w.yaml'), { env: {}, clock: createFakeClock(NOW) });
  const words = ({ path, message }: { path: string; message: string }): string => `${path} ${message}`;
  return { warnings: warnings.map(words), problems: problems.map(words) };
}

const LOSANT = `losant: {deviceId: "${ID}", accessKey: "file:key", accessSecret: "file:secret"}\n`;
const TOKEN = (more = ''): string =>
  `losant: {transport: rest, applicationId: "${ID}", deviceId: "${ID}", applicationToken: "file:token"${more}}\n`;
const THINGSPACE = `modem: {}
thingspace:
  {mode: direct, accountName: "0000123456-00001", acceptAccountWideRisk: true,
   key: "file:key", secret: "file:secret", user: "file:user", password: "file:password"}
`;

describe('values', () => {
  test('good ones are worth no word', async () => {
    await put('key', '0a1b2c3d-0000-4000-8000-00000000abcd');
    await put('secret', 'f'.repeat(64));
    expect(await check(LOSANT)).toEqual({ warnings: [], problems: [] });
    await put('token', jwt({ exp: (NOW + 90 * DAY) / 1000 }));
    expect(await check(TOKEN(', applicationTokenExpires: "2026-09-01"'))).toEqual({ warnings: [], problems: [] });
  });

  test('a value cut short is a warning, an empty one too, a readable one a problem', async () => {
    await put('key', 'abc');
    await put('secret', '\n');
    const { warnings, problems } = await check(LOSANT);
    expect(problems).toEqual([]);
    expect(warnings[0]).toMatch(/^losant\.accessKey the value has 3 characters, fewer/);
    expect(warnings[1]).toMatch(/^losant\.accessSecret .*empty/);
    await put('open', 'f'.repeat(64), 0o644);
    expect((await check(LOSANT.replace('file:secret', 'file:open'))).problems[0]).toContain('chmod 600');
  });

  test.each(["pass'word", 'pass<word', 'pass\\word'])(
    'a password that ThingSpace does not take (%#)',
    async (password) => {
      for (const name of ['key', 'secret', 'user']) await put(name, `a-good-value-of-the-${name}`);
      await put('password', password);
      const { warnings, problems } = await check(THINGSPACE);
      expect(problems).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^thingspace\.password the password holds/);
      expect(warnings[0]).not.toContain(password);
    },
  );

  test.each<[string, string, RegExp]>([
    ['no JSON Web Token', 'not-a-jwt-at-all', /is no JSON Web Token/],
    ['a token of two parts', jwt({}).split('.').slice(0, 2).join('.'), /is no JSON Web Token/],
    ['claims that are no object', `${jwt({}).split('.')[0] ?? ''}.W10.c2ln`, /is no JSON Web Token/],
    ['a token that says it is over', jwt({ exp: (NOW - DAY) / 1000 }), /says of itself that it ended on 2026-05-31/],
    ['a token that says it soon is', jwt({ exp: (NOW + 9 * DAY) / 1000 }), /ends on 2026-06-10, in less than 30 days/],
  ])('%s', async (_what, value, words) => {
    await put('token', value);
    const { warnings, problems } = await check(TOKEN());
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(words);
  });

  test('a day of the end that is near, and a temporary token in its last month', async () => {
    await put('token', jwt({}));
    const near = await check(TOKEN(', applicationTokenExpires: "2026-06-20"'));
    expect(near.warnings).toEqual([
      'losant.applicationTokenExpires the application token ends on 2026-06-20, in less than 30 days',
    ]);
    const old = await check('modem: {cellLocate: {token: "file:token", kind: temporary, issuedAt: "2026-03-10"}}\n');
    expect(old.warnings.some((words) => words.startsWith('modem.cellLocate.issuedAt the temporary token ends'))).toBe(
      true,
    );
  });
});

test('certificates: dates, and whether the key is theirs', async () => {
  const authority = await createAuthority();
  const issue = (name: string, notAfterUtcMs: number) =>
    authority.issue({ name, notBeforeUtcMs: NOW - DAY, notAfterUtcMs });
  const [good, soon] = await Promise.all([issue('good', NOW + 400 * DAY), issue('soon', NOW + 10 * DAY)]);
  const yaml =
    'thingspace: {mode: delegated, imei: "490154203237518", tokenEndpoint: "https://op.test/t", identity: {certFile: cert.pem, keyFile: key.pem}}\n';
  await put('cert.pem', good.cert);
  await put('key.pem', good.key);
  expect(await check(yaml)).toEqual({ warnings: [], problems: [] });
  await put('cert.pem', soon.cert);
  const { warnings, problems } = await check(yaml);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    'thingspace.identity.certFile the certificate ends on 2026-06-11, in less than 30 days',
    'thingspace.identity.certFile certificate and key do not belong together: take both of one and the same device',
  ]);
});

test('config check shows each credential with its state, and no value', async () => {
  await put('key', 'losant-access-key-4711');
  await put('w.yaml', `version: 1\nstateDir: s\nruntimeDir: r\n${LOSANT}`);
  const options = { config: join(dir, 'w.yaml'), json: false };
  const shown = await printed(() => configCheck(options));
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain(
    'Credentials (nothing was sent anywhere):\nlosant-access-key    valid (not tested yet)',
  );
  expect(shown.stdout).toContain('losant-access-secret missing');
  const json = await printed(() => configCheck({ ...options, json: true }));
  const { credentials } = JSON.parse(json.stdout) as { credentials: { id: string; state: string }[] };
  expect(credentials.map(({ id, state }) => [id, state])).toEqual([
    ['losant-access-key', 'valid'],
    ['losant-access-secret', 'missing'],
  ]);
  expect(`${shown.stdout}${shown.stderr}${json.stdout}`).not.toContain('losant-access-key-4711');
});
