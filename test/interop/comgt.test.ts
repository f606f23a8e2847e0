// comgt is a scripted modem dialogue in C; it writes one byte at a time and waits for exact words.
import { describe, expect, test } from 'vitest';
import type { SimModule, SimModuleOptions } from '../../src/sim/module/index.js';
import { CUTS, expectWell, FAMILIES, judge, type PluggedModem, pluggedModem } from './sim-modem.js';
import { burstStorm, expectReports, urcAfter } from './storms.js';

const comgt = (modem: PluggedModem, script: string): Promise<{ rc: number; output: string }> =>
  judge('comgt', ['-d', modem.address, script], { limitMs: 40_000 });

type Expectation = (modem: PluggedModem) => Promise<void>;

const expectSignal: Expectation = async (modem) => {
  const { rc, output } = await comgt(modem, 'sig');
  expect(output).toMatch(/Signal Quality: 2[2-5],0/);
  expect(rc).toBe(0);
  await expectWell(modem);
};
const expectRegistration: Expectation = async (modem) => {
  const { rc, output } = await comgt(modem, 'reg');
  expect(output).toContain('Registered on Home network: "Waymark Test"');
  expect(rc).toBe(0);
  await expectWell(modem);
};
const expectInfo: Expectation = async (modem) => {
  const { rc, output } = await comgt(modem, 'info');
  const { identity } = modem.module.state;
  expect(output).toContain(`Manufacturer:           ${identity.manufacturer}`);
  expect(output).toContain(`IMEI and Serial Number: ${identity.imei}`);
  expect(output).toMatch(/APN: .*internet\.example/);
  expect(rc).toBe(0);
  await expectWell(modem);
};

// What its scripts (in its binary) say about reports:
// * Before most commands it waits for 100 ms of silence, at most a second: bursts with silence between them.
// * Then it takes the first line behind the echo for the answer. So a module that speaks in between cannot be read by it,
//   here or anywhere; this one answers at once, and what it has to report waits for the final result.
const REPORTS = ['+CREG: 1', '+CGREG: 1', '+CEREG: 1', '+CTZV: 8', '+CMTI: "SM",1'];
const ANSWERS_FIRST = { latencyScale: 0 };

interface Reports {
  start(module: SimModule): void;
  atLeast: number;
}
const STORM: Reports = { start: (module) => burstStorm(module, REPORTS), atLeast: 40 };
const BEHIND_ANSWERS: Reports = { start: (module) => void module.push(urcAfter('+CREG: 1')), atLeast: 8 };

/** All at once: it spends its time waiting. */
async function everywhere(
  expectations: readonly Expectation[],
  options: Partial<SimModuleOptions>,
  reports?: Reports,
): Promise<void> {
  const judgeOne = async (profile: (typeof FAMILIES)[number], expectJudged: Expectation): Promise<void> => {
    await using modem = await pluggedModem({ profile, ...options });
    reports?.start(modem.module);
    await expectJudged(modem);
    if (reports) expectReports(modem, REPORTS, reports.atLeast);
  };
  await Promise.all(FAMILIES.flatMap((profile) => expectations.map((each) => judgeOne(profile, each))));
}

describe('comgt reads signal and registration of every family', () => {
  test.each<[string, Partial<SimModuleOptions>, Reports | undefined]>([
    ['healthy', {}, undefined],
    ['every byte alone', CUTS['one-byte'], undefined],
    ['20 reports a second', ANSWERS_FIRST, STORM],
    ['cut anywhere with 20 reports a second', { ...ANSWERS_FIRST, ...CUTS.random }, STORM],
    // A busy machine can hold comgt up between its silence and its question; a report in that moment is an answer to it,
    // from a real module as well. As a person would, it is asked again, at most twice.
  ])('%s', { timeout: 50_000, retry: 2 }, (_name, options, reports) =>
    everywhere([expectSignal, expectRegistration], options, reports),
  );
});

describe('comgt prints manufacturer, IMEI and APN of every family', () => {
  // Here it reads on behind ATI until two seconds pass in silence, for ever if they never do: no storm, but a report
  // behind every single answer.
  test('as it is, and with a report behind every answer, cut anywhere', { timeout: 60_000 }, async () => {
    await Promise.all([everywhere([expectInfo], {}), everywhere([expectInfo], CUTS.random, BEHIND_ANSWERS)]);
  });
});

test('comgt sees a roaming registration, byte by byte', async () => {
  await using modem = await pluggedModem({ coverage: { state: 'roaming' }, ...CUTS['one-byte'] });
  const { rc, output } = await comgt(modem, 'reg');
  expect(output).toMatch(/roaming/i);
  expect(rc).toBe(0);
});
