// What a rover sends to the simulated caster: the head of its request, read strictly and within bounds, and then GGA
// sentences (specs/ublox.md 2.1). Nothing here throws.

/** A request that could be understood. */
export interface CasterRequest {
  ntrip: 1 | 2;
  /** Without the leading slash; empty: the table is asked for. */
  mountPoint: string;
  /** Absent: no credentials, or none that are Basic. */
  userName?: string;
  password?: string;
  agent: string;
  /** A sentence that came in the head (`Ntrip-GGA`). */
  gga?: string;
}

export type HeadReading =
  | { is: 'more' }
  | { is: 'bad'; status: 400 | 405 | 431; why: string }
  | { is: 'request'; request: CasterRequest; length: number };

export const MAX_HEAD_BYTES = 4096;
const MAX_HEADERS = 32;
const HEADER = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const ONCE = ['host', 'authorization', 'ntrip-version', 'user-agent', 'ntrip-gga'];

const bad = (why: string, status: 400 | 405 | 431 = 400): HeadReading => ({ is: 'bad', status, why });
const isText = (byte: number): boolean =>
  byte === 0x0d || byte === 0x0a || byte === 0x09 || (byte > 0x1f && byte < 0x7f);

/** `Basic dXNlcjpwYXNz`, padding and all. */
function credentials(value: string | undefined): { userName: string; password: string } | undefined {
  const [, coded] = /^Basic ([A-Za-z\d+/]+={0,2})$/i.exec(value ?? '') ?? [];
  if (coded === undefined || coded.length % 4 !== 0) return undefined;
  const text = Buffer.from(coded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

function headers(lines: readonly string[]): Map<string, string> | string {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    if (name === '') return 'a line is no header';
    const key = name.toLowerCase();
    if (found.has(key) && ONCE.includes(key)) return `${key} more than once`;
    found.set(key, value);
  }
  return found;
}

/** Reads the head at the start of `bytes`. */
export function readHead(bytes: Buffer): HeadReading {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, end < 0 ? bytes.length : end);
  // TLS on the plain port, or noise: no need to wait for more.
  if (!head.subarray(0, MAX_HEAD_BYTES).every(isText)) return bad('the head is not text');
  if (head.length > MAX_HEAD_BYTES) return bad('the head is too long', 431);
  if (end < 0) return { is: 'more' };
  const [first = '', ...lines] = head.toString('latin1').split('\r\n');
  if ([first, ...lines].some((line) => /[\r\n]/.test(line))) return bad('lines end with CR LF');
  const [, method, path = '', minor] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined) return bad('the request line is none');
  if (method !== 'GET') return bad('only GET', 405);
  if (!/^\/[\w.~%-]*$/.test(path)) return bad('the path is no mountpoint');
  if (lines.length > MAX_HEADERS) return bad('too many headers', 431);
  const fields = headers(lines);
  if (typeof fields === 'string') return bad(fields);
  if (minor === '1' && !fields.has('host')) return bad('Host is missing');
  const agent = fields.get('user-agent');
  if (!agent) return bad('User-Agent is missing');
  const version = fields.get('ntrip-version') ?? 'Ntrip/1.0';
  if (!/^ntrip\/[12]\.0$/i.test(version)) return bad('Ntrip-Version is unknown');
  const ntrip = /2\.0$/.test(version) ? 2 : 1;
  if (ntrip === 2 && minor === '0') return bad('NTRIP 2 needs HTTP/1.1');
  const gga = fields.get('ntrip-gga');
  return {
    is: 'request',
    length: end + 4,
    request: {
      ntrip,
      mountPoint: path.slice(1),
      agent,
      ...credentials(fields.get('authorization')),
      ...(gga ? { gga } : {}),
    },
  };
}

export interface GgaPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  /** Above mean sea level; 0 when not told. */
  altitudeM: number;
  quality: number;
}

const ANGLE = /^(\d{2,3})(\d{2}(?:\.\d+)?)$/;

function angle(text: string | undefined, digits: 2 | 3, limitDeg: number): number | undefined {
  const [, degrees = '', minutes = ''] = ANGLE.exec(text ?? '') ?? [];
  if (degrees.length !== digits || Number(minutes) >= 60) return undefined;
  const deg = Number(degrees) + Number(minutes) / 60;
  return deg <= limitDeg ? deg : undefined;
}

/** A sentence without its line end; undefined: not a GGA that says where the rover is. */
export function readGga(line: string): GgaPosition | undefined {
  const [, body = '', sum = ''] = /^\$([A-Z]{2}GGA,[ -~]*)\*([\dA-F]{2})$/.exec(line) ?? [];
  let own = 0;
  for (const char of Buffer.from(body, 'latin1')) own ^= char;
  if (body === '' || own !== Number.parseInt(sum, 16)) return undefined;
  const fields = body.split(',');
  const [, time = '', latitude, north = '', longitude, east = '', quality = '', , , altitude = ''] = fields;
  const lat = angle(latitude, 2, 90);
  const lon = angle(longitude, 3, 180);
  if (fields.length !== 15 || lat === undefined || lon === undefined) return undefined;
  if (!/^\d{6}(\.\d+)?$/.test(time) || !/^[1-8]$/.test(quality) || !/^[NS]$/.test(north) || !/^[EW]$/.test(east))
    return undefined;
  return {
    latitudeDeg: north === 'N' ? lat : -lat,
    longitudeDeg: east === 'E' ? lon : -lon,
    altitudeM: /^-?\d+(\.\d+)?$/.test(altitude) ? Number(altitude) : 0,
    quality: Number(quality),
  };
}

const MAX_LINE_BYTES = 120;

/** Cuts what comes after the head into lines of at most 120 bytes; a longer one is told as an empty line, once. */
export function createLineCutter(onLine: (line: string) => void): (bytes: Buffer) => void {
  let held = '';
  let isTooLong = false;
  return (bytes) => {
    for (const char of bytes.toString('latin1')) {
      if (char === '\n') {
        // Sentences end with CR LF; another end is another sentence.
        onLine(!isTooLong && held.endsWith('\r') ? held.slice(0, -1) : '');
        held = '';
        isTooLong = false;
      } else if (held.length >= MAX_LINE_BYTES) isTooLong = true;
      else held += char;
    }
  };
}
