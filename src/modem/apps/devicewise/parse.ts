// The lines of the module's deviceWISE client (specs/devicewise.md 1.4 to 1.8). What is not of the kind is undefined;
// nothing here throws. Ids have one to five digits and more, blanks may stand anywhere around a number.
import type { AtResult } from '../../at.js';
import { intOf } from '../../codec/fields.js';
import type { PayloadRule } from '../../tokenizer.js';

/** 1: answer to a formatted request, 2: to a raw one, 3: a method. */
export type RingType = 1 | 2 | 3;

export interface Ring {
  type: RingType;
  id: number;
}

const RING = /^#DWRING\s*:\s*([123])\s*,\s*(\d{1,7})\s*(?:,|$)/;

/** `#DWRING: <type>,<id>,<len>`. */
export function parseDwring(line: string): Ring | undefined {
  const [, type, id] = RING.exec(line) ?? [];
  return type === undefined ? undefined : { type: Number(type) as RingType, id: Number(id) };
}

/** The inbox has 20 places; a list that claims more is cut there and then. */
const MAX_LISTED = 64;
/** Of a message. */
export const MAX_ID = 9_999_999;

/** `#DWLRCV: <count>[,<id>,<len>]*`: the ids, oldest first. Goes by the pairs that are there, not by the count. */
export function parseDwlrcv(line: string): number[] | undefined {
  const body = /^#DWLRCV\s*:([\d\s,]{1,2000})$/.exec(line)?.[1];
  if (body === undefined) return undefined;
  const numbers = body.split(',', 1 + 2 * MAX_LISTED).map((text) => intOf(text.trim()));
  const ids: number[] = [];
  for (let at = 1; at < numbers.length; at += 2) {
    const id = numbers[at];
    // One that is none would keep the rest from being fetched.
    if (id !== undefined && id <= MAX_ID) ids.push(id);
  }
  return ids;
}

/** 0 disconnected, 1 trying to connect, 2 connected, 3 waiting to connect. */
export type DwLinkStatus = 0 | 1 | 2 | 3;

/** `#DWCONN: <connect>,<status>`. */
export function parseDwconn(line: string): { isStarted: boolean; status: DwLinkStatus } | undefined {
  const [, connect, status] = /^#DWCONN\s*:\s*([01])\s*,\s*([0-3])\s*(?:,|$)/.exec(line) ?? [];
  return connect === undefined ? undefined : { isStarted: connect === '1', status: Number(status) as DwLinkStatus };
}

export interface DwStatus {
  status: DwLinkStatus;
  /** 0, or a negative code of the module's client. */
  lastError: number;
  /** Negative when it was not measured. */
  latencyMs?: number;
  packetsIn?: number;
  packetsOut?: number;
  bytesIn?: number;
  bytesOut?: number;
}

/** `#DWSTATUS: <connected>,<lastErrorCode>,<latency>,<pktsIn>,<pktsOut>,<bytesIn>,<bytesOut>`; the first two are needed. */
export function parseDwstatus(line: string): DwStatus | undefined {
  const body = /^#DWSTATUS\s*:([-\d\s,]{1,200})$/.exec(line)?.[1];
  if (body === undefined) return undefined;
  const [status, lastError, latencyMs, packetsIn, packetsOut, bytesIn, bytesOut] = body
    .split(',', 7)
    .map((text) => intOf(text.trim()));
  if (status === undefined || status < 0 || status > 3 || lastError === undefined) return undefined;
  return {
    status: status as DwLinkStatus,
    lastError,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(packetsIn === undefined ? {} : { packetsIn }),
    ...(packetsOut === undefined ? {} : { packetsOut }),
    ...(bytesIn === undefined ? {} : { bytesIn }),
    ...(bytesOut === undefined ? {} : { bytesOut }),
  };
}

const FAILURE = /^Failed\s?:\s?(-?\d{1,6})$/;

/** The module's own code in `Failed: -18010`, with or without a blank before the colon. */
export function moduleCodeOf(text: string): number | undefined {
  const code = FAILURE.exec(text.trim())?.[1];
  return code === undefined ? undefined : Number(code);
}

/** What the module says to a request before its OK: an id, or a code of its client. */
export type Acceptance = { is: 'accepted'; id: number | undefined } | { is: 'refused'; code: number };

const SENT = /^#DWSENDR?\s*:\s*(.{1,40})$/;

/** The lines of a request that ended in OK. An id that is missing is no refusal: the message is on its way. */
export function acceptanceOf(lines: readonly string[]): Acceptance {
  for (const line of lines) {
    const said = SENT.exec(line)?.[1]?.trim() ?? line;
    const code = moduleCodeOf(said);
    if (code !== undefined && code < 0) return { is: 'refused', code };
    const id = /^\d{1,7}$/.test(said) ? Number(said) : undefined;
    if (id !== undefined) return { is: 'accepted', id: id === 0 ? undefined : id };
  }
  return { is: 'accepted', id: undefined };
}

/** Counted bytes of a message; they may hold anything, also line ends and `OK`. */
export const DATA: PayloadRule = {
  prefix: '#DW',
  header: /^#DWR?DATA\s*:\s*\d{1,7}\s*,\s*-?\d{1,6}\s*,\s*(\d{1,5})\s*,$/,
  endsWith: ',',
};

/** One message of the inbox. */
export type Fetched =
  | { is: 'message'; hasFailed: boolean; text: string }
  /** There is none of that id, or it wants to be read by the other command. */
  | { is: 'gone' };

const NO_SUCH_MESSAGE: ReadonlySet<number> = new Set([-18103, -18104]);

/** Counted bytes as text. Firmware differs in what it counts in: what is no UTF-8 is Latin-1. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** What AT#DWRCV or AT#DWRCVR brought before its OK. */
export function fetchedOf(result: AtResult): Fetched {
  const { payload } = result;
  if (payload === undefined) return { is: 'gone' };
  const text = textOf(payload.bytes);
  const code = moduleCodeOf(text);
  if (code !== undefined && NO_SUCH_MESSAGE.has(code)) return { is: 'gone' };
  const error = /^#DWR?DATA\s*:\s*\d+\s*,\s*(-?\d+)/.exec(payload.header)?.[1];
  return { is: 'message', hasFailed: error !== undefined && Number(error) !== 0, text };
}
