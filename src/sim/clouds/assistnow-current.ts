// The current AssistNow service (chipcode): what it makes of a request, without any I/O (specs/ublox.md 4.1 and simulator
// rows 37, 38).
import type { MgaGenerator, MgaSystem } from '../mga.js';
import type { AssistAccount } from './assistnow-account.js';
import { bad, type Judged, listOf, type Parameters, surroundingsOf, systemsOf } from './assistnow-query.js';
import {
  ASSIST_DATA_TYPES,
  type AssistDataType,
  type AssistNowSettings,
  LIVE_DATA_TYPES,
} from './assistnow-settings.js';

export const CURRENT_PATH = '/GetAssistNowData.ashx';

export interface AssistAnswer {
  status: number;
  contentType: string;
  body: Uint8Array;
  /** Why not, for statistics; the client may be told less. */
  reason?: string;
}

export const textAnswer = (status: number, text: string, reason = text): AssistAnswer => ({
  status,
  contentType: 'text/plain',
  body: Buffer.from(text),
  reason,
});

interface CurrentAsk {
  chipcode: string;
  gnss: readonly MgaSystem[];
  data: readonly AssistDataType[];
  isFiltered: boolean;
  latencyMs: number;
}

const NAMES = ['chipcode', 'gnss', 'data', 'lat', 'lon', 'alt', 'pacc', 'filteronpos', 'tacc', 'latency'];

function judge(parameters: Parameters | undefined): Judged<CurrentAsk> {
  if (!parameters) return bad('parameters must be key=value joined by &');
  for (const name of parameters.keys()) if (!NAMES.includes(name)) return bad(`unknown parameter ${name}`);
  const chipcode = parameters.get('chipcode');
  if (chipcode === undefined || chipcode === '') return bad('chipcode is missing');
  const gnss = systemsOf(parameters.get('gnss') ?? '');
  if (!gnss) return bad('gnss is missing or not understood');
  const data = listOf(parameters.get('data') ?? '', ASSIST_DATA_TYPES);
  if (!data) return bad('data is missing or not understood');
  const around = surroundingsOf(parameters, '1');
  if (around.is === 'bad') return around;
  const { isFiltered, latencyMs } = around.ask;
  return { is: 'asked', ask: { chipcode, gnss, data, isFiltered, latencyMs } };
}

/** Message ids of the systems: byte 3 of a frame; byte 6 is what of the system it carries. */
const SYSTEM_ID: Readonly<Record<MgaSystem, number>> = { gps: 0, gal: 2, bds: 3, qzss: 5, glo: 6 };
const AUX_KINDS: Readonly<Partial<Record<AssistDataType, readonly number[]>>> = {
  ulorb_l1: [3, 5],
  usvht: [4],
  ukion: [6],
};

/** Half of them stand for what is above the horizon. */
export const visible = (frames: readonly Uint8Array[]): Uint8Array[] => frames.filter((_, i) => i % 2 === 0);

function framesFor(ask: CurrentAsk, utcMs: number, mga: MgaGenerator): Uint8Array[] {
  const { data, gnss } = ask;
  const ids = gnss.map((name) => SYSTEM_ID[name]);
  const kinds = data.flatMap((type) => AUX_KINDS[type] ?? []);
  const aux = mga.aux().filter((frame) => ids.includes(frame[3] ?? -1) && kinds.includes(frame[6] ?? -1));
  const live = data.includes('ulorb_l1') ? mga.live(utcMs, gnss) : [];
  const days = Math.max(0, ...data.map((type) => Number(/^uporb_(\d+)$/.exec(type)?.[1] ?? 0)));
  return [
    ...(data.some((type) => LIVE_DATA_TYPES.includes(type)) ? [mga.iniTimeUtc(utcMs + ask.latencyMs)] : []),
    ...(ask.isFiltered ? visible(live) : live),
    ...aux,
    ...(data.includes('ualm') ? mga.almanac(gnss) : []),
    ...mga.predicted(utcMs, days, gnss),
  ];
}

export interface CurrentDeps {
  account: AssistAccount;
  mga: MgaGenerator;
  settings: AssistNowSettings;
  utcMs: number;
}

export function answerCurrent(parameters: Parameters | undefined, deps: CurrentDeps): AssistAnswer {
  const { account, settings } = deps;
  const judged = judge(parameters);
  if (judged.is === 'bad') return textAnswer(400, judged.why);
  const { ask } = judged;
  if (!account.byChipcode(ask.chipcode)) return textAnswer(settings.unknownChipcodeStatus, 'Invalid chipcode');
  // Nothing at all is sent, not even the allowed part.
  if (!settings.isPlanActive) return textAnswer(403, '', 'plan is not active');
  const foreign = ask.data.filter((type) => !settings.allowedData.includes(type));
  if (foreign.length > 0) return textAnswer(403, '', `not allowed: ${foreign.join(',')}`);
  return {
    status: 200,
    contentType: settings.contentType,
    body: Buffer.concat(framesFor(ask, deps.utcMs, deps.mga)),
  };
}
