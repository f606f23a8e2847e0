// The registration family in all the shapes met in the field (specs/modem.md 2.4). Read or unsolicited is decided by
// the second field: a location is quoted or longer than two characters.
import { bodyOf, type Field, intOf, splitFields } from './fields.js';

export type RegistrationDomain = '+CREG' | '+CGREG' | '+CEREG' | '+C5GREG';

export interface RegistrationReport {
  domain: RegistrationDomain;
  form: 'read' | 'urc';
  /** Reporting mode n, in reads. */
  mode?: number;
  stat: number;
  /** Hexadecimal, upper case; absent when unknown. */
  areaCode?: string;
  cellId?: string;
  technology?: string;
  rejectCause?: number;
}

const DOMAINS: readonly RegistrationDomain[] = ['+CREG', '+CGREG', '+CEREG', '+C5GREG'];
const TECHNOLOGIES: readonly string[] =
  'GSM,GSM compact,UMTS,EDGE,HSDPA,HSUPA,HSPA,LTE,LTE-M,NB-IoT,NR,NR,NG-RAN,EN-DC'.split(',');

export function isRegistrationPrefix(prefix: string): boolean {
  return (DOMAINS as readonly string[]).includes(prefix);
}

const isStat = (text: string | undefined): boolean => {
  const value = intOf(text);
  return value !== undefined && value >= 0 && value <= 11;
};

const isLocation = (field: Field): boolean => field.quoted || field.text.length > 2;

function isRead(fields: readonly Field[]): boolean {
  const [first, second] = fields;
  if (!first || !second || !isStat(second.text) || second.quoted) return false;
  // Zero padded in the same style: `002,001,...`.
  return !isLocation(second) || (second.text.length === 3 && first.text.length === 3);
}

const code = (text: string | undefined, unknown: RegExp): string | undefined => {
  if (text === undefined || !/^[0-9a-fA-F]{1,9}$/.test(text) || unknown.test(text)) return undefined;
  return text.toUpperCase();
};

/** A report, or undefined for any other line. */
export function parseRegistration(line: string): RegistrationReport | undefined {
  for (const domain of DOMAINS) {
    const body = bodyOf(line, domain);
    if (body !== undefined) return parseBody(domain, splitFields(body, 24));
  }
  return undefined;
}

function parseBody(domain: RegistrationDomain, fields: Field[]): RegistrationReport | undefined {
  const read = isRead(fields);
  const mode = read ? intOf(fields[0]?.text) : undefined;
  const stat = intOf(fields[read ? 1 : 0]?.text);
  if (stat === undefined || !isStat(String(stat))) return undefined;
  const rest = fields.slice(read ? 2 : 1);
  // 27.007 8.6 put a routing area between tracking area and cell.
  const hasRac = domain === '+CEREG' && isRac(rest[1]) && rest[2] !== undefined && isLocation(rest[2]);
  if (hasRac) rest.splice(1, 1);
  const areaCode = code(rest[0]?.text, /^(?:0{4,6}|F{4,6})$/i);
  const cellId = code(rest[1]?.text, /^F{4,9}$/i);
  const act = intOf(rest[2]?.text);
  const technology = act === undefined || rest[2]?.quoted ? undefined : TECHNOLOGIES[act];
  // CGREG has its routing area before the cause, C5GREG its slices.
  const causeAt = domain === '+C5GREG' ? 6 : rest[3]?.quoted === true || domain === '+CGREG' ? 5 : 4;
  const cause = rest[causeAt]?.quoted ? undefined : intOf(rest[causeAt]?.text);
  return {
    domain,
    form: read ? 'read' : 'urc',
    ...(mode === undefined ? {} : { mode }),
    stat,
    ...(areaCode === undefined ? {} : { areaCode }),
    ...(cellId === undefined ? {} : { cellId }),
    ...(technology === undefined ? {} : { technology }),
    ...(cause === undefined ? {} : { rejectCause: cause }),
  };
}

const isRac = (field: Field | undefined): boolean => field !== undefined && /^[0-9a-fA-F]{0,2}$/.test(field.text);
