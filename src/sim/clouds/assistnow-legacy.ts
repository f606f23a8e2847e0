// The old AssistNow services (token): what they make of a request, without any I/O (specs/ublox.md 4.2, 4.3 and simulator
// rows 35, 36).
import type { MgaGenerator } from '../mga.js';
import { ubxFrame } from '../receiver/index.js';
import type { AssistAccount } from './assistnow-account.js';
import { type AssistAnswer, textAnswer, visible } from './assistnow-current.js';
import {
  listOf,
  numberOf,
  type Parameters,
  type QueryPosition,
  type Surroundings,
  surroundingsOf,
  systemsOf,
} from './assistnow-query.js';
import type { LegacyTokenState } from './assistnow-settings.js';
import { isUuid } from './registry.js';

export const LEGACY_PATHS = { online: '/GetOnlineData.ashx', offline: '/GetOfflineData.ashx' } as const;
export type LegacyService = keyof typeof LEGACY_PATHS;

const NAMES: Readonly<Record<LegacyService, readonly string[]>> = {
  online: ['token', 'gnss', 'datatype', 'lat', 'lon', 'alt', 'pacc', 'filteronpos', 'latency', 'tacc', 'format'],
  offline: ['token', 'gnss', 'alm', 'days', 'period', 'resolution', 'format'],
};
const DATA_TYPES = ['eph', 'alm', 'aux', 'pos'] as const;
const DEFAULT_DAYS = 14;
const DAYS_PER_WEEK = 7;
const DAY_MS = 86_400_000;
const CONTENT_TYPE = 'application/ubx';

/** All refusals of a token look the same from outside; the reason is for statistics. */
const TOKEN_REASONS: Readonly<Record<Exclude<LegacyTokenState, 'permanent' | 'temporary'>, string>> = {
  expired: 'token expired',
  deactivated: 'token deactivated',
  'other-service': 'token of another service',
};

export interface LegacyDeps {
  account: AssistAccount;
  mga: MgaGenerator;
  utcMs: number;
  /** Of the account's first token now; a temporary one past its end is `expired`. */
  tokenState: LegacyTokenState;
}

/** Why a token is refused; undefined = it is good. */
function refusalOf(token: string | undefined, { account, tokenState }: LegacyDeps): string | undefined {
  const { legacy } = account;
  if (token === undefined || token === '') return 'no token';
  if (token === legacy.token)
    return tokenState === 'permanent' || tokenState === 'temporary' ? undefined : TOKEN_REASONS[tokenState];
  if (token === legacy.expiredToken) return TOKEN_REASONS.expired;
  if (token === legacy.deactivatedToken) return TOKEN_REASONS.deactivated;
  if (token === legacy.otherServiceToken) return TOKEN_REASONS['other-service'];
  return isUuid(token) ? 'a provisioning token' : 'unknown token';
}

/** UBX-MGA-INI-POS_LLH. */
function positionFrame({ latitudeDeg, longitudeDeg, altitudeM, accuracyM }: QueryPosition): Uint8Array {
  const payload = Buffer.alloc(20);
  payload.writeUInt8(1, 0);
  payload.writeInt32LE(Math.round(latitudeDeg * 1e7), 4);
  payload.writeInt32LE(Math.round(longitudeDeg * 1e7), 8);
  payload.writeInt32LE(Math.round(altitudeM * 100), 12);
  payload.writeUInt32LE(Math.round(accuracyM * 100), 16);
  return ubxFrame(0x13, 0x40, payload);
}

type Frames = Uint8Array[] | string;

function onlineFrames(parameters: Parameters, around: Surroundings, { mga, utcMs }: LegacyDeps): Frames {
  const time = mga.iniTimeUtc(utcMs + around.latencyMs);
  const types = parameters.get('datatype');
  const wanted = types === undefined ? [] : listOf(types, DATA_TYPES);
  if (!wanted) return 'Unknown datatype';
  if (wanted.includes('pos') && !around.position) return 'datatype pos needs lat and lon';
  const gnss = parameters.get('gnss');
  if (gnss === undefined) return [time];
  const systems = systemsOf(gnss);
  if (!systems) return 'Unknown gnss';
  const eph = wanted.includes('eph') ? mga.live(utcMs, systems) : [];
  return [
    time,
    ...(wanted.includes('pos') && around.position ? [positionFrame(around.position)] : []),
    ...(around.isFiltered ? visible(eph) : eph),
    ...(wanted.includes('alm') ? mga.almanac(systems) : []),
    ...(wanted.includes('aux') ? mga.aux() : []),
  ];
}

/** A whole number in the limits, or `otherwise` when there is none; undefined when it is something else. */
function wholeOf(parameters: Parameters, name: string, highest: number, otherwise: number): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return otherwise;
  const value = numberOf(text, 1, highest);
  return Number.isInteger(value) ? value : undefined;
}

function offlineFrames(parameters: Parameters, { mga, utcMs }: LegacyDeps): Frames {
  const weeks = wholeOf(parameters, 'period', 5, DEFAULT_DAYS / DAYS_PER_WEEK);
  if (weeks === undefined) return 'period must be 1 to 5 weeks';
  const days = wholeOf(parameters, 'days', 35, weeks * DAYS_PER_WEEK);
  if (days === undefined) return 'days must be 1 to 35';
  const step = wholeOf(parameters, 'resolution', 3, 1);
  if (step === undefined) return 'resolution must be 1 to 3';
  const gnss = parameters.get('gnss');
  const systems = gnss === undefined ? [] : systemsOf(gnss);
  const alm = parameters.get('alm');
  const almanacs = alm === undefined ? [] : systemsOf(alm);
  if (!systems || !almanacs) return 'Unknown gnss';
  const dates = Array.from({ length: Math.ceil(days / step) }, (_, i) => utcMs + i * step * DAY_MS);
  return [mga.iniTimeUtc(utcMs), ...mga.almanac(almanacs), ...dates.flatMap((date) => mga.predicted(date, 1, systems))];
}

export function answerLegacy(
  service: LegacyService,
  parameters: Parameters | undefined,
  deps: LegacyDeps,
): AssistAnswer {
  if (!parameters) return textAnswer(400, 'Bad request');
  const refusal = refusalOf(parameters.get('token'), deps);
  if (refusal !== undefined) return textAnswer(400, 'Invalid token', refusal);
  for (const name of parameters.keys())
    if (!NAMES[service].includes(name)) return textAnswer(400, `Unknown parameter ${name}`);
  // The format for receivers of the sixth generation and older is not simulated.
  if ((parameters.get('format') ?? 'mga') !== 'mga') return textAnswer(400, 'Unknown format');
  const around = surroundingsOf(parameters, '');
  if (around.is === 'bad') return textAnswer(400, around.why);
  const frames = service === 'online' ? onlineFrames(parameters, around.ask, deps) : offlineFrames(parameters, deps);
  if (typeof frames === 'string') return textAnswer(400, frames);
  return { status: 200, contentType: CONTENT_TYPE, body: Buffer.concat(frames) };
}
