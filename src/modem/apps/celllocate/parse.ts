// The lines of the module's CellLocate client (specs/ublox.md 5.1): positions in five forms, progress, servers. What is
// not of the kind is undefined; whether a position is to be believed is asked of `implausible`.
//
//   +UULOC: date,time,…                     one position, short (6 fields) or detailed (13)
//   +UULOC: sol,num,sensor,date,time,…      one of num hypotheses; sensor 2 tells ellipses, the others a radius
import type { Secret } from '../../../core/index.js';
import { bodyOf, intOf } from '../../codec/fields.js';

export type CellLocateSensor = 'last' | 'gnss' | 'cell' | 'hybrid';

/** One position as the module tells it. */
export interface UulocReport {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  /** Metres at 50 % confidence. */
  uncertaintyM: number;
  /** Absent in the short form, which does not tell. */
  sensor?: CellLocateSensor;
  /** ms since 1970 UTC; absent when the date is none. */
  utcMs?: number;
  /** In the form of several hypotheses: which of how many. */
  hypothesis?: { index: number; count: number };
}

export interface UulocProgress {
  step: number;
  result: number;
}

/** What the module has for its servers; of the token only whether it is ours. */
export interface UgsrvSettings {
  primary: string;
  secondary: string;
  hasToken: boolean;
  /** False: there is none, or the module shows something else in its place. */
  showsToken: boolean;
  /** The numbers behind the token, as they stand. */
  rest: readonly string[];
}

const MAX_LINE = 600;
const MAX_HYPOTHESES = 16;
const SENSORS: readonly CellLocateSensor[] = ['last', 'gnss', 'cell', 'hybrid'];
/** Own reader of coordinates: whole part and fraction read apart would lose the sign between -1 and 0. */
const DECIMAL = /^[+-]?(?:\d{1,8}(?:\.\d{0,16})?|\.\d{1,16})$/;
const DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?$/;
/** In whole or in part: no token has two asterisks in a row. */
const MASKED = /^[*xX#.-]*$|\*\*/;
const COUNTER = /^\d{1,2}$/;

/** No CellLocate before this day: a clock that was never set, or a text that stands for "nothing". */
const EARLIEST_UTC_MS = Date.UTC(2021, 6, 21);
/** Half the circumference of the earth: the module's way to say that it does not know. */
const UNKNOWN_M = 20_000_000;

/** Fields without quotes and blanks, wherever the quotes stand. */
function fieldsOf(line: string, prefix: string): string[] | undefined {
  if (line.length > MAX_LINE) return undefined;
  return bodyOf(line, prefix)
    ?.replaceAll('"', '')
    .split(',')
    .map((text) => text.trim());
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && DECIMAL.test(text) ? Number(text) : undefined;

function utcOf(date: string, time: string): number | undefined {
  const [, day, month, year] = DATE.exec(date) ?? [];
  const [, hours, minutes, seconds, fraction = ''] = TIME.exec(time) ?? [];
  if (day === undefined || hours === undefined) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  const utcMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  // The 31st of February would become a day of March.
  const isReal = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return isReal && Number(month) >= 1 && Number(month) <= 12 ? utcMs : undefined;
}

type Common = Omit<UulocReport, 'uncertaintyM' | 'sensor' | 'hypothesis'>;

/** Date, time, latitude, longitude, altitude: the same five in every form. */
function commonOf(fields: readonly string[], from: number): Common | undefined {
  const [date = '', time = '', latitude, longitude, altitude] = fields.slice(from, from + 5);
  if (!date.includes('/') || !time.includes(':')) return undefined;
  const latitudeDeg = numberOf(latitude);
  const longitudeDeg = numberOf(longitude);
  if (latitudeDeg === undefined || longitudeDeg === undefined) return undefined;
  if (Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return undefined;
  const utcMs = utcOf(date, time);
  // Of a position by cells the height is no more than a guess: a missing one is no reason to refuse it.
  const altitudeM = altitude === '' ? 0 : numberOf(altitude);
  if (altitudeM === undefined) return undefined;
  return { latitudeDeg, longitudeDeg, altitudeM, ...(utcMs === undefined ? {} : { utcMs }) };
}

const radiusOf = (text: string | undefined): number | undefined => {
  const metres = numberOf(text);
  return metres !== undefined && metres >= 0 ? metres : undefined;
};

const sensorOf = (text: string | undefined): CellLocateSensor | undefined => {
  const number = intOf(text);
  return number === undefined ? undefined : SENSORS[number];
};

const SHORT = 6;
const SENSOR_AT = 9;
const ELLIPSE_FORM = 14;
const MAJOR_50_AT = 10;
const RADIUS_AT = 8;

/** A line of one of the five forms. Never throws. */
export function parseUuloc(line: string): UulocReport | undefined {
  const fields = fieldsOf(line, '+UULOC');
  if (fields === undefined) return undefined;
  return fields[0]?.includes('/') === true ? onePosition(fields) : oneHypothesis(fields);
}

function onePosition(fields: readonly string[]): UulocReport | undefined {
  const common = commonOf(fields, 0);
  const uncertaintyM = radiusOf(fields[SHORT - 1]);
  if (!common || uncertaintyM === undefined) return undefined;
  const sensor = sensorOf(fields[SENSOR_AT]);
  return { ...common, uncertaintyM, ...(sensor === undefined ? {} : { sensor }) };
}

function oneHypothesis(fields: readonly string[]): UulocReport | undefined {
  const [sol = '', num = '', sensorText = ''] = fields;
  if (!COUNTER.test(sol) || !COUNTER.test(num)) return undefined;
  const [index, count] = [Number(sol), Number(num)];
  if (index < 1 || count < 1 || count > MAX_HYPOTHESES || index > count) return undefined;
  const sensor = sensorOf(sensorText);
  const common = commonOf(fields, 3);
  if (!common || sensor === undefined) return undefined;
  // The ellipses stand where the others have their radius; a short line of this sensor tells a radius after all.
  const isEllipse = sensor === 'cell' && fields.length >= ELLIPSE_FORM;
  const uncertaintyM = radiusOf(fields[isEllipse ? MAJOR_50_AT : RADIUS_AT]);
  if (uncertaintyM === undefined) return undefined;
  return { ...common, uncertaintyM, sensor, hypothesis: { index, count } };
}

/** Why a position is none, in words; undefined when it is one. */
export function implausible(report: UulocReport): string | undefined {
  if (report.latitudeDeg === 0 && report.longitudeDeg === 0) return 'latitude and longitude are 0';
  if (report.utcMs === undefined) return 'it has no date';
  if (report.utcMs < EARLIEST_UTC_MS) return 'its date is in the past';
  if (report.uncertaintyM >= UNKNOWN_M) return 'it may be anywhere on earth';
  return undefined;
}

/** `+UULOCIND: step,result`; numbers that are not known yet are taken over as they are. */
export function parseUulocind(line: string): UulocProgress | undefined {
  const fields = fieldsOf(line, '+UULOCIND');
  const [step = '', result = ''] = fields ?? [];
  return COUNTER.test(step) && COUNTER.test(result) ? { step: Number(step), result: Number(result) } : undefined;
}

/** The answer of the read form of +UGSRV. Another token than `wanted` is no secret of ours and is not remembered. */
export function parseUgsrv(line: string, wanted: Pick<Secret, 'is'>): UgsrvSettings | undefined {
  const fields = fieldsOf(line, '+UGSRV');
  if (fields === undefined || fields.length < 3) return undefined;
  const [primary = '', secondary = '', token = '', ...rest] = fields;
  return { primary, secondary, hasToken: wanted.is(token), showsToken: !MASKED.test(token), rest: rest.slice(0, 16) };
}

/** The read form of +UGPS: is the module's own receiver on, and with which settings? */
export function parseUgps(line: string): { isOn: boolean; settings: readonly string[] } | undefined {
  const fields = fieldsOf(line, '+UGPS');
  const mode = intOf(fields?.[0]);
  if (fields === undefined || mode === undefined) return undefined;
  return { isOn: mode === 1, settings: fields.slice(1, 4).filter((text) => /^\d{1,5}$/.test(text)) };
}
