// The six shapes in which ThingSpace says no, and the forms beside them that a gateway in between may give
// (specs/thingspace.md section 4). Reading never throws: what cannot be read has the shape `none`.
import { scrubber } from '../../core/index.js';

/** No answer of ThingSpace that we ask for comes near. */
export const MAX_BODY_BYTES = 65_536;

/**
 * E1 the API gateway's fault · E2 the token endpoint · E3 `/api/m2m`, code with a service prefix · E4 `/api/loc`, without ·
 * E5 diagnostics · E6 cloud connector: E2's names with a `cause`.
 */
export type EnvelopeShape = 'E1' | 'E2' | 'E3' | 'E4' | 'E5' | 'E6' | 'none';

export interface Envelope {
  shape: EnvelopeShape;
  /** As given; a number as text. */
  code: string;
  /** Message and description, for matching only: it is never shown unbounded. */
  words: string;
}

const NONE: Envelope = { shape: 'none', code: '', words: '' };

type Members = Readonly<Record<string, unknown>>;

/** A JSON object's own members; undefined for anything else. */
export function objectOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

/** JSON of a body; undefined for anything else. */
export function jsonOf(body: Buffer): unknown {
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return undefined;
  try {
    return JSON.parse(body.toString('utf8').replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}

const own = (from: Members, key: string): unknown => (Object.hasOwn(from, key) ? from[key] : undefined);

/** Words of a far side, scrubbed and then cut: half a secret would not be known as one any more. */
export const short = (text: string, length: number): string => scrubber.scrub(text).slice(0, length);

/** Text or number as bounded text. */
function textOf(from: Members, key: string): string | undefined {
  const value = own(from, key);
  if (typeof value === 'string') return short(value, 500);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(' ');

/** XML faults of the gateway: its code and message, found by name and not parsed. */
function readXml(text: string): Envelope {
  const code = /<(?:\w+:)?code>\s*(\d{6})\s*</i.exec(text)?.[1];
  if (code === undefined) return NONE;
  const message = /<(?:\w+:)?(?:message|description)>([^<]{0,300})</i.exec(text)?.[1];
  return { shape: 'E1', code, words: short(message ?? '', 300) };
}

export function readEnvelope(body: Buffer): Envelope {
  const parsed = objectOf(jsonOf(body));
  if (!parsed) return readXml(body.subarray(0, 4096).toString('latin1'));
  const fault = objectOf(own(parsed, 'fault')) ?? parsed;
  const code = textOf(fault, 'code');
  if (code !== undefined && /^90\d{4}$/.test(code))
    return { shape: 'E1', code, words: joined(textOf(fault, 'message'), textOf(fault, 'description')) };
  const errorCode = textOf(parsed, 'errorCode');
  if (errorCode !== undefined)
    return {
      shape: errorCode.includes('.') ? 'E3' : 'E4',
      code: errorCode,
      words: joined(textOf(parsed, 'errorMessage'), textOf(parsed, 'message')),
    };
  const responseCode = textOf(parsed, 'responseCode');
  if (responseCode !== undefined) return { shape: 'E5', code: responseCode, words: textOf(parsed, 'message') ?? '' };
  const error = textOf(parsed, 'error');
  if (error === undefined) return NONE;
  const isConnector = own(parsed, 'cause') !== undefined;
  return {
    shape: isConnector ? 'E6' : 'E2',
    code: error,
    words: joined(textOf(parsed, 'error_description'), textOf(parsed, 'cause')),
  };
}
