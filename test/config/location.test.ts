import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainProblem, inspectConfig, loadConfig, parseConfig } from '../../src/config/index.js';

const said = (text: string): { problems: string[]; warnings: string[] } => {
  const { problems, warnings } = parseConfig(text, 'f');
  const line = (all: typeof problems): string[] => all.map((problem) => explainProblem(problem).slice(2));
  return { problems: line(problems), warnings: line(warnings) };
};

const BASE = 'version: 1\ngnss: {}\n';

describe('any caster', () => {
  test('a caster needs neither provisioning nor an identity', () => {
    const { problems, warnings } = said(
      `${BASE}corrections:\n  ntrip: {host: caster.example, mountPoint: BASE1, userName: u, password: "file:p", tls: required}\n`,
    );
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test.each([
    ['{host: caster.example}', 'needs a mountPoint beside it'],
    ['{host: caster.example, mountPoint: A, userName: u}', 'userName and password belong together'],
    ['{host: caster.example, mountPoint: A, password: "file:p"}', 'userName and password belong together'],
    ['{host: "http://caster", mountPoint: A}', 'must be a host name or address without scheme or port'],
    ['{host: caster.example, mountPoint: "A/B C"}', 'must be the name of a mountpoint'],
    ['{host: caster.example, mountPoint: /NEAR-RTCM}', 'without the leading slash'],
    ['{host: caster.example, mountPoint: A, userName: "a:b", password: "file:p"}', 'without colon or blanks'],
    ['{host: caster.example, mountPoint: A, protocol: 2}', 'must be one of auto, 1, 2; put the value in quotes'],
  ])('%s is refused', (ntrip, why) => {
    expect(said(`${BASE}corrections:\n  ntrip: ${ntrip}\n`).problems.join()).toContain(why);
  });

  test('a password in the clear is warned of', () => {
    const text = `${BASE}corrections:\n  ntrip: {host: caster.example, mountPoint: A, userName: u, password: "file:p"}\n`;
    expect(said(text).warnings.join()).toContain('travels unencrypted');
  });

  test('mqtt and a caster exclude each other', () => {
    const text = `${BASE}corrections:\n  source: mqtt\n  ntrip: {host: caster.example, mountPoint: A}\n`;
    expect(said(text).problems.join()).toContain('keep one of the two');
  });

  test('an account of the provisioning answer is not mixed with one written here', () => {
    const text = `${BASE}ztp: {token: "file:t"}\ncorrections:\n  ntrip: {userName: u, password: "file:p"}\n`;
    expect(said(text).warnings.join()).toContain('has no effect without host');
  });
});

describe('identity from a u-center file', () => {
  test('replaces every other member', () => {
    expect(said(`${BASE}identity: {ucenterConfigFile: thing.json}\ncorrections: {}\n`).problems).toEqual([]);
  });

  test('beside another member is refused at that member', () => {
    const { problems } = said(`${BASE}identity:\n  ucenterConfigFile: thing.json\n  host: pp.example\n`);
    expect(problems).toEqual([expect.stringMatching(/^5:3: identity\.host: has no place beside ucenterConfigFile/)]);
  });

  test('without it every member is required', () => {
    const { problems } = said(`${BASE}identity: {host: pp.example}\n`);
    expect(problems.map((line) => line.split(':')[2])).toEqual([
      ' identity.certFile',
      ' identity.keyFile',
      ' identity.clientId',
      ' identity.topics',
    ]);
  });

  test('one that others may read is refused, because a private key is in it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'waymark-config-'));
    try {
      await writeFile(`${dir}/thing.json`, '{}');
      await chmod(`${dir}/thing.json`, 0o644);
      await writeFile(`${dir}/w.yaml`, `${BASE}identity: {ucenterConfigFile: thing.json}\n`);
      const { problems } = await inspectConfig(`${dir}/w.yaml`, { env: {} });
      expect(problems).toMatchObject([{ path: 'identity.ucenterConfigFile' }]);
      expect(problems[0]?.message).toContain('chmod 600');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('assistance', () => {
  test.each([
    ['assistNow: {}', 'needs a token'],
    ['assistNow: {token: "file:t", constellations: [gps, navic]}', 'must be taken from gps, glo, gal, bds, qzss'],
    ['assistNow: {token: "file:t", predictiveDays: "5"}', 'must be one of 0, 1, 3, 7, 14'],
    ['assistNow: {legacy: {token: "file:t", issuedAt: 2026-13-01}}', 'must be a day such as 2026-01-31'],
  ])('%s is refused', (text, why) => {
    expect(said(`${BASE}${text}\n`).problems.join()).toContain(why);
  });

  test('needs a receiver', () => {
    expect(said('version: 1\nassistNow: {token: "file:t"}\n').problems.join()).toContain('no receiver to assist');
  });

  test('the old service is said to have ended, and a temporary token without its day is said', () => {
    const { problems, warnings } = said(`${BASE}assistNow: {legacy: {token: "file:t", kind: temporary}}\n`);
    expect(problems).toEqual([]);
    expect(warnings.join()).toContain('reported to have ended on 2026-05-31');
    expect(warnings.join()).toContain('add issuedAt');
  });
});

const SECRETS_YAML = `${BASE}modem: {port: auto, cellLocate: {token: "file:cell"}}
corrections: {ntrip: {host: h.example, mountPoint: A, userName: u, password: "file:pw", tls: required}}
assistNow: {token: "file:assist", legacy: {token: "file:old"}}
`;
const KEYS = {
  cell: 'modem.cellLocate.token',
  pw: 'corrections.ntrip.password',
  assist: 'assistNow.token',
  old: 'assistNow.legacy.token',
} as const;
const UUID = '01234567-89AB-cdef-0123-456789abcdef';
const GOOD = { cell: 'cell-locate-token', pw: 'caster-pass', assist: UUID, old: 'legacy-token' };

describe('the secret files of the location services', () => {
  /** Writes them, some otherwise, and gives what is said of each. */
  async function judged(
    otherwise: Partial<Record<keyof typeof KEYS, { value?: string; mode?: number; absent?: true }>>,
  ): Promise<{ problems: readonly (readonly [string, string])[]; warnings: readonly (readonly [string, string])[] }> {
    const dir = await mkdtemp(join(tmpdir(), 'waymark-config-'));
    try {
      await writeFile(`${dir}/w.yaml`, SECRETS_YAML);
      for (const name of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
        const { value, mode, absent } = otherwise[name] ?? {};
        if (absent) continue;
        await writeFile(join(dir, name), `${value ?? GOOD[name]}\n`);
        await chmod(join(dir, name), mode ?? 0o600);
      }
      const { problems, warnings } = await inspectConfig(`${dir}/w.yaml`, { env: {} });
      const told = (all: typeof problems) => all.map(({ path, message }) => [path, message] as const);
      return {
        problems: told(problems),
        // That service has ended, whatever its token is.
        warnings: told(warnings).filter(([path]) => path !== 'assistNow.legacy'),
      };
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  test('in order', async () => {
    expect(await judged({})).toEqual({ problems: [], warnings: [] });
  });

  test.each(Object.keys(KEYS) as (keyof typeof KEYS)[])('%s: absent, open to others, malformed', async (name) => {
    const path = KEYS[name];
    expect(await judged({ [name]: { absent: true } })).toEqual({
      problems: [],
      warnings: [[path, expect.stringContaining('no such file')]],
    });
    expect(await judged({ [name]: { mode: 0o644 } })).toEqual({
      problems: [[path, expect.stringContaining('chmod 600')]],
      warnings: [],
    });
    const { problems } = await judged({ [name]: { value: 'not one word' } });
    expect(problems).toEqual([[path, expect.stringContaining('holds blanks')]]);
    expect(problems.join()).not.toContain('not one word');
  });

  test('one kind of token in the place of the other is named', async () => {
    const { problems, warnings } = await judged({
      cell: { value: UUID },
      assist: { value: GOOD.old },
      old: { value: UUID.toLowerCase() },
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      ['assistNow.token', expect.stringContaining('belongs into the file of assistNow.legacy.token')],
      ['assistNow.legacy.token', expect.stringContaining('belongs into the file of assistNow.token or ztp.token')],
      ['modem.cellLocate.token', expect.stringContaining('belongs into the file of assistNow.token or ztp.token')],
    ]);
    expect(warnings.join()).not.toContain(GOOD.old);
  });
});

test('paths and secret references of the location services are absolute', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'waymark-config-'));
  try {
    await writeFile(
      `${dir}/w.yaml`,
      `${BASE}modem: {port: auto, cellLocate: {token: "file:cell"}}
corrections: {caFile: ca.pem, ntrip: {host: h.example, mountPoint: A, userName: u, password: "file:pw"}}
assistNow: {token: "file:assist", caFile: ca.pem, legacy: {token: "file:old"}}
`,
    );
    const config = await loadConfig(`${dir}/w.yaml`, { env: {} });
    expect(config.modem?.cellLocate?.token).toBe(`file:${dir}/cell`);
    expect(config.corrections).toMatchObject({ caFile: `${dir}/ca.pem`, ntrip: { password: `file:${dir}/pw` } });
    expect(config.assistNow).toMatchObject({
      token: `file:${dir}/assist`,
      caFile: `${dir}/ca.pem`,
      legacy: { token: `file:${dir}/old` },
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
