// What the location services and the receiver do, in words: corrections and whether they are used, position, assistance.
import { oneLine } from '../core/index.js';
import { duration } from './durations.js';
import { evidenceWords } from './evidence.js';
import { cureLines } from './lines.js';
import type { StatusSnapshot } from './snapshot.js';
import type { CorrectionUseView, PositionView } from './views.js';

/** A position older than this is told with its age. */
const OLD_FIX_MS = 5000;

const ORIGIN_WORDS: Readonly<Record<string, string>> = {
  held: 'the receiver’s last one',
  configured: 'the configuration',
  cell: 'the cells around',
};

const WITNESS_WORDS: Readonly<Record<string, string>> = {
  'rxm-cor': ' (it says so itself)',
  'nav-pvt': ' (told by its positions)',
  gga: ' (told by its positions)',
};

/** Whether the corrections are used, and who it is known from. */
export const useWords = ({ sentence, by, of }: CorrectionUseView): string =>
  // Where nothing was counted nobody is a witness.
  `${sentence}${of > 0 ? (WITNESS_WORDS[by] ?? '') : ''}`;

/** Roughly where the gateway is, and who says so. */
export function placeWords({ from, latitudeDeg, longitudeDeg, accuracyM }: PositionView): string {
  const accuracy = accuracyM === undefined ? '' : ` ± ${Math.round(accuracyM)} m`;
  return `about ${latitudeDeg}, ${longitudeDeg}${accuracy}, from ${ORIGIN_WORDS[from] ?? from}`;
}

const line = (label: string, text: string): string => `  ${label.padEnd(12)}${oneLine(text)}`;

function correctionLines({ corrections: c, receiver }: StatusSnapshot): string[] {
  if (c.source === 'none') return [];
  const last = c.ageMs === undefined ? '' : `, last ${duration(c.ageMs)} ago`;
  // Only a receiver that reports on corrections has a count of those it used.
  const used = c.use.by === 'rxm-cor' ? `, ${c.usedByReceiver} used` : '';
  const lines = [
    line('corrections', `${c.framesToReceiver} frames to the receiver${used}, ${c.dropped} dropped${last}`),
    line('', useWords(c.use)),
  ];
  if (c.detail !== undefined) lines.push(line('', c.detail));
  if (receiver?.delivery === 'paced')
    lines.push(line('receiver', 'loses bytes that come fast, so it is written to slowly'));
  return lines;
}

function positionLine({ fix, position }: StatusSnapshot): string[] {
  if (fix.latitudeDeg !== undefined && fix.longitudeDeg !== undefined) {
    const accuracy = fix.horizontalAccuracyM === undefined ? '' : ` ± ${fix.horizontalAccuracyM.toFixed(3)} m`;
    const age = fix.ageMs === undefined || fix.ageMs < OLD_FIX_MS ? '' : `, ${duration(fix.ageMs)} ago`;
    return [line('position', `${fix.latitudeDeg.toFixed(7)}, ${fix.longitudeDeg.toFixed(7)}${accuracy}${age}`)];
  }
  return position ? [line('position', placeWords(position))] : [];
}

/** With why it cannot be had and what to do, as a lamp has it. */
function assistanceLines(assistance: StatusSnapshot['assistance']): string[] {
  if (!assistance) return [];
  const lines = [line('assistance', assistance.sentence)];
  if (assistance.hint !== undefined) lines.push(...cureLines(line('', ''), assistance.hint, assistance.reason));
  const said = evidenceWords(assistance.evidence);
  if (said !== '') lines.push(line('', `evidence: ${said}`));
  if (assistance.reason !== undefined && assistance.next !== undefined && assistance.nextInMs !== undefined)
    lines.push(line('', `next: ${assistance.next} in ${duration(assistance.nextInMs)}`));
  return lines;
}

/** Lines for people, without the lamps. */
export function locationLines(status: StatusSnapshot): string[] {
  const { assistance, cellLocate } = status;
  return [
    ...correctionLines(status),
    ...positionLine(status),
    ...assistanceLines(assistance),
    ...(cellLocate ? [line('cell', cellLocate.sentence)] : []),
  ];
}
