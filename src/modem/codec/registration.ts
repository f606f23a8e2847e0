// The registration family in all the shapes met in the field (specs/modem.md 2.4). Read or unsolicited is decided by
// the second field: a location is quoted or longer than two characters.
import { bodyOf, type Field, intOf, known, splitFields } from './fields.js';

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
  /** 0: a number of the standard (causes.ts has the words); 1: one of the manufacturer’s. */
  causeType?: number;
  rejectCause?: number;
  /** Timers of power saving as eight bits (24.008 10.5.7.3), when granted. */
  activeTime?: string;
  areaUpdateTime?: string;
}

const DOMAINS: readonly RegistrationDomain[] = ['+CREG', '+CGREG', '+CEREG', '+C5GREG'];
const TECHNOLOGIES: readonly string[] =
  'GSM,GSM compact,UMTS,EDGE,HSDPA,HSUPA,HSPA,LTE,LTE-M,NB-IoT,NR,NR,NG-RAN,EN-DC'.split(',');

export function isRegistrationPrefix(prefix: string): boolean {
  return (DOMAINS as readonly string[]).includes(prefix);
}

/** The name of the access technology number of `+COPS` and the registration family. */
export function technologyOf(act: number | undefined): string | undefined {
  return act === undefined ? undefined : TECHNOLOGIES[act];
}

const isStat = (text: string | undefined): boolean => {
  const value = intOf(text);
  return value !== undefined && value >= 0 && value <= 11;
};

const isLocation = (field: Field): boolean => field.quoted || field.text.length > 2;

function isRead(fields: readonly Field[]): boolean {
  const [first, second] = fields;
  if (!first || !second || !isStat(second.text) || second.quoted) return false;
  if (!isLocation(second)) return true;
  if (first.text.length !== 3) return false;
  // Zero padded in the same style: `002,001,...`, and `002,0011,"0f0d",...` where quotes begin with the location.
  return second.text.length === 3 || (second.text.length === 4 && fields[2]?.quoted === true);
}

const code = (text: string | undefined, unknown: RegExp): string | undefined => {
  // Some modules pad inside: `  0 5`.
  const digits = text?.replaceAll(' ', '');
  if (digits === undefined || !/^[0-9a-fA-F]{1,9}$/.test(digits) || unknown.test(digits)) return undefined;
  return digits.toUpperCase();
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
  const areaCode = code(rest[0]?.text, /^(?:0{1,6}|F{4,6})$/i);
  const cellId = code(rest[1]?.text, /^(?:F{4,9}|0)$/i);
  const act = rest[2]?.quoted ? undefined : intOf(rest[2]?.text);
  // CGREG has its routing area before the cause, C5GREG its slices.
  const causeAt = domain === '+C5GREG' ? 6 : rest[3]?.quoted === true || domain === '+CGREG' ? 5 : 4;
  return known<RegistrationReport>({
    domain,
    form: read ? 'read' : 'urc',
    mode,
    stat,
    areaCode,
    cellId,
    technology: technologyOf(act),
    causeType: number(rest[causeAt - 1]),
    rejectCause: number(rest[causeAt]),
    activeTime: timer(rest[causeAt + 1]),
    areaUpdateTime: timer(rest[causeAt + 2]),
  });
}

const number = (field: Field | undefined): number | undefined => (field?.quoted ? undefined : intOf(field?.text));

const timer = (field: Field | undefined): string | undefined =>
  field?.quoted && /^[01]{8}$/.test(field.text) ? field.text : undefined;

const isRac = (field: Field | undefined): boolean => field !== undefined && /^[0-9a-fA-F]{0,2}$/.test(field.text);
