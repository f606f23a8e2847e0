import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import {
  answerUse,
  type CorrectionWindow,
  createCorrectionHealth,
  judgeCorrections,
  parseRxmCor,
} from '../../src/gnss/index.js';
import { rxmCor } from './frames.js';

const NOTHING: CorrectionWindow = {
  ...{ seconds: 30, written: 0, reported: 0, used: 0, notDecrypted: 0, errors: 0 },
  ...{ positions: 0, correctedPositions: 0 },
};
const FACTS = { canReport: true, isFormatRefused: false, isReportDue: true, positionsBy: 'nav-pvt' } as const;

describe('verdict and answer', () => {
  test.each([
    [{}, { isReportDue: false }, 'none', 'none', 'not-used', 'no corrections were written in the last 30 s'],
    [
      { written: 32, reported: 32, used: 31 },
      {},
      'ok',
      'rxm-cor',
      'used',
      '31 of 32 corrections of the last 30 s were used',
    ],
    [
      { written: 40, reported: 32, used: 32 },
      {},
      'ok',
      'rxm-cor',
      'used',
      '32 of 40 corrections of the last 30 s were used',
    ],
    [
      { written: 8, reported: 8, notDecrypted: 8 },
      {},
      'key-mismatch',
      'rxm-cor',
      'not-used',
      'none of 8 corrections of the last 30 s was used: the receiver cannot decrypt them',
    ],
    [
      { written: 8, reported: 8, errors: 2 },
      {},
      'link-corruption',
      'rxm-cor',
      'not-used',
      'none of 8 corrections of the last 30 s was used: they arrive damaged',
    ],
    [
      { written: 20, positions: 30, correctedPositions: 29 },
      { canReport: false },
      'ok',
      'nav-pvt',
      'used',
      '29 of 30 positions of the last 30 s had corrections in them',
    ],
    [
      { written: 20, positions: 30, correctedPositions: 30 },
      { canReport: false, positionsBy: 'gga' },
      'ok',
      'gga',
      'used',
      '30 of 30 positions of the last 30 s had corrections in them',
    ],
    [
      { written: 20, positions: 30 },
      { canReport: false },
      'not-configured',
      'nav-pvt',
      'not-used',
      'none of 30 positions of the last 30 s had corrections in it: 20 corrections written',
    ],
    [
      { written: 20, reported: 20, positions: 30, correctedPositions: 30 },
      {},
      'ok',
      'nav-pvt',
      'used',
      '30 of 30 positions of the last 30 s had corrections in them',
    ],
    [
      { written: 20 },
      { canReport: false },
      'unconfirmed',
      'none',
      'unknown',
      '20 corrections of the last 30 s written; the receiver does not say whether it uses them',
    ],
    [
      { written: 20 },
      {},
      'not-configured',
      'none',
      'unknown',
      '20 corrections of the last 30 s written; the receiver does not say whether it uses them',
    ],
    [
      { written: 20 },
      { isFormatRefused: true },
      'unsupported-format',
      'none',
      'not-used',
      'no correction is used: this receiver does not understand SPARTN and needs RTCM',
    ],
    [
      { written: 20, reported: 5, used: 5 },
      { isFormatRefused: true },
      'ok',
      'rxm-cor',
      'used',
      '5 of 20 corrections of the last 30 s were used',
    ],
  ] as const)('%j %j is %s by %s', (window, facts, verdict, by, answer, sentence) => {
    const w = { ...NOTHING, ...window };
    const judged = judgeCorrections(w, { ...FACTS, ...facts });
    expect(judged).toEqual({ verdict, by });
    const told = answerUse({ ...judged, window: w });
    expect(told).toMatchObject({ answer, by, sentence });
    if (told.share !== undefined) expect(told.share).toBeCloseTo(told.count / told.of);
  });

  test.each([
    ['link-corruption', 'rxm-cor', 'they arrive damaged by the line: check its speed and the cable'],
    ['key-mismatch', 'rxm-cor', 'the receiver cannot decrypt them'],
    [
      'not-configured',
      'nav-pvt',
      '8 corrections written, slowly; perhaps the line loses bytes: check its speed and the cable',
    ],
    ['unsupported-format', 'nav-pvt', 'this receiver does not understand SPARTN and needs RTCM'],
  ] as const)('written slowly and still %s by %s: what is left to look at', (verdict, by, why) => {
    const window = { ...NOTHING, written: 8, reported: by === 'rxm-cor' ? 8 : 0, positions: 30 };
    const { answer, sentence } = answerUse({ verdict, by, window }, true);
    expect(answer).toBe('not-used');
    expect(sentence.endsWith(`: ${why}`)).toBe(true);
  });
});

describe('fed in vain', () => {
  async function feeding(seconds: number, report?: Parameters<typeof rxmCor>[0]) {
    const clock = createFakeClock();
    const health = createCorrectionHealth({ clock });
    for (let s = 0; s < seconds; s++) {
      health.written(2);
      if (report) for (let i = 0; i < 2; i++) health.report(parseRxmCor(rxmCor(report))!);
      await clock.advance(1000);
    }
    return { clock, health };
  }

  test('is known after 20 s without a sign of use', async () => {
    expect((await feeding(19)).health.isInVain()).toBe(false);
    expect((await feeding(21)).health.isInVain()).toBe(true);
  });

  test('is not said where every correction is reported whole: the line is good then', async () => {
    expect((await feeding(25, { decrypted: false })).health.isInVain()).toBe(false);
  });

  test('is not said once a position had corrections in it, nor when feeding has stopped', async () => {
    const { clock, health } = await feeding(25);
    health.position(true, 'nav-pvt');
    expect(health.isInVain()).toBe(false);
    const later = await feeding(25);
    await later.clock.advance(12_000);
    expect(later.health.isInVain()).toBe(false);
    expect(clock.mono()).toBe(25_000);
  });

  test('reports that stop while corrections go on are missed', async () => {
    const { clock, health } = await feeding(5, { used: true, decrypted: true });
    expect(health.isMute()).toBe(false);
    for (let s = 0; s < 12; s++) {
      health.written(2);
      await clock.advance(1000);
    }
    expect(health.isMute()).toBe(true);
  });
});
