// What the lamp says once corrections are on their way into the receiver: whether they are used, and if not, the cure.
import { WaymarkError } from '../../core/index.js';
import type { CorrectionVerdict, ReceiverSnapshot, UseAnswer } from '../../gnss/index.js';

const USE_WORDS: Readonly<Record<UseAnswer['answer'], string>> = {
  used: ', used',
  'not-used': ', not used',
  unknown: '',
};

/** Only what a person has to mend: without a fix, or for a while after a start, none is used and all is well. */
const CURES: Readonly<Partial<Record<CorrectionVerdict, string>>> = {
  'link-corruption':
    'Bytes get lost on the way into the receiver: check the line speed (gnss.baudRate, and what the receiver is set to) and the cable.',
  'key-mismatch':
    'The receiver cannot decrypt the corrections: its keys belong to another plan. They are renewed by themselves; if this stays, check in the Thingstream portal that the Thing has one plan only.',
  'unsupported-format':
    'This receiver needs RTCM corrections: choose a mountpoint that sends them (corrections.ntrip.mountPoint), or a receiver that takes SPARTN.',
  'not-configured':
    'Corrections are written and the receiver neither uses nor reports any: check line speed and cable, that this port of the receiver takes corrections, and that its model can use them.',
};

/** What of the last half minute is so, not of ever. */
export const flowWords = ({ use, window }: ReceiverSnapshot): string =>
  window.written === 0
    ? `nothing for the receiver in the last ${window.seconds} s`
    : `flowing into the receiver${USE_WORDS[use.answer]}`;

/** Pure: `corrections.not-used` with the cure for the receiver's verdict, or nothing that a person has to mend. */
export function whyNotUsed(receiver: ReceiverSnapshot): WaymarkError | undefined {
  const { use, corrections, window, fix, delivery } = receiver;
  const hint = CURES[corrections];
  if (use.answer !== 'not-used' || window.written === 0 || hint === undefined) return undefined;
  // Without reports only positions can tell, and those take their time after a start; slower writing was tried first.
  if (corrections === 'not-configured' && (fix.quality === 'none' || delivery !== 'paced')) return undefined;
  return new WaymarkError('corrections.not-used', use.sentence, { hint });
}
