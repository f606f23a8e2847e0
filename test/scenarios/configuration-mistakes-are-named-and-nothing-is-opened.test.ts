import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import { cli } from '../helpers/cli.js';
import { runAgent } from '../helpers/outside.js';
import { eventually, startWorldIn, writeConfig } from '../helpers/scenario.js';

const EX_CONFIG = 78;

const FIVE_MISTAKES = `version: 1
runtimeDri: /tmp/run
log: { level: loud }
modem:
  port: ttyUSB2
  pollSeconds: 3
  bearer:
    contextId: "one"
`;
/** Line and column of each, counted by hand. */
const PLACES = ['2:1', '3:15', '5:9', '6:16', '8:16'];

test('every mistake of a file is named with its line and column, in one go, and run ends with 78', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-mistakes-'));
  try {
    const file = join(dir, 'bad.yaml');
    writeFileSync(file, FIVE_MISTAKES, { mode: 0o600 });
    const run = await cli('run', '-c', file);
    expect(run.code).toBe(EX_CONFIG);
    expect(run.stdout).toBe('');
    const named = run.stderr.split('\n').flatMap((line) => {
      const at = line.indexOf(`${file}:`);
      return at < 0 ? [] : [/^(\d+:\d+): /.exec(line.slice(at + file.length + 1))?.[1]];
    });
    expect(named, run.stderr).toEqual(PLACES);

    const check = await cli('config', 'check', '-c', file, '--json');
    expect(check.code).toBe(EX_CONFIG);
    const report = JSON.parse(check.stdout) as {
      ok: boolean;
      problems: { file: string; line: number; column: number; path: string; message: string }[];
    };
    expect(report.ok).toBe(false);
    expect(report.problems.map((p) => [p.file, `${p.line}:${p.column}`, p.path])).toEqual(
      ['runtimeDri', 'log.level', 'modem.port', 'modem.pollSeconds', 'modem.bearer.contextId'].map((path, i) => [
        file,
        PLACES[i],
        path,
      ]),
    );
    for (const { message } of report.problems) expect(message).toMatch(/\w/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

describe('what could end an AT line is refused before the port is opened', () => {
  let dir: string;
  let world: World;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'waymark-injection-'));
    world = await startWorldIn(dir);
    await eventually('the module answers', () => world.module.state.power === 'on');
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const CHARACTERS: [name: string, character: string][] = [
    ['CR', '\r'],
    ['LF', '\n'],
    ['a quote', '"'],
    ['a semicolon', ';'],
    ['Ctrl-Z', '\u001a'],
  ];

  const expectRefused = async (file: string, path: string, value: string): Promise<void> => {
    const { code, stdout, stderr } = await cli('run', '-c', file);
    expect(code, stderr).toBe(EX_CONFIG);
    expect(stderr).toMatch(/gateway\.yaml:\d+:\d+: /);
    expect(stderr).toContain(`${path}: `);
    // The value may be a secret: it is refused without being quoted.
    expect(stdout + stderr).not.toContain(value.slice(0, 12));
    expect(world.module.counters.lines).toBe(0);
    expect(world.module.transcriptLines.filter(({ direction }) => direction === '>')).toEqual([]);
  };

  test.each(CHARACTERS)('app token with %s', async (_name, character) => {
    const file = writeConfig(dir, world);
    const value = `Dw7-inject-${character}AT#SHDN`;
    mkdirSync(join(dir, 'secrets'), { recursive: true });
    writeFileSync(join(dir, 'secrets', 'app-token'), value, { mode: 0o600 });
    await expectRefused(file, 'modem.deviceWise.appToken', value);
  });

  test.each(CHARACTERS)('access point name with %s', async (_name, character) => {
    const value = `internet.injected${character}AT#SHDN`;
    const file = writeConfig(dir, world, {
      modem: {
        bearer: { mode: 'activate', contextId: 1, apn: value },
        deviceWise: { server: 'localhost:8883', appToken: `file:${join(dir, 'secrets', 'app-token')}` },
      },
    });
    await expectRefused(file, 'modem.bearer.apn', value);
  });

  test('a file without these mistakes reaches the module (so the silence above means something)', async () => {
    const file = writeConfig(dir, world);
    await using agent = runAgent(file);
    await eventually('the module has been asked', () => world.module.counters.lines > 0, 10_000);
    expect(agent.child.exitCode).toBeNull();
  });
});
