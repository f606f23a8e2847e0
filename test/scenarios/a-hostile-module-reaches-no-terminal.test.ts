import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import { OBEYED } from '../cli/source.js';
import { type CliResult, cli, startCli } from '../helpers/cli.js';
import { rootFlags } from '../helpers/machine.js';
import { runAgent, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

/** What stands in its place: written out, so that it can be seen and does nothing. */
const WRITTEN_OUT = /\\x1b|\\x9b|\\x07|\\u001b|\\u009b|\\u0007/;

interface Rig {
  runtimeDir: string;
  configFile: string;
  world: World;
  /** Runs a verb and looks at every character it prints. */
  look(...args: string[]): Promise<CliResult>;
}

function expectHarmless(what: string, { stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): void {
  for (const text of [stdout, stderr]) {
    const found = OBEYED.exec(text);
    expect(
      found?.[0],
      `${what}: ${JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 40)).slice(0, 80))}`,
    ).toBe(undefined);
    // Bytes that are no text at all would have become this.
    expect(text, what).not.toContain('\ufffd');
  }
}

async function withRig(work: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-hostile-'));
  try {
    await using world = await startWorldIn(dir, {
      tree: join(dir, 'machine'),
      module: {
        ...QUICK_MODULE,
        boot: 0,
        operator: { longName: 'Evil\x1b[2J\x9b31m\x07', shortName: 'Evil', numeric: '00101' },
      },
    });
    const configFile = writeConfig(dir, world);
    await work({
      runtimeDir: join(dir, 'run'),
      configFile,
      world,
      async look(...args) {
        const result = await cli(...args, '-c', configFile);
        expectHarmless(args.join(' '), result);
        return result;
      },
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const hostile = (world: World): Promise<unknown> =>
  world.perform({ do: 'fault', name: 'hostileText', args: { where: 'both', everyMs: 100 } });

/** Follows the dialogue until each kind of hostile text has come by. */
async function follow(...args: string[]): Promise<void> {
  const trace = startCli(['modem', 'trace', '--for', '60s', ...args]);
  const kinds = ['x1b[2J', 'x1b]52;c;', 'x1b[?1049h', 'x9b31m', 'x07', 'x7f', 'x80®gnp.exe'];
  const came = (): string[] => kinds.filter((kind) => trace.output.stdout.includes(kind));
  await eventually('every kind', () => came().length === kinds.length).catch((error: unknown) => {
    throw new Error(`only ${came().join(', ')}: ${trace.output.stderr}`, { cause: error });
  });
  trace.child.kill('SIGINT');
  const result = await trace.ended;
  expect(result.code).toBe(0);
  expectHarmless(`trace ${args.join(' ')}`, result);
}

test(
  'what a hostile module says reaches a terminal written out, through status, modem info, at and trace of a running agent',
  () =>
    withRig(async ({ configFile, runtimeDir, world, look }) => {
      await using agent = runAgent(configFile, ...rootFlags(world), '--log', 'trace');
      await untilStatus(runtimeDir, 'serving', isServing);
      // In the name of the operator.
      for (const verb of ['status', 'modem info']) {
        expect((await look(...verb.split(' '))).stdout).toContain('Evil\\x1b[2J\\x9b31m\\x07');
        expect((await look(...verb.split(' '), '--json')).stdout).toContain('Evil');
      }
      // In every answer and in reports.
      await hostile(world);
      await Promise.all([follow('-c', configFile), follow('--json', '-c', configFile)]);
      // One of the texts makes the answer longer than any line may be: it is dropped then, and asked for again here.
      await eventually('an answer that fits', async () => /^Telit/.test((await look('modem', 'at', 'AT+CGMI')).stdout));
      // In what it calls itself when it comes up anew.
      await world.perform({ do: 'reset', device: 'modem' });
      await untilStatus(runtimeDir, 'a hostile name', ({ modem }) =>
        OBEYED.test(`${modem?.manufacturer}${modem?.model}${modem?.revision}`),
      );
      expect((await look('modem', 'info')).stdout).toMatch(WRITTEN_OUT);
      for (const verb of ['status', 'status --json', 'modem info --json', 'token list']) await look(...verb.split(' '));
      agent.child.kill('SIGTERM');
      const { code, stdout, stderr } = await agent.ended;
      expect(code).toBe(0);
      expectHarmless('log', { stdout, stderr });
      expect(stdout).toMatch(WRITTEN_OUT);
    }),
  90_000,
);

test(
  'the same without an agent',
  () =>
    withRig(async ({ configFile, world, look }) => {
      const flags = rootFlags(world);
      expect((await look('modem', 'info', ...flags)).stdout).toContain('Evil\\x1b[2J\\x9b31m\\x07');
      await hostile(world);
      const seen = [
        await look('modem', 'info', ...flags),
        await look('modem', 'at', 'AT+CGMM', ...flags),
        await look('modem', 'list', '--probe', ...flags.filter((flag) => flag !== '-c')),
      ];
      expect(seen.map(({ stdout }) => stdout).join('')).toMatch(WRITTEN_OUT);
      await follow(...flags, '-c', configFile);
    }),
  90_000,
);
