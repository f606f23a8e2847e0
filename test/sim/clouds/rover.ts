// A rover of the tests' own: speaks NTRIP 1 and 2, keeps every byte and every segment, and unpacks what came.
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { SimClouds } from '../../../src/sim/clouds/index.js';
import { until } from './helpers.js';

export interface RoverOptions {
  ntrip?: 1 | 2;
  mountPoint?: string;
  userName?: string;
  password?: string;
  tls?: boolean;
  headers?: readonly string[];
  /** Instead of a request. */
  raw?: string;
}

export interface Rover {
  readonly socket: Socket;
  /** What came, read by read. */
  readonly segments: Buffer[];
  readonly bytes: () => Buffer;
  readonly text: () => string;
  readonly isClosed: () => boolean;
  readonly error: () => NodeJS.ErrnoException | undefined;
  send(text: string): void;
  /** Waits for the end of the head. */
  head(): Promise<string>;
  /** Unpacked data after the head (chunks, gzip). */
  body(): Buffer;
}

export function ggaAt(latitudeDeg = 48.2, longitudeDeg = 16.37, quality = 1): string {
  const angle = (deg: number, digits: number): string => {
    const whole = Math.floor(Math.abs(deg));
    return `${String(whole).padStart(digits, '0')}${((Math.abs(deg) - whole) * 60).toFixed(5).padStart(8, '0')}`;
  };
  const place = `${angle(latitudeDeg, 2)},${latitudeDeg < 0 ? 'S' : 'N'},${angle(longitudeDeg, 3)},${longitudeDeg < 0 ? 'W' : 'E'}`;
  return sentence(`GNGGA,123519.00,${place},${quality},12,0.80,170.0,M,43.5,M,,`);
}

export function sentence(body: string): string {
  let sum = 0;
  for (const char of Buffer.from(body)) sum ^= char;
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}`;
}

export function requestText(clouds: SimClouds, options: RoverOptions = {}): string {
  const { userName, password, mountPoint } = { ...clouds.description.pointperfect.ntrip, ...options };
  const ntrip = options.ntrip ?? 2;
  const lines = [
    `GET /${mountPoint} HTTP/1.${ntrip === 2 ? 1 : 0}`,
    ...(ntrip === 2 ? ['Host: localhost', 'Ntrip-Version: Ntrip/2.0'] : []),
    'User-Agent: NTRIP test/1.0',
    ...(userName === '' ? [] : [`Authorization: Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`]),
    ...(options.headers ?? []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const headEnd = (bytes: Buffer): number => {
  // An ICY line may be all the head there is.
  if (bytes.subarray(0, 12).toString() === 'ICY 200 OK\r\n')
    return bytes.subarray(12, 14).toString() === '\r\n' ? 14 : 12;
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? -1 : end + 4;
};

function unchunk(bytes: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return out;
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16);
    const data = bytes.subarray(end + 2, end + 2 + size);
    if (size === 0 || data.length < size) return out;
    out.push(data);
    at = end + 2 + size + 2;
  }
}

export function rover(clouds: SimClouds, options: RoverOptions = {}): Rover {
  const { port, tlsPort } = clouds.description.pointperfect.ntrip;
  const ca = readFileSync(clouds.description.caFile);
  const socket = options.tls
    ? connectTls({ host: '127.0.0.1', port: tlsPort, servername: 'localhost', ca })
    : connectPlain({ host: '127.0.0.1', port, noDelay: true });
  onTestFinished(() => void socket.destroy());
  const segments: Buffer[] = [];
  let isClosed = false;
  let error: NodeJS.ErrnoException | undefined;
  socket.on('data', (bytes: Buffer) => segments.push(bytes));
  socket.on('error', (cause: NodeJS.ErrnoException) => (error = cause));
  socket.on('close', () => (isClosed = true));
  socket.write(options.raw ?? requestText(clouds, options), 'latin1');
  const bytes = (): Buffer => Buffer.concat(segments);
  return {
    socket,
    segments,
    bytes,
    text: () => bytes().toString('latin1'),
    isClosed: () => isClosed,
    error: () => error,
    send: (text) => void socket.write(`${text}\r\n`),
    async head() {
      await until('the head', () => headEnd(bytes()) > 0 || isClosed);
      return bytes()
        .subarray(0, Math.max(0, headEnd(bytes())))
        .toString('latin1');
    },
    body() {
      const all = bytes();
      const end = headEnd(all);
      const head = all.subarray(0, end).toString('latin1');
      const data = all.subarray(end);
      const parts = /transfer-encoding: chunked/i.test(head) ? unchunk(data) : [data];
      if (!/content-encoding: gzip/i.test(head)) return Buffer.concat(parts);
      return gunzipSync(Buffer.concat(parts), { finishFlush: 2 });
    },
  };
}
