// chat dials for pppd: it sends a line and reads until it has seen a word, wherever that stands.
import { describe, expect, test } from 'vitest';
import { type SimModuleOptions, urcStorm } from '../../src/sim/module/index.js';
import { CUTS, expectWell, FAMILIES, judge, pluggedModem } from './sim-modem.js';
import { expectReports } from './storms.js';

// As in a peers file, over the port as standard input and output; -s and -v show the dialogue.
const DIALOGUE = [
  ...['ABORT', 'ERROR', 'ABORT', 'BUSY', 'ABORT', 'NO CARRIER'],
  ...['', 'ATZ', 'OK', 'ATE0', 'OK', 'AT+CPIN?', 'READY', '', 'OK'],
  ...['AT+CGDCONT=1,"IP","internet.example"', 'OK', 'ATD*99***1#', 'CONNECT'],
];
const dial = (address: string): Promise<{ rc: number; output: string }> =>
  judge('sh', ['-c', 'port=$1; shift; exec chat -v -s -t 20 "$@" <"$port" >"$port"', 'sh', address, ...DIALOGUE]);

// Whatever does not hold one of its words is nothing to it: any report, at any rate the line can carry.
const REPORTS = ['+CREG: 1', '+CEREG: 1', 'RING', '+CMTI: "SM",1', '#PSNT: 4'];

const CASES: [string, Partial<SimModuleOptions>, number][] = [
  ['healthy', {}, 0],
  ['every byte alone', CUTS['one-byte'], 0],
  ['100 reports a second', {}, 100],
  ['cut anywhere with 100 reports a second', CUTS.random, 100],
];

describe('chat dials to CONNECT on the module of every family', () => {
  test.each(CASES)('%s', { timeout: 40_000 }, async (_name, options, ratePerS) => {
    const judgeOne = async (profile: (typeof FAMILIES)[number]): Promise<void> => {
      await using modem = await pluggedModem({ profile, ...options });
      if (ratePerS > 0) modem.module.push(urcStorm(ratePerS, REPORTS));
      const { rc, output } = await dial(modem.address);
      expect(output).toMatch(/CONNECT\s+ -- got it/);
      expect(rc).toBe(0);
      if (ratePerS > 0) expectReports(modem, REPORTS, 40);
      // One port is online now; the other one goes on.
      await expectWell(modem);
    };
    await Promise.all(FAMILIES.map(judgeOne));
  });
});
