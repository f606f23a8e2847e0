// The heads and short answers of the simulated caster, byte for byte (specs/ublox.md 2.1, 7.3), and where it has coverage.
import type { AnswerFault, CasterSettings } from './caster-settings.js';
import { MOUNT_POINTS } from './caster-settings.js';

const SERVER = 'NTRIP Waymark simulated caster/1.0';

/** How the data behind a good answer are packed. */
export interface StreamForm {
  head: string;
  isChunked: boolean;
  gzip: CasterSettings['gzip'];
}

type Version = 1 | 2;
const http = (ntrip: Version): string => (ntrip === 2 ? 'HTTP/1.1' : 'HTTP/1.0');
const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

function whole(ntrip: Version, status: string, type: string, body: string, ...more: string[]): string {
  const version = ntrip === 2 ? ['Ntrip-Version: Ntrip/2.0'] : [];
  return (
    lines(
      `${http(ntrip)} ${status}`,
      ...version,
      `Server: ${SERVER}`,
      ...more,
      'Connection: close',
      `Content-Type: ${type}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
    ) + body
  );
}

/** A good answer, by the version asked for and the settings. */
export function streamForm(ntrip: Version, { answer, gzip, icyEnd }: CasterSettings): StreamForm {
  if (answer === 'icy' || (answer === 'auto' && ntrip === 1))
    return { head: `ICY 200 OK\r\n${icyEnd === 'blank' ? '\r\n' : ''}`, isChunked: false, gzip: 'off' };
  const isChunked = answer === 'chunked';
  return {
    isChunked,
    gzip,
    head: lines(
      'HTTP/1.1 200 OK',
      'Ntrip-Version: Ntrip/2.0',
      `Server: ${SERVER}`,
      'Cache-Control: no-store, no-cache, max-age=0',
      'Pragma: no-cache',
      'Connection: close',
      'Content-Type: gnss/data',
      ...(isChunked ? ['Transfer-Encoding: chunked'] : []),
      ...(gzip === 'off' ? [] : ['Content-Encoding: gzip']),
      '',
    ),
  };
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A refusal; `realm` is the mountpoint for a 401. */
export function statusAnswer(ntrip: Version, status: number, realm = ''): string {
  const reason = REASONS[status] ?? 'Error';
  const more = status === 401 ? [`WWW-Authenticate: Basic realm="/${realm}"`] : status === 405 ? ['Allow: GET'] : [];
  return whole(ntrip, `${status} ${reason}`, 'text/plain', `${reason}\r\n`, ...more);
}

export const BAD_PASSWORD = 'ERROR - Bad Password\r\n';
export const TAKEN = 'ERROR - Mount Point Taken or Invalid\r\n';

const FORMATS: Readonly<Record<(typeof MOUNT_POINTS)[number], readonly [format: string, details: string]>> = {
  'NEAR-SPARTN': ['SPARTN 2.0', 'OCB(5),HPAC(30),GAD(30)'],
  'NEAR-RTCM': ['RTCM 3.2', '1005(5),1074(1),1084(1),1094(1),1124(1),1230(5)'],
};

function table(): string {
  const streams = MOUNT_POINTS.flatMap((name) => [name, `${name}-MGA`].map((shown) => ({ name, shown }))).map(
    ({ name, shown }) => {
      const [format, details] = FORMATS[name];
      return `STR;${shown};Nearest;${format};${details};2;GPS+GLO+GAL+BDS;Waymark;AUT;48.00;16.00;1;1;Waymark sim;none;B;Y;2400;none`;
    },
  );
  return lines(
    'CAS;localhost;2101;Waymark simulated caster;Waymark;0;AUT;48.00;16.00;0.0.0.0;0;none',
    'NET;Waymark;Waymark;B;Y;none;none;none;none',
    ...streams,
    'ENDSOURCETABLE',
  );
}

/** The table. Over HTTP only when an NTRIP 2 client asked for it; an unknown mountpoint gets the old form. */
export function tableAnswer(ntrip: Version, isAskedFor: boolean): string {
  const body = table();
  if (ntrip === 2 && isAskedFor) return whole(2, '200 OK', 'gnss/sourcetable', body);
  const head = lines(
    'SOURCETABLE 200 OK',
    `Server: ${SERVER}`,
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
  );
  return head + body;
}

const TEXTS: Readonly<Partial<Record<AnswerFault, string>>> = {
  banned: 'Your IP address has been banned from this caster.\r\n',
  sandbox: 'You have been moved to the sandbox: too many bad requests.\r\n',
};

/** What a fault says instead of the answer; undefined: nothing. Bytes for `babble` come from `noise`. */
export function faultAnswer(
  fault: AnswerFault,
  ntrip: Version,
  realm: string,
  noise: Uint8Array,
): Uint8Array | undefined {
  const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');
  switch (fault) {
    case 'mute':
      return undefined;
    case 'babble':
      return noise;
    case 'banned':
    case 'sandbox':
      return text(whole(ntrip, '200 OK', 'text/plain', TEXTS[fault] ?? ''));
    case 'taken':
      return text(TAKEN);
    case 'bad-password':
      return text(BAD_PASSWORD);
    default:
      return text(statusAnswer(ntrip, Number(fault), realm));
  }
}

/** South, north, west, east in degrees: PointPerfect's regions as far as they are known (specs/ublox.md 2.2). */
const REGIONS: readonly (readonly [number, number, number, number])[] = [
  [25, 50, -125, -60],
  [36, 72, -11, 32],
  [-45, -25, 113, 154],
  [34, 39, 125, 129.5],
  [31, 46, 129.5, 146],
];

export function isCovered(
  coverage: CasterSettings['coverage'],
  { latitudeDeg: lat, longitudeDeg: lon }: { latitudeDeg: number; longitudeDeg: number },
): boolean {
  if (coverage !== 'regions') return coverage === 'world';
  return REGIONS.some(([south, north, west, east]) => lat >= south && lat <= north && lon >= west && lon <= east);
}
