// gammu is a phone tool with an AT engine of its own: it reads to the echo and the final result, and sends ESC first.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type SimModuleOptions, urcBefore, urcStorm } from '../../src/sim/module/index.js';
import { CUTS, expectWell, FAMILIES, judge, type PluggedModem, pluggedModem } from './sim-modem.js';
import { expectReports, stormFrom, stormSparingResults } from './storms.js';

function gammu(modem: PluggedModem, ...args: string[]): Promise<{ rc: number; output: string }> {
  const config = join(modem.dir, 'gammurc');
  writeFileSync(config, `[gammu]\ndevice = ${modem.address}\nconnection = at115200\nsynchronizetime = no\n`);
  return judge('gammu', ['-c', config, ...args], { limitMs: 40_000 });
}

async function expectIdentified(modem: PluggedModem): Promise<void> {
  const { rc, output } = await gammu(modem, 'identify');
  const { identity, card } = modem.module.state;
  for (const known of [identity.imei, identity.model, identity.revision, card.imsi]) expect(output).toContain(known);
  expect(rc).toBe(0);
  await expectWell(modem);
}

async function expectMonitored(modem: PluggedModem): Promise<void> {
  const { rc, output } = await gammu(modem, 'monitor', '1');
  expect(output).toMatch(/Signal strength +: -\d+ dBm/);
  expect(output).toMatch(/Network state +: home network/);
  expect(output).toMatch(/Network +: 001 01 .*LAC 4E20, CID 0140A29/);
  expect(output).toContain('Name in phone        : "Waymark Test"');
  expect(output).toMatch(/GPRS +: attached/);
  expect(rc).toBe(0);
  await expectWell(modem);
}

// What the source of gammu 1.42 says about reports:
// * It has a list of those it knows (libgammu/protocol/at/at.c); these it cuts out of whatever it reads. Any other line
//   in front of an echo makes the answer unknown to it, and the command times out. `+CREG:` is on the list, but not
//   while it asks for the network itself: hence not here. Each family gets what is on the list and could come from it.
// * What it made of a report counts as the result of the command before it, if both came with one read (a bare
//   `+CUSD: 2` behind AT+CSQ, and there is no signal). So the storm spares results, and these reports are no failures.
// * At its start, twice, it reads away old input two bytes at a time until 50 ms pass in silence, for ever if they never
//   do. So the full storm begins behind the second start; what it bears at the start is the next test.
const KNOWN = ['RING', '+CRING: VOICE'];
const REPORTS = { telit: [...KNOWN, '#STN: 254'], ublox: KNOWN, quectel: KNOWN };

const CASES: [string, Partial<SimModuleOptions>, number][] = [
  ['healthy', {}, 0],
  ['every byte alone', CUTS['one-byte'], 0],
  ['20 reports a second', {}, 20],
  ['cut anywhere with 20 reports a second', CUTS.random, 20],
];

describe('gammu identifies and monitors the module of every family', () => {
  // All at once: it spends its time waiting.
  test.each(CASES)('%s', { timeout: 60_000 }, async (_name, options, ratePerS) => {
    const judgeOne = async (
      profile: (typeof FAMILIES)[number],
      expectJudged: typeof expectIdentified,
    ): Promise<void> => {
      await using modem = await pluggedModem({ profile, ...options });
      if (ratePerS > 0) modem.module.push(stormFrom('ATE1', 2, stormSparingResults(ratePerS, REPORTS[profile])));
      await expectJudged(modem);
      if (ratePerS > 0) expectReports(modem, REPORTS[profile], 10);
    };
    await Promise.all(FAMILIES.flatMap((name) => [judgeOne(name, expectIdentified), judgeOne(name, expectMonitored)]));
  });
});

// Five short lines a second are what leaves it its 50 ms of silence at the start.
test('gammu identifies the module in a storm of registration reports that was there before it', async () => {
  const inStorm = async (cut: keyof typeof CUTS): Promise<void> => {
    await using modem = await pluggedModem(CUTS[cut]);
    modem.module.push(urcStorm(5, ['+CREG: 1']));
    await expectIdentified(modem);
  };
  await Promise.all([inStorm('whole'), inStorm('one-byte')]);
});

test('gammu identifies the module when a report comes before every answer', async () => {
  await using modem = await pluggedModem({ chunking: { random: 11 } });
  modem.module.push(urcBefore('', '+CREG: 1'));
  await expectIdentified(modem);
});
