// The four numbers above the plots, each with its unit and with plain words where there is none.
import { duration } from '../../durations.js';
import type { StatusSnapshot } from '../../snapshot.js';
import { type Element, h } from '../tree.js';
import { binaryBytes, bytes, serviceName, signed } from '../words.js';

interface Figure {
  /** Absent when there is nothing to show a number of. */
  value?: string;
  /** Of a budget. */
  percent?: number;
  unit?: string;
  words: string;
}

function signal({ modem, lamps }: StatusSnapshot): Figure {
  if (!modem) return { words: 'No modem is configured.' };
  // What a module said before it went is not so now.
  if (lamps.some(({ name, state }) => name === 'modem' && state !== 'lit'))
    return { words: 'The module does not answer.' };
  const { rsrpDbm, rssiDbm, quality } = modem.signal ?? {};
  const dbm = rsrpDbm ?? rssiDbm;
  if (dbm === undefined) return { words: 'The module has not told it yet.' };
  return {
    value: signed(dbm),
    unit: 'dBm',
    words: `${rsrpDbm === undefined ? 'RSSI' : 'RSRP'}, ${quality ?? 'unknown'}`,
  };
}

function correctionAge({ corrections, receiver, lamps }: StatusSnapshot): Figure {
  // Which source it is, is known only with the identity: until then they are awaited, not missing.
  if (lamps.some(({ name, state }) => name === 'corrections' && state === 'absent'))
    return { words: 'No corrections are configured.' };
  if (!receiver) return { words: 'No receiver is configured.' };
  if (corrections.ageMs === undefined) return { words: 'None has come yet.' };
  return { ...ageOf(corrections.ageMs), words: corrections.use.sentence };
}

function ageOf(ms: number): { value: string; unit: string } {
  if (ms < 60_000) return { value: (ms / 1000).toFixed(1), unit: 's' };
  const [value = '', unit = ''] = duration(ms).split(' ');
  return { value, unit };
}

const LATENCY_WORDS = {
  confirmation: (service: string) => `until ${service} had taken a record`,
  connection: (service: string) => `until the connection to ${service} stood`,
} as const;

function latency({ latency: last }: StatusSnapshot): Figure {
  if (!last) return { words: 'Nothing has been measured yet.' };
  return {
    value: String(Math.round(last.ms)),
    unit: 'ms',
    words: `${LATENCY_WORDS[last.of](serviceName(last.service))}, ${duration(last.ageMs)} ago`,
  };
}

function dataUse({ bytes: roads, data }: StatusSnapshot): Figure {
  let [bytesIn, bytesOut] = [0, 0];
  for (const road of Object.values(roads)) {
    bytesIn += road.in;
    bytesOut += road.out;
  }
  const sinceStart = `${bytes(bytesIn)} in, ${bytes(bytesOut)} out since the start`;
  if (!data) {
    const [value = '', unit = ''] = bytes(bytesIn + bytesOut).split(' ');
    return { value, unit, words: sinceStart };
  }
  const [value = '', unit = ''] = binaryBytes(data.monthBytes).split(' ');
  const { budgetBytes, percent, resetsAt, profile } = data;
  const until = resetsAt === undefined ? '' : ` until ${resetsAt.slice(0, 10)}`;
  const month =
    budgetBytes === undefined || percent === undefined
      ? `this month${until}, no budget is set`
      : `this month, ${Math.floor(percent)} % of ${binaryBytes(budgetBytes)}${until}`;
  const saving = profile === 'metered' ? 'metered: data is saved where that harms nobody' : '';
  const words = [month, saving, sinceStart].filter(Boolean).join('; ');
  return { value, unit, words, ...(budgetBytes === undefined || percent === undefined ? {} : { percent }) };
}

/** The words beside it say the same. */
function bar(percent: number): Element {
  const tone = percent >= 100 ? 'dark' : percent >= 80 ? 'waiting' : 'lit';
  const full = { y: 0, height: 6, rx: 1 };
  return h(
    'svg',
    { class: `bar ${tone}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('rect', { class: 'grid', x: 0, width: 100, ...full }),
    h('rect', { class: 'part', x: 0, width: Math.min(100, Math.max(percent, 0.5)), ...full }),
  );
}

const OF = { signal, age: correctionAge, latency, data: dataUse } as const;

export type FigureName = keyof typeof OF;

export function figureView(status: StatusSnapshot, name: FigureName): Element {
  const { value, unit, words, percent }: Figure = OF[name](status);
  return h(
    'div',
    { class: 'figure' },
    value !== undefined && h('p', { class: 'value' }, value, h('span', { class: 'unit' }, ` ${unit ?? ''}`)),
    h('p', { class: 'words' }, words),
    percent !== undefined && bar(percent),
  );
}
