// The sky as the receiver sees it: north up, the horizon outside, a shape for each constellation, filled when used.
// The same stands below in a table, for who hears the page and for who wants the numbers.
import type { StatusSnapshot } from '../../snapshot.js';
import type { SatelliteView } from '../../views.js';
import { type Element, h } from '../tree.js';
import { counted } from '../words.js';
import { empty } from './text.js';

const NAMES: Readonly<Record<string, string>> = {
  gps: 'GPS',
  galileo: 'Galileo',
  beidou: 'BeiDou',
  glonass: 'GLONASS',
  qzss: 'QZSS',
  sbas: 'SBAS',
  navic: 'NavIC',
};

const nameOf = (gnss: string): string => NAMES[gnss] ?? gnss;

const RADIUS = 100;

/** A mark of the constellation around a point; `size` is about its radius. */
function mark(gnss: string, x: number, y: number, size: number, isUsed: boolean): Element {
  const classes = `sat ${gnss in NAMES ? gnss : 'other'}${isUsed ? ' used' : ''}`;
  const at = (dx: number, dy: number): string => `${(x + dx * size).toFixed(1)} ${(y + dy * size).toFixed(1)}`;
  switch (gnss) {
    case 'galileo':
      return h('path', { class: classes, d: `M${at(0, -1.2)}L${at(1.1, 0.8)}L${at(-1.1, 0.8)}z` });
    case 'beidou':
      return h('path', { class: classes, d: `M${at(0, -1.25)}L${at(1.25, 0)}L${at(0, 1.25)}L${at(-1.25, 0)}z` });
    case 'glonass':
      return h('path', { class: classes, d: `M${at(-0.9, -0.9)}L${at(0.9, -0.9)}L${at(0.9, 0.9)}L${at(-0.9, 0.9)}z` });
    default:
      return h('circle', { class: classes, cx: x.toFixed(1), cy: y.toFixed(1), r: size.toFixed(1) });
  }
}

/** 25 dB-Hz is faint, 50 is as good as it gets. */
const sizeOf = (cn0DbHz: number): number => 3.5 + 4.5 * Math.min(1, Math.max(0, (cn0DbHz - 25) / 25));

function placed({ gnss, sv, elevationDeg, azimuthDeg, cn0DbHz, isUsed }: SatelliteView): Element | undefined {
  if (elevationDeg === undefined || azimuthDeg === undefined || elevationDeg < 0) return undefined;
  const r = RADIUS * (1 - elevationDeg / 90);
  const angle = (azimuthDeg * Math.PI) / 180;
  const [x, y] = [r * Math.sin(angle), -r * Math.cos(angle)];
  return h(
    'g',
    {},
    h('title', {}, `${nameOf(gnss)} ${sv}, ${cn0DbHz} dB-Hz${isUsed ? ', used' : ''}`),
    mark(gnss, x, y, sizeOf(cn0DbHz), isUsed),
    h('text', { class: 'sv', x: (x + sizeOf(cn0DbHz) + 3).toFixed(1), y: (y + 3).toFixed(1) }, sv),
  );
}

function frame(): Element[] {
  const label = (text: string, x: number, y: number): Element =>
    h('text', { class: 'axis', x, y, 'text-anchor': 'middle' }, text);
  return [
    ...[1, 2 / 3, 1 / 3].map((part) => h('circle', { class: 'grid', cx: 0, cy: 0, r: (RADIUS * part).toFixed(1) })),
    h('path', { class: 'grid', d: `M0 ${-RADIUS}V${RADIUS}M${-RADIUS} 0H${RADIUS}` }),
    label('N', 0, -RADIUS - 5),
    label('E', RADIUS + 9, 4),
    label('S', 0, RADIUS + 13),
    label('W', -RADIUS - 9, 4),
  ];
}

/** `12 of 14 satellites are used: GPS 3 of 4, …` */
export function skyWords(satellites: readonly SatelliteView[]): string {
  const used = satellites.filter(({ isUsed }) => isUsed).length;
  const each = [...new Set(satellites.map(({ gnss }) => gnss))].map((gnss) => {
    const those = satellites.filter((satellite) => satellite.gnss === gnss);
    return `${nameOf(gnss)} ${those.filter(({ isUsed }) => isUsed).length} of ${those.length}`;
  });
  return `${used} of ${counted(satellites.length, 'satellite')} used: ${each.join(', ')}.`;
}

function legend(satellites: readonly SatelliteView[]): Element {
  return h(
    'ul',
    { class: 'legend', 'aria-hidden': 'true' },
    [...new Set(satellites.map(({ gnss }) => gnss))].map((gnss) =>
      h('li', {}, h('svg', { viewBox: '-8 -8 16 16' }, mark(gnss, 0, 0, 5.5, true)), nameOf(gnss)),
    ),
    h('li', {}, h('svg', { viewBox: '-8 -8 16 16' }, mark('gps', 0, 0, 5, false)), 'hollow: not used'),
  );
}

function table(satellites: readonly SatelliteView[]): Element {
  const head = ['Satellite', 'Strength', 'Elevation', 'Azimuth', 'Used'];
  const degrees = (value: number | undefined): string => (value === undefined ? 'unknown' : `${Math.round(value)}°`);
  return h(
    'details',
    {},
    h('summary', {}, 'Satellites as a table'),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            head.map((text) => h('th', { scope: 'col' }, text)),
          ),
        ),
        h(
          'tbody',
          {},
          satellites.map((s) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, `${nameOf(s.gnss)} ${s.sv}`),
              [`${s.cn0DbHz} dB-Hz`, degrees(s.elevationDeg), degrees(s.azimuthDeg), s.isUsed ? 'yes' : 'no'].map(
                (text) => h('td', {}, text),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

export function skyView({ receiver }: StatusSnapshot): Element {
  if (!receiver) return empty('No receiver is configured.');
  const satellites = (receiver.satellites ?? []).slice(0, 128);
  if (satellites.length === 0) return empty('The receiver has named no satellites yet.');
  const words = skyWords(satellites);
  return h(
    'div',
    {},
    h(
      'svg',
      { class: 'plot round', viewBox: '-118 -118 236 236', role: 'img', 'aria-label': `Sky plot. ${words}` },
      frame(),
      satellites.map(placed),
    ),
    h('p', { class: 'caption' }, words),
    legend(satellites),
    table(satellites),
  );
}
