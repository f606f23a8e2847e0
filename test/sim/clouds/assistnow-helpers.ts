// What the tests of the simulated assistance services share: frames of a receiver, raw HTTPS requests, a cutter of UBX.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { SimClouds } from '../../../src/sim/clouds/index.js';
import { monVer, receiverProfile, secUniqid, ubxFrame } from '../../../src/sim/receiver/index.js';
import { type Answer, ask } from './helpers.js';

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const messagesOf = (seed = 'one'): Record<string, string> => ({
  'UBX-SEC-UNIQID': hex(secUniqid(seed, 1)),
  'UBX-MON-VER': hex(monVer(receiverProfile('zed-f9p'))),
});

/** MON-VER with these extensions. */
export function versionFrame(...extensions: string[]): Uint8Array {
  const field = (text: string, size: number): Buffer => {
    const out = Buffer.alloc(size);
    out.write(text, 'latin1');
    return out;
  };
  return ubxFrame(
    0x0a,
    0x04,
    Buffer.concat([field('ROM CORE', 30), field('00080000', 10), ...extensions.map((e) => field(e, 30))]),
  );
}

/** A call for a chipcode as a gateway makes it. */
export const askChipcode = (clouds: SimClouds, changes: Record<string, unknown> = {}): Promise<Answer> =>
  ask(clouds, {
    path: new URL(clouds.description.assistnow.ztp.url).pathname,
    body: JSON.stringify({ token: clouds.description.assistnow.ztp.token, messages: messagesOf(), ...changes }),
  });

export async function chipcodeOf(clouds: SimClouds): Promise<string> {
  return String((await askChipcode(clouds)).json()['chipcode']);
}

export interface Got {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  text: string;
  /** Bytes that came before the connection was cut in the middle of the answer. */
  isCut: boolean;
}

/** One GET, byte for byte as given; rejects when no answer begins. */
export function get(clouds: SimClouds, url: string, options: { method?: string } = {}): Promise<Got> {
  const { port } = new URL(url);
  // What comes after the port, unchanged by any parser.
  const path = url.slice(url.indexOf(port) + port.length);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: '127.0.0.1', port, path, servername: 'localhost', agent: false },
        method: options.method ?? 'GET',
        ca: readFileSync(clouds.description.caFile),
      },
      (res) => {
        const parts: Buffer[] = [];
        const done = (isCut: boolean): void => {
          const body = Buffer.concat(parts);
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body, text: body.toString(), isCut });
        };
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', () => done(true));
        res.on('end', () => done(false));
      },
    );
    req.on('error', reject);
    req.end();
  });
}

export interface Frame {
  cls: number;
  id: number;
  payload: Buffer;
  length: number;
}

/** Cuts a whole body into UBX frames; throws at the first byte that is not part of a good one. */
export function framesOf(body: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 8 + (body[at + 4] ?? 0) + 256 * (body[at + 5] ?? 0);
    if (body[at] !== 0xb5 || body[at + 1] !== 0x62 || end > body.length) throw new Error(`no frame at ${at}`);
    let [a, b] = [0, 0];
    for (const byte of body.subarray(at + 2, end - 2)) {
      a = (a + byte) & 255;
      b = (b + a) & 255;
    }
    if (body[end - 2] !== a || body[end - 1] !== b) throw new Error(`wrong checksum at ${at}`);
    frames.push({
      cls: body[at + 2] ?? 0,
      id: body[at + 3] ?? 0,
      payload: Buffer.from(body.subarray(at + 6, end - 2)),
      length: end - at,
    });
    at = end;
  }
  return frames;
}

export const isTime = (frame: Frame | undefined): boolean => frame?.id === 0x40 && frame.payload[0] === 0x10;
export const ephemerides = (frames: readonly Frame[]): Frame[] =>
  frames.filter((f) => f.payload[0] === 1 && [0, 2, 3, 5, 6].includes(f.id));

export const timeOf = ({ payload }: Frame): number =>
  Date.UTC(
    payload.readUInt16LE(4),
    (payload[6] ?? 0) - 1,
    payload[7],
    payload[8],
    payload[9],
    payload[10],
    Math.round(payload.readUInt32LE(12) / 1e6),
  );
