import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  explainProblem,
  explainProblems,
  inspectConfig,
  loadConfig,
  parseConfig,
} from '../../src/config/index.js';
import { exitCodeOf } from '../../src/core/index.js';

async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'waymark-config-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What is wrong, as `line:column path: message`. */
const problems = (text: string): string[] =>
  parseConfig(text, 'f').problems.map((problem) => explainProblem(problem).slice(2));

const MINIMAL = 'version: 1\nmodem:\n  port: /dev/ttyUSB2\n';

describe('every problem at once, each with its place', () => {
  test('five mistakes give five messages', () => {
    expect(
      problems(`version: 1
modem:
  prot: /dev/ttyUSB2
  baudRate: fast
  bearer:
    mode: activat
gnss:
  port: /dev/ttyACM0
corrections:
  region: mars
`),
    ).toEqual([
      '3:3: modem.prot: unknown key, did you mean "port"?',
      '4:13: modem.baudRate: must be a whole number from 1200 to 4000000',
      '6:11: modem.bearer.mode: must be one of observe, activate; did you mean activate?',
      '9:1: corrections: corrections need an identity: add a ztp section (or identity with ready files), or name a caster in corrections.ntrip.host',
      '10:11: corrections.region: must be one of auto, eu, us, kr, au, jp',
    ]);
  });

  test('syntax errors and duplicate keys come together with the rest', () => {
    expect(
      problems(`version: 1
gnss:
  port: /dev/ttyACM0
  port: /dev/ttyACM1
modem: {port: /dev/ttyUSB2
log:
  level: loud
`),
    ).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^4:3: gnss\.port: is given twice; the first is in line 3/),
        expect.stringMatching(/^\d+:\d+: YAML: /),
      ]) as string[],
    );
  });

  test('only the first hundred are listed, the rest is counted', () => {
    const text = `version: 1\n${Array.from({ length: 300 }, (_, i) => `key${i}: 1`).join('\n')}\n`;
    const found = parseConfig(text).problems;
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.message).toBe('and 200 more problems from here on');
  });

  test('people get file, line, column, key and a count', () => {
    expect(explainProblems(parseConfig('version: 1\nlog: 7\nclok: {}\n', '/etc/w.yaml').problems)).toBe(
      [
        '/etc/w.yaml:2:6: log: must be a section: keys with values, indented below it',
        '/etc/w.yaml:3:1: clok: unknown key, did you mean "clock"?',
        '2 problems in the configuration',
      ].join('\n'),
    );
  });
});

describe('one mistake, one sentence', () => {
  test.each([
    ['no version', 'log: {level: info}', '1:1: version: is missing: write "version: 1" as the first line'],
    ['a newer version', 'version: 2\nunknown: 1', /^1:10: version: the file is of layout 2, .*update Waymark/],
    ['a version that is no number', 'version: "1"', '1:10: version: must be 1'],
    ['an empty file', '', '1:1: the file is empty'],
    ['only comments', '# nothing\n', '1:1: the file is empty'],
    ['a list', '- version: 1', /^1:1: the file must be a list of keys/],
    ['a section without keys', 'version: 1\ngnss:\n', '2:1: gnss: is empty: give it a value, or remove the line'],
    ['tabs', 'version: 1\nlog:\n\tlevel: info', /^3:1: YAML: tabs cannot indent/],
    ['a second document', 'version: 1\n---\nversion: 1', /^2:1: YAML: only one document/],
    ['another YAML version', '%YAML 1.1\n---\nversion: 1', /^1:1: YAML: remove the line/],
    ['an alias', 'version: &v 1\nlog: *v', /^2:6: log: aliases/],
    ['a tag', 'version: 1\nlog: !!map {}', /log: tags \(!name\) are not supported/],
    ['a key that is no word', 'version: 1\n7: x', '2:1: a key must be a plain word'],
    ['a duplicate key', 'version: 1\nversion: 1', '2:1: version: is given twice; the first is in line 1'],
    [
      'a key in the wrong place',
      `${MINIMAL}  apn: internet`,
      '4:3: modem.apn: does not belong here, but under modem.bearer',
    ],
    [
      'a key spelled with underscores',
      `${MINIMAL}  baud_rate: 9600`,
      '4:3: modem.baud_rate: unknown key, did you mean "baudRate"?',
    ],
    [
      'a number in quotes',
      `${MINIMAL}  baudRate: "9600"`,
      '4:13: modem.baudRate: must be a whole number from 1200 to 4000000',
    ],
    [
      'a number out of range',
      `${MINIMAL}  commandGapMs: 1001`,
      '4:17: modem.commandGapMs: must be a whole number from 0 to 1000',
    ],
    ['a fraction', `${MINIMAL}  pollSeconds: 7.5`, '4:16: modem.pollSeconds: must be a whole number from 5 to 3600'],
    [
      'an infinite number',
      `${MINIMAL}  pollSeconds: .inf`,
      '4:16: modem.pollSeconds: must be a whole number from 5 to 3600',
    ],
    ['yes instead of true', 'version: 1\nlog: {identifiers: yes}', '2:20: log.identifiers: must be true or false'],
    [
      'an unquoted mode',
      'version: 1\nstatus:\n  socketMode: 0660',
      '3:15: status.socketMode: must be one of 0600, 0660; put the value in quotes',
    ],
    [
      'a bare device name',
      'version: 1\ngnss:\n  port: ttyACM0',
      /^3:9: gnss\.port: must be auto, a device path such as/,
    ],
    ['one port for two', `${MINIMAL}gnss:\n  port: /dev/ttyUSB2`, /^5:3: gnss\.port: is the same port as modem\.port/],
    [
      'a server without port',
      `${MINIMAL}  deviceWise:\n    server: api.example\n    appToken: env:T`,
      /^5:13: modem\.deviceWise\.server: must be host:port with an explicit port/,
    ],
    [
      'a server with a port too large',
      `${MINIMAL}  deviceWise:\n    server: api.example:70000\n    appToken: env:T`,
      /server: the port must be from 1 to 65535/,
    ],
    ['plain http', 'version: 1\nztp:\n  url: http://x.example/\n  token: env:T', /^3:8: ztp\.url: must be an https:/],
    [
      'a user in the URL',
      'version: 1\nztp:\n  url: https://u:p@x.example/\n  token: env:T',
      /^3:8: ztp\.url: must be an https:/,
    ],
    [
      'a long name',
      `version: 1\nztp:\n  token: env:T\n  givenName: ${'x'.repeat(50)}`,
      /givenName: must be a name of at most 49/,
    ],
    [
      'a day not in the calendar',
      'version: 1\nclock: {floor: 2026-02-31}',
      '2:9: clock.floor: is not a day of the calendar',
    ],
    ['a hook that is no list', 'version: 1\nrecovery: {powerHook: /bin/x y}', /powerHook: must be a list: \[/],
    [
      'a hook found by luck',
      'version: 1\nrecovery: {powerHook: [reboot]}',
      /powerHook: the program must be an absolute path/,
    ],
    [
      'power by a command that is not named',
      'version: 1\nrecovery: {power: command}',
      /recovery\.power: is command, but there is no powerHook/,
    ],
    [
      'a PIN written into the file',
      `${MINIMAL}  sim: {pin: "1234"}`,
      /^4:14: modem\.sim\.pin: must be file:PATH, env:NAME or credential:NAME/,
    ],
    [
      'a user name that would end the AT line',
      `${MINIMAL}  bearer: {mode: activate, auth: {user: 'a";b', password: env:P}}`,
      /user: must be a name without quotes, semicolons or backslashes/,
    ],
    [
      'an interface that is a path',
      `${MINIMAL}  dataPath: {interface: ../eth0}`,
      /interface: must be the name of a network interface/,
    ],
    [
      'silences in the wrong order',
      'version: 1\nztp: {token: env:T}\ncorrections:\n  region: eu\n  silence: {reconnectSeconds: 20}',
      /^5:13: corrections\.silence\.reconnectSeconds: reconnectSeconds \(20\) must be larger/,
    ],
    [
      'a directory too long for a socket',
      `version: 1\nruntimeDir: /${'x'.repeat(100)}`,
      /^2:1: runtimeDir: is longer than 88 bytes/,
    ],
  ])('%s', (_, text, expected) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    if (typeof expected === 'string') expect(found[0]).toBe(expected);
    else expect(found[0]).toMatch(expected);
  });

  test('ztp and identity exclude each other', () => {
    expect(
      problems(`version: 1
ztp: {token: env:T}
identity: {certFile: c.pem, keyFile: k.pem, clientId: x, host: h.example, topics: [a]}
`),
    ).toEqual([expect.stringMatching(/^3:1: identity: ztp and identity are both given/)]);
  });

  test('a receiver without corrections is fine', () => {
    expect(problems('version: 1\ngnss: {port: /dev/ttyACM0}')).toEqual([]);
  });
});

describe('what must not reach an AT line', () => {
  test.each([
    ['CR', '"inter\\rnet"'],
    ['LF', '"inter\\nnet"'],
    ['a trailing LF', '"internet\\n"'],
    ['a quote', `'inter"net'`],
    ['a semicolon', '"inter;net"'],
    ['Ctrl-Z', '"inter\\x1Anet"'],
    ['ESC', '"inter\\enet"'],
    ['a blank', '"inter net"'],
  ])('an APN with %s is refused', (_, apn) => {
    expect(problems(`${MINIMAL}  bearer: {mode: activate, apn: ${apn}}`)).toEqual([
      expect.stringMatching(/^4:33: modem\.bearer\.apn: must be an access point name/),
    ]);
  });

  test.each([
    ['CR', 'Abcd\rEfgh'],
    ['LF', 'Abcd\nEfgh'],
    ['a quote', 'Abcd"Efgh'],
    ['a semicolon', 'Abcd;Efgh'],
    ['a comma', 'Abcd,Efgh'],
    ['a backslash', 'Abcd\\Efgh'],
    ['Ctrl-Z', 'Abcd\x1aEfgh'],
    ['a blank', 'Abcd Efgh'],
    ['257 characters', 'A'.repeat(257)],
  ])('an app token with %s is refused at the check, and not quoted', async (_, token) => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/app-token`, `${token}\n`, { mode: 0o600 });
    const text = `${MINIMAL}  deviceWise:\n    server: api.example:8883\n    appToken: file:app-token\n`;
    await writeFile(`${dir.path}/w.yaml`, text);
    const { problems: found, config } = await inspectConfig(`${dir.path}/w.yaml`, { env: {} });
    expect(config).toBeUndefined();
    expect(found).toMatchObject([{ line: 6, column: 15, path: 'modem.deviceWise.appToken' }]);
    expect(found[0]?.message).not.toContain('Abcd');
    expect(found[0]?.message).not.toContain('Efgh');
  });

  test('a ZTP token with a line break inside is refused at the check, from the environment too', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/w.yaml`, 'version: 1\nztp: {token: "env:TOKEN"}\n');
    const env = { TOKEN: 'one\ntwo' };
    const { problems: found } = await inspectConfig(`${dir.path}/w.yaml`, { env });
    expect(found).toMatchObject([{ line: 2, path: 'ztp.token' }]);
    // A check leaves the environment as it was.
    expect(env).toEqual({ TOKEN: 'one\ntwo' });
  });
});

describe('secrets in the wrong place', () => {
  test('a token written into the file is refused with the way out, and never repeated', () => {
    const token = '0f3a9c1e-canary-token';
    const found = problems(`version: 1\nztp:\n  token: ${token}\n`);
    expect(found).toEqual([expect.stringMatching(/^3:10: ztp\.token: must be file:PATH, env:NAME or credential:NAME/)]);
    expect(found.join()).not.toContain(token);
  });

  test('a syntax error next to a token does not quote the line', () => {
    const token = 'canary-token-1234';
    const found = problems(`version: 1\nztp:\n  token: "${token}" ${token}\n  : ${token}\n  - ${token}`);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toContain(token);
  });
});

describe('loading', () => {
  test('defaults are filled in and paths are absolute', async () => {
    await using dir = await scratch();
    await writeFile(
      `${dir.path}/w.yaml`,
      `version: 1
stateDir: state
modem: {port: ./run/modem}
gnss: {port: tcp://127.0.0.1:7000}
ztp: {token: file:token, caFile: ../ca.pem}
corrections: {region: eu}
`,
    );
    const config = await loadConfig(`${dir.path}/w.yaml`, { env: {} });
    expect(config).toEqual({
      version: 1,
      stateDir: `${dir.path}/state`,
      runtimeDir: '/run/waymark',
      log: { level: 'info', identifiers: false },
      modem: {
        port: `${dir.path}/run/modem`,
        baudRate: 115_200,
        profile: 'auto',
        commandGapMs: 20,
        pollSeconds: 15,
        sim: {},
        roaming: 'allowed',
        bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
        dataPath: { kind: 'host', probe: { enabled: true, everySeconds: 60 } },
      },
      gnss: {
        port: 'tcp://127.0.0.1:7000',
        baudRate: 38_400,
        protocol: 'ubx',
        silentAfterSeconds: 15,
        configure: true,
        save: false,
        baudSearch: true,
      },
      ztp: {
        url: 'https://api.thingstream.io/ztp/pointperfect/credentials',
        token: `file:${dir.path}/token`,
        hardwareId: 'auto',
        tags: ['ztp'],
        caFile: resolve(dir.path, '../ca.pem'),
      },
      corrections: {
        source: 'auto',
        region: 'eu',
        regionTable: 'wide',
        localized: 'off',
        ntrip: { tls: 'auto', protocol: 'auto', ggaSeconds: 10, mga: false },
        maxAgeSeconds: 10,
        leapSeconds: 18,
        silence: { resubscribeSeconds: 30, reconnectSeconds: 60 },
      },
      location: { reportSeconds: 10, durable: false, moduleGnss: false },
      outbox: { maxMiB: 32, maxDays: 7, sync: false, minFreeMiB: 32 },
      commands: {
        allow: ['report-status', 'resubscribe', 'set-report-interval'],
        maxPerMinute: 6,
        expireSeconds: 3600,
        maxRung: 'session',
      },
      clock: { requireSync: false },
      recovery: { moduleReset: true, maxResetsPerHour: 3, maxPowerCyclesPerHour: 2, giveBack: true },
      status: { socketMode: '0600' },
      dataBudget: { profile: 'auto', resetDay: 1, warnPercent: 80 },
    });
  });

  test('a byte order mark and CR LF line ends change nothing', () => {
    expect(parseConfig(`\uFEFF${MINIMAL.replaceAll('\n', '\r\n')}`).config?.modem?.port).toBe('/dev/ttyUSB2');
  });

  test('a secret not there yet is a warning, for the running gateway waits for it', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/w.yaml`, 'version: 1\nztp: {token: "file:token"}\n');
    const { config, warnings } = await inspectConfig(`${dir.path}/w.yaml`, { env: {} });
    expect(config).toBeDefined();
    expect(warnings).toMatchObject([{ path: 'ztp.token', message: expect.stringContaining('no such file') as string }]);
  });

  test('problems are thrown together, exit code 78', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/w.yaml`, 'version: 1\nlog: 1\nclock: 2\n');
    const error = await loadConfig(`${dir.path}/w.yaml`, { env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toHaveLength(2);
    expect(error).toMatchObject({ code: 'config.invalid' });
    expect((error as ConfigError).message).toContain(`${dir.path}/w.yaml:2:6: log: `);
    expect(exitCodeOf(error)).toBe(78);
  });

  test('loose file modes alone are exit code 77, with the chmod', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/w.yaml`, 'version: 1\nztp: {token: "file:token"}\n');
    await writeFile(`${dir.path}/token`, 'x'.repeat(36));
    await chmod(`${dir.path}/token`, 0o644);
    const error = await loadConfig(`${dir.path}/w.yaml`, { env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secret.permission' });
    expect((error as Error).message).toContain(`chmod 600 '${dir.path}/token'`);
    expect(exitCodeOf(error)).toBe(77);
  });

  test.each([
    ['is not there', async () => {}],
    ['is too large', (path: string) => writeFile(path, `version: 1\n#${'x'.repeat(262_144)}`)],
    ['is not UTF-8', (path: string) => writeFile(path, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]))],
  ])('a file that %s is unreadable', async (_, make) => {
    await using dir = await scratch();
    await make(`${dir.path}/w.yaml`);
    await expect(loadConfig(`${dir.path}/w.yaml`, { env: {} })).rejects.toMatchObject({ code: 'config.unreadable' });
    await expect(loadConfig(dir.path, { env: {} })).rejects.toMatchObject({ code: 'config.unreadable' });
  });

  test('a file everybody may change is warned about', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/w.yaml`, MINIMAL);
    await chmod(`${dir.path}/w.yaml`, 0o666);
    const { warnings } = await inspectConfig(`${dir.path}/w.yaml`, { env: {} });
    expect(warnings).toMatchObject([{ message: expect.stringContaining('chmod o-w') as string }]);
  });
});

describe('what ships', () => {
  const root = resolve(import.meta.dirname, '../..');

  test.each(['gateway.example.yaml'])('config/%s is valid and names the schema in its first line', async (name) => {
    const path = `${root}/config/${name}`;
    expect((await readFile(path, 'utf8')).split('\n')[0]).toBe('# yaml-language-server: $schema=./waymark.schema.json');
    expect((await inspectConfig(path, { env: {} })).problems).toEqual([]);
  });

  test('the example stays valid with every comment sign taken away, save that ztp and identity exclude each other', async () => {
    const text = await readFile(`${root}/config/gateway.example.yaml`, 'utf8');
    const key = /^( *)# ?( *)((?:# )?[a-zA-Z]+:( .*)?)$/;
    const all = text
      .split('\n')
      .map((line) => {
        const match = key.exec(line);
        return match ? `${match[1]}${match[2]}${match[3]?.replace(/^# /, '')}` : line;
      })
      .filter((line) => !/^ *#/.test(line))
      .filter((line) => !/^ *(file|credential|env|activate|observe|ubx|auto|CHANGE|install): /.test(line));
    const found = parseConfig(all.join('\n')).problems;
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('both given')]);
  });

  test('schema and reference are up to date, and mention every key', async () => {
    await promisify(execFile)(process.execPath, [`${root}/scripts/schema.mjs`, '--check'], { cwd: root });
    const schema = JSON.parse(await readFile(`${root}/config/waymark.schema.json`, 'utf8')) as {
      additionalProperties: boolean;
      properties: Record<string, unknown>;
    };
    expect(schema.additionalProperties).toBe(false);
    const reference = await readFile(`${root}/docs/reference/config.md`, 'utf8');
    const keys: string[] = [];
    const walk = (node: { properties?: Record<string, never> }, at: string): void => {
      for (const [key, child] of Object.entries(node.properties ?? {}) as [
        string,
        { properties?: never; description?: string },
      ][]) {
        expect(child.description, at + key).toMatch(/\.$/);
        keys.push(at + key);
        walk(child, `${at}${key}.`);
      }
    };
    walk(schema as never, '');
    expect(keys.length).toBeGreaterThan(60);
    for (const name of keys) expect(reference).toContain(name);
  });
});

test('a list where a section belongs is a problem with its place', () => {
  const { config, problems } = parseConfig('version: 1\nclock:\n  - floor\n', 'f');
  expect(config).toBeUndefined();
  expect(problems).toEqual([
    expect.objectContaining({ path: 'clock', line: expect.any(Number), message: expect.stringContaining('section') }),
  ]);
});
