import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CliResult, cli, startCli } from '../helpers/cli.js';
import { listenTo, machineOf, rootFlags } from '../helpers/machine.js';
import { runAgent, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

/** Not one that the agent asks by itself. */
const QUESTION = 'AT+CPAS';

const REFUSED = [
  ['AT+CFUN=0'],
  ['AT+CFUN=0;+CSQ'],
  ['AT+CPIN="0000"', '--unsafe'],
  ['ATD*99***1#', '--unsafe'],
  ['AT+CSQ\rAT+CFUN=0', '--unsafe'],
  ['AT#DWCFG=a:1,0,token,1,60,2,0,4,5', '--unsafe'],
  ['hello'],
];

test('modem at, info and trace go through the running agent, and to the port where none runs; what is refused exits 64', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-verbs-'));
  try {
    await using world = await startWorldIn(dir, { tree: join(dir, 'machine'), module: { ...QUICK_MODULE, boot: 0 } });
    const hear = listenTo(machineOf(world));
    const asked = (): number => hear('at').split(`${QUESTION}\r`).length - 1;
    const configFile = writeConfig(dir, world);
    const modem = (...args: string[]): Promise<CliResult> =>
      cli('modem', ...args, '-c', configFile, ...rootFlags(world));

    /** The same for both ways. */
    const tryAll = async (through: 'agent' | 'port'): Promise<void> => {
      const at = await modem('at', QUESTION, '--json');
      expect(at.code, at.stderr).toBe(0);
      expect(JSON.parse(at.stdout)).toEqual({ command: QUESTION, lines: ['+CPAS: 0'], final: 'OK', through });
      expect((await modem('at', QUESTION)).stdout).toBe('+CPAS: 0\nOK\n');

      const info = await modem('info', '--json');
      expect(info.code, info.stderr).toBe(0);
      expect(JSON.parse(info.stdout)).toMatchObject({
        source: through,
        manufacturer: 'Telit',
        model: 'LE910C1-EUX',
        sim: 'ready',
        simTries: { pin: 3 },
        registration: { state: 'home', technology: 'LTE' },
        operator: 'Waymark Test',
        signal: { rsrpDbm: -95, quality: 'fair' },
        troubles: [],
      });
      expect(JSON.parse(info.stdout)).toHaveProperty('imei', expect.stringMatching(/^….{4}$/));

      for (const words of REFUSED) {
        const before = hear('at');
        const { code, stdout, stderr } = await modem('at', ...words);
        expect([words[0], code, stdout]).toEqual([words[0], 64, '']);
        expect(stderr).toMatch(/^waymark: not sent: .+\n {2}→ /);
        expect(hear('at').slice(before.length)).not.toContain(words[0]?.split(/[\r;]/).at(-1));
      }
      expect(hear('at')).not.toMatch(/CFUN=0|CPIN=|ATD|token/);
      const unsafe = await modem('at', 'AT+CMEE=1', '--unsafe');
      expect([unsafe.code, unsafe.stdout]).toEqual([0, 'OK\n']);
      expect(unsafe.stderr).toMatch(/^warning: .+; sent because of --unsafe\n/);
    };

    {
      await using agent = runAgent(configFile, ...rootFlags(world));
      await untilStatus(join(dir, 'run'), 'serving', isServing);
      await tryAll('agent');
      const trace = startCli(['modem', 'trace', '--for', '60s', '-c', configFile]);
      await eventually('following', () => trace.output.stderr.includes('Following'));
      await modem('at', QUESTION);
      await eventually('seen', () => /> AT\+CPAS\n[^\n]*< \+CPAS: 0\n[^\n]*< OK\n/.test(trace.output.stdout));
      trace.child.kill('SIGINT');
      expect((await trace.ended).code).toBe(0);
      const brief = await cli('modem', 'trace', '--for', '1s', '--json', '-c', configFile);
      expect(brief.code).toBe(0);
      const lines = brief.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toContainEqual({ atMs: expect.any(Number), direction: '>', text: QUESTION });
      expect(agent.child.exitCode).toBeNull();
    }
    const before = asked();
    await tryAll('port');
    expect(asked() - before).toBe(2);
    const trace = await modem('trace', '--for', '5s');
    expect(trace.code, trace.stderr).toBe(0);
    expect(trace.stdout).toMatch(/> AT\+CGMI\n[^\n]*< Telit\n[^\n]*< OK\n/);
    expect(world.module.counters.intrusions).toBe(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 90_000);
