// The one question people ask: are the corrections used? Answered with a number and a plain sentence.
import type { CorrectionState, UseWitness } from './health.js';

export interface UseAnswer {
  answer: 'used' | 'not-used' | 'unknown';
  /** `count / of`; absent when nothing was counted. */
  share?: number;
  /** Corrections used (by rxm-cor), or positions with corrections in them (by nav-pvt, gga). */
  count: number;
  of: number;
  by: UseWitness;
  /** For people. */
  sentence: string;
}

const WHY: Readonly<Record<CorrectionState['verdict'], string>> = {
  none: 'the receiver does not need them or cannot use them yet',
  ok: '',
  'key-mismatch': 'the receiver cannot decrypt them',
  'link-corruption': 'they arrive damaged',
  'not-configured': 'the receiver does not report any of them',
  'unsupported-format': 'this receiver does not understand SPARTN and needs RTCM',
  unconfirmed: '',
};

/** Nothing else is left to try from here. */
const CHECK_LINE = 'check its speed and the cable';

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** Pure: the same window gives the same answer. `isPaced`: they are already written slowly, so that no burst is lost. */
export function answerUse({ verdict, by, window }: CorrectionState, isPaced = false): UseAnswer {
  const { seconds, written, reported, used, positions, correctedPositions } = window;
  const during = `of the last ${seconds} s`;
  if (by === 'rxm-cor') {
    const of = Math.max(reported, written);
    const counted = { share: used / of, count: used, of, by };
    if (used > 0)
      return { answer: 'used', ...counted, sentence: `${used} of ${plural(of, 'correction')} ${during} were used` };
    const why = verdict === 'link-corruption' && isPaced ? `${WHY[verdict]} by the line: ${CHECK_LINE}` : WHY[verdict];
    return {
      answer: 'not-used',
      ...counted,
      sentence: `none of ${plural(of, 'correction')} ${during} was used: ${why}`,
    };
  }
  // A fix may outlive its corrections by minutes: positions say nothing about what was not there.
  if (written === 0)
    return {
      answer: 'not-used',
      count: 0,
      of: 0,
      by,
      sentence: `no corrections were written in the last ${seconds} s${correctedPositions > 0 ? '; the fix rests on older ones, or on some from elsewhere' : ''}`,
    };
  if (by !== 'none') {
    const counted = { share: correctedPositions / positions, count: correctedPositions, of: positions, by };
    if (correctedPositions > 0)
      return {
        answer: 'used',
        ...counted,
        sentence: `${correctedPositions} of ${plural(positions, 'position')} ${during} had corrections in them`,
      };
    const line = isPaced ? `, slowly; perhaps the line loses bytes: ${CHECK_LINE}` : '';
    const why = verdict === 'unsupported-format' ? WHY[verdict] : `${plural(written, 'correction')} written${line}`;
    return {
      answer: 'not-used',
      ...counted,
      sentence: `none of ${plural(positions, 'position')} ${during} had corrections in it: ${why}`,
    };
  }
  if (verdict === 'unsupported-format')
    return { answer: 'not-used', count: 0, of: written, by, sentence: `no correction is used: ${WHY[verdict]}` };
  return {
    answer: 'unknown',
    count: 0,
    of: written,
    by,
    sentence: `${plural(written, 'correction')} ${during} written; the receiver does not say whether it uses them`,
  };
}
