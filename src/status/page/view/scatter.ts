// The picture of the positions: metres around their median, the ring of what the receiver itself claims.
import type { History, HistoryPosition } from '../../history-shape.js';
import type { StatusSnapshot } from '../../snapshot.js';
import { scatterOf } from '../scatter.js';
import { type Element, h } from '../tree.js';
import { counted, metres, qualityWords } from '../words.js';
import { empty, facts } from './text.js';

const HALF = 100;
const MOST_POINTS = 400;

const clamp = (value: number): number => Math.max(-HALF, Math.min(HALF, value));

/** Evenly thinned, the newest kept: a phone draws some hundred marks at ease. */
function thinned(positions: readonly HistoryPosition[]): readonly HistoryPosition[] {
  const step = Math.ceil(positions.length / MOST_POINTS);
  return positions.filter((_, i) => (positions.length - 1 - i) % step === 0);
}

const isFixed = (quality: string): boolean => quality === 'rtk_fixed' || quality === 'rtk-fixed';

function picture(positions: readonly HistoryPosition[]): Element | undefined {
  const scatter = scatterOf(thinned(positions));
  if (!scatter) return undefined;
  const { points, halfM, cep50M, cep95M } = scatter;
  const scale = HALF / halfM;
  const last = points.at(-1);
  const accuracyM = last?.accuracyM;
  const words = [
    `${counted(positions.length, 'position')} around their median`,
    `half within ${metres(cep50M)}, 95 of 100 within ${metres(cep95M)}`,
    accuracyM === undefined ? '' : `the receiver says ±\u00a0${metres(accuracyM)}`,
  ]
    .filter(Boolean)
    .join('; ');
  const tick = (value: number): string => metres(value);
  const text = (label: string, x: number, y: number, anchor: string): Element =>
    h('text', { class: 'axis', x, y, 'text-anchor': anchor }, label);
  const xy = (point: { eastM: number; northM: number }): [string, string] => [
    clamp(point.eastM * scale).toFixed(1),
    clamp(-point.northM * scale).toFixed(1),
  ];
  const dot = (point: (typeof points)[number], classes: string, r: number): Element => {
    const [cx, cy] = xy(point);
    return h('circle', { class: classes, cx, cy, r });
  };
  return h(
    'div',
    {},
    h(
      'svg',
      { class: 'plot round', viewBox: '-118 -118 236 236', role: 'img', 'aria-label': `Positions. ${words}.` },
      h('rect', { class: 'grid', x: -HALF, y: -HALF, width: 2 * HALF, height: 2 * HALF, rx: 6 }),
      h('path', {
        class: 'grid',
        d: `M0 ${-HALF}V${HALF}M${-HALF} 0H${HALF}M${-HALF / 2} ${-HALF}V${HALF}M${HALF / 2} ${-HALF}V${HALF}M${-HALF} ${-HALF / 2}H${HALF}M${-HALF} ${HALF / 2}H${HALF}`,
      }),
      text('N', 0, -HALF - 5, 'middle'),
      text(`−${tick(halfM)}`, -HALF, HALF + 13, 'start'),
      text('0', 0, HALF + 13, 'middle'),
      text(`+${tick(halfM)}`, HALF, HALF + 13, 'end'),
      points.slice(0, -1).map((point) => dot(point, `point${isFixed(point.quality) ? ' fixed' : ''}`, 2)),
      last &&
        accuracyM !== undefined &&
        h('circle', {
          class: 'accuracy',
          cx: xy(last)[0],
          cy: xy(last)[1],
          r: Math.min(accuracyM * scale, HALF).toFixed(1),
        }),
      last && dot(last, 'newest', 4),
    ),
    h('p', { class: 'caption' }, `${words}.`),
  );
}

/** Where it is, how good that is, how old. */
function placeFacts({ fix, located }: StatusSnapshot): Element | undefined {
  const { latitudeDeg, longitudeDeg } = fix;
  if (latitudeDeg === undefined || longitudeDeg === undefined) {
    if (!located) return undefined;
    const accuracy = located.accuracyM === undefined ? '' : ` ±\u00a0${metres(located.accuracyM)}`;
    return facts([['Best known', `${located.latitudeDeg}, ${located.longitudeDeg}${accuracy} (${located.source})`]]);
  }
  return facts([
    ['Position', `${latitudeDeg.toFixed(7)}, ${longitudeDeg.toFixed(7)}`],
    ['Height', fix.altitudeMslM === undefined ? '' : `${fix.altitudeMslM.toFixed(2)} m above the sea`],
    ['Accuracy', fix.horizontalAccuracyM === undefined ? '' : `±\u00a0${metres(fix.horizontalAccuracyM)}`],
    ['Kind', qualityWords(fix.quality)],
  ]);
}

export function positionView(status: StatusSnapshot, history?: Pick<History, 'positions'>): Element {
  if (!status.receiver && !status.located) return empty('No receiver is configured.');
  return h(
    'div',
    {},
    (history && picture(history.positions)) ?? empty('Positions appear here as the receiver finds them.'),
    placeFacts(status),
  );
}
