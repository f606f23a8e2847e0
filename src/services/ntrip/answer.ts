// Reads a caster's answer up to where its data begin, however the bytes are cut. Bounded, never throws.
//
//   first line ---"HTTP/1.x NNN"---> header lines ---blank line---> stream | refusal
//        |
//        +--"ICY 200 OK"-----------> stream at once: some casters send header lines or a blank line after it and some
//        |                           the data themselves, and none sends anything before it has our position, so this
//        |                           reader must not wait; the body's reader tells them apart (icy.ts)
//        +--"SOURCETABLE", "ERROR"-> refusal
//        +--anything else----------> refusal (malformed)
import { scrubber } from '../../core/index.js';
import type { NtripVersion } from './request.js';

export type RefusalKind = 'unauthorized' | 'mountpoint' | 'refused' | 'unavailable' | 'malformed' | 'redirect';

export interface StreamAnswer {
  is: 'stream';
  /** What the caster spoke. */
  version: NtripVersion;
  chunked: boolean;
  gzip: boolean;
  /** Bytes that came behind the header in the same reads. */
  rest: Uint8Array;
}

export interface Refusal {
  is: 'refusal';
  kind: RefusalKind;
  /** Status, where there was one. */
  http?: number;
  /** The first line, printable and cut. */
  line: string;
  /** As the header says it. */
  retryAfter?: string;
  /** What a caster that only knows NTRIP 1 may say to a request in version 2. */
  maybeVersion1: boolean;
}

export type Answer = StreamAnswer | Refusal;

export interface AnswerReader {
  /** Takes the next bytes; the answer once it is complete. Not called again after that. */
  push(bytes: Uint8Array): Answer | undefined;
  /** The caster closed before its answer was complete. */
  end(): Refusal;
}

const MAX_HEADER_BYTES = 16_384;
const LINE_SHOWN = 120;

export function createAnswerReader(): AnswerReader {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      // A header is small: joining is cheaper than being clever, and it ends at 16 KiB.
      held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
      const answer = read(held);
      if (answer || held.length <= MAX_HEADER_BYTES) return answer;
      return refusal('malformed', firstLine(held), { why: 'the header does not end' });
    },
    end() {
      if (held.length === 0) return { ...refusal('unavailable', ''), maybeVersion1: true };
      // A caster that says why may well close without ending the line.
      const line = firstLine(held);
      const answer = HTTP.test(line) ? undefined : ofLine(line, Buffer.alloc(0));
      if (answer?.is === 'refusal') return answer;
      return refusal('malformed', line, { why: 'the answer is cut short' });
    },
  };
}

const HTTP = /^HTTP\/1\.\d (\d{3})(?: |$)/;
const LF = 0x0a;

function read(bytes: Buffer): Answer | undefined {
  const lineEnd = bytes.indexOf(LF);
  if (lineEnd < 0) return isHopeless(bytes) ? refusal('malformed', firstLine(bytes)) : undefined;
  const line = firstLine(bytes);
  if (!HTTP.test(line)) return ofLine(line, bytes.subarray(lineEnd + 1));
  const headerEnd = endOfHeader(bytes, lineEnd);
  if (headerEnd === undefined || headerEnd > MAX_HEADER_BYTES) return undefined;
  const fields = readFields(bytes.toString('latin1', lineEnd + 1, headerEnd));
  return ofHttp(line, fields, bytes.subarray(headerEnd));
}

/** No caster begins like this; waiting for a line end would be waiting for nothing. */
function isHopeless(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 11);
  return !['HTTP/1.', 'ICY ', 'SOURCETABLE', 'ERROR'].some((word) => {
    const shorter = Math.min(word.length, start.length);
    return start.slice(0, shorter) === word.slice(0, shorter);
  });
}

/** Index behind the blank line; lines may end with LF alone. */
function endOfHeader(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function readFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

function ofHttp(line: string, fields: ReadonlyMap<string, string>, rest: Uint8Array): Answer {
  const http = Number(HTTP.exec(line)?.[1]);
  if (http !== 200) {
    const retryAfter = fields.get('retry-after');
    return refusal(kindOfStatus(http), line, { http, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }
  if (/sourcetable/i.test(fields.get('content-type') ?? '')) return refusal('mountpoint', line, { http });
  const gzip = /\b(?:x-)?gzip\b/i.test(fields.get('content-encoding') ?? '');
  const chunked = /\bchunked\b/i.test(fields.get('transfer-encoding') ?? '');
  return { is: 'stream', version: '2', chunked, gzip, rest };
}

function kindOfStatus(http: number): RefusalKind {
  if (http === 401) return 'unauthorized';
  if (http === 404) return 'mountpoint';
  if (http === 408 || http === 429 || http >= 500) return 'unavailable';
  if (http >= 300 && http < 400) return 'redirect';
  return http >= 400 ? 'refused' : 'malformed';
}

/** Answers of NTRIP 1: one line. */
function ofLine(line: string, rest: Uint8Array): Answer {
  if (/^ICY 200(?: |$)/.test(line)) return { is: 'stream', version: '1', chunked: false, gzip: false, rest };
  if (/^SOURCETABLE 200(?: |$)/.test(line)) return refusal('mountpoint', line);
  const status = /^ICY (\d{3})(?: |$)/.exec(line);
  if (status) return refusal(kindOfStatus(Number(status[1])), line, { http: Number(status[1]) });
  if (!/^ERROR\b/.test(line)) return refusal('malformed', line);
  if (/password|auth|user/i.test(line)) return refusal('unauthorized', line);
  if (/mount/i.test(line)) return refusal('mountpoint', line);
  return refusal('refused', line);
}

function refusal(
  kind: RefusalKind,
  line: string,
  { why, ...more }: { http?: number; retryAfter?: string; why?: string } = {},
): Refusal {
  const { http } = more;
  // 505 and its like, or an ERROR that names neither user nor mountpoint: the request itself was not understood.
  const maybeVersion1 =
    http === 400 || http === 405 || http === 501 || http === 505 || (kind === 'refused' && http === undefined);
  const said = shown(line);
  return { is: 'refusal', kind, line: why === undefined ? said : `${why}: ${said}`, ...more, maybeVersion1 };
}

/** As it came: what it is, is judged by its very bytes. */
function firstLine(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  return (text.split('\n', 1)[0] ?? '').replace(/\r$/, '');
}

/** Foreign text for people: without secrets (it may echo ours), printable ASCII, cut. */
export function shown(text: string): string {
  return scrubber
    .scrub(text)
    .trim()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, LINE_SHOWN);
}
