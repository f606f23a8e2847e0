// One rover at the simulated caster (specs/ublox.md 2.1, 7.3).
//
//   head ──admitted──→ waiting ──GGA in coverage──→ streaming ──GGA outside──→ waiting
//    │                    └──────────── 30 s without a valid GGA ────────┴──→ closed
//    └──table, refusal──→ closed
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../../core/index.js';
import type { Random } from '../receiver/random.js';
import type { Admission } from './caster-admission.js';
import { isCovered, type StreamForm, statusAnswer, streamForm } from './caster-answers.js';
import { type CasterRequest, createLineCutter, type GgaPosition, readGga, readHead } from './caster-request.js';
import type { CasterFault, CasterSettings } from './caster-settings.js';
import type { CasterSources } from './caster-sources.js';
import { type CasterWire, createCasterWire } from './caster-wire.js';

/** What is known of one connection that asked for a stream and got it. */
export interface CasterConnection {
  userName: string;
  mountPoint: string;
  ntrip: 1 | 2;
  isTls: boolean;
  agent: string;
  /** Valid sentences: checksum, a position, quality above 0. */
  ggas: number;
  /** Lines that were no such sentence. */
  badLines: number;
  lastGga?: string;
  /** Corrections and assistance data, before chunks and gzip. */
  bytesSent: number;
  billedFetches: number;
  isStreaming: boolean;
  isLive: boolean;
  /** `client`, `gga-silence`, `replaced`, `reset`, `too-slow`, `cut`. */
  endedBy?: string;
}

export interface SessionDesk {
  readonly settings: CasterSettings;
  /** In front of the data of every connection, now. */
  readonly fault: CasterFault | undefined;
  readonly sources: CasterSources;
  /** A refusal or a table was sent, or the request was none. */
  onRefused(why: string, request?: CasterRequest): void;
  admit(request: CasterRequest): Admission;
  /** The stream is granted: takes the user's slot (closing the older connection). */
  enter(session: CasterSession, connection: CasterConnection): void;
  /** The connection is at its end; its slot is free, or will be. */
  leave(session: CasterSession, connection: CasterConnection): void;
}

export interface CasterSession {
  end(why: string): void;
}

const HEAD_MS = 10_000;
const GGA_SILENCE_MS = 30_000;
const MAX_WAITING_BYTES = 512 * 1024;
/** Inside the first frame, whichever format. */
const CUT_AT = 7;
/** For data before any GGA (`segments: joined`). */
const SOMEWHERE: GgaPosition = { latitudeDeg: 48, longitudeDeg: 16, altitudeM: 200, quality: 1 };

export function serveRover(socket: Socket, deps: { clock: Clock; random: Random; desk: SessionDesk }): CasterSession {
  const { clock, random, desk } = deps;
  let head: Buffer | undefined = Buffer.alloc(0);
  let connection: CasterConnection | undefined;
  let wire: CasterWire | undefined;
  let ownFault: CasterFault | undefined;
  let granted: Extract<Admission, { is: 'stream' }> | undefined;
  let settings = desk.settings;
  let owesMga = false;
  let stopStream: (() => void) | undefined;
  let isOver = false;
  let lastGgaMs = 0;
  let watch: Timer = clock.deadline(HEAD_MS, () => socket.destroy());

  const over = (why: string): void => {
    if (isOver) return;
    isOver = true;
    watch.cancel();
    stopStream?.();
    stopStream = undefined;
    if (!connection) return;
    Object.assign(connection, { isLive: false, isStreaming: false, endedBy: why });
    desk.leave(session, connection);
  };
  const session: CasterSession = {
    end(why) {
      over(why);
      if (wire) wire.end();
      else socket.end();
    },
  };

  // ---- data
  const reset = (): void => {
    over('reset');
    // What was written has to be on its way first.
    setImmediate(() => {
      if (socket instanceof TLSSocket) socket.destroy();
      else socket.resetAndDestroy();
    });
  };
  const noise = (): Uint8Array => random.bytes(random.between(1, 40));
  const send = (piece: Uint8Array): void => {
    if (isOver || !connection || !wire) return;
    let bytes = piece;
    const fault = ownFault ?? desk.fault;
    if (fault === 'stall') return;
    if (fault === 'garbage') bytes = Buffer.concat([noise(), piece, noise()]);
    if (fault === 'half-frames' || fault === 'reset') bytes = piece.subarray(0, Math.ceil(piece.length / 2) + 1);
    connection.bytesSent += bytes.length;
    wire.data(bytes);
    if (fault === 'reset') reset();
    else if (wire.waiting > MAX_WAITING_BYTES) {
      over('too-slow');
      socket.destroy();
    }
  };
  /** The first data of a connection are one piece: what -MGA owes, and all frames that are there at once. */
  const firstPiece = (frames: Uint8Array): Uint8Array => {
    if (!owesMga || !connection) return frames;
    owesMga = false;
    connection.billedFetches++;
    const mga = desk.sources.assistance();
    if (settings.mga === 'before') return Buffer.concat([mga, frames]);
    return Buffer.concat([frames.subarray(0, CUT_AT), mga, frames.subarray(CUT_AT)]);
  };
  const start = (place: GgaPosition): void => {
    if (!granted || !connection) return;
    let early: Uint8Array[] | undefined = [];
    const stop = desk.sources.corrections(granted.mountPoint, place, settings).start((piece) => {
      if (early) early.push(piece);
      else send(piece);
    });
    stopStream = stop;
    connection.isStreaming = true;
    const frames = Buffer.concat(early);
    early = undefined;
    send(firstPiece(frames));
    if (isOver) stop();
  };
  const pause = (): void => {
    stopStream?.();
    stopStream = undefined;
    if (connection) connection.isStreaming = false;
  };

  // ---- what the rover says
  const onLine = (line: string): void => {
    if (!connection || isOver) return;
    const place = readGga(line);
    if (!place) {
      connection.badLines++;
      return;
    }
    connection.ggas++;
    connection.lastGga = line;
    lastGgaMs = clock.mono();
    const covered = isCovered(settings.coverage, place);
    if (covered && !stopStream) start(place);
    else if (!covered) pause();
  };
  const cutLines = createLineCutter(onLine);
  const watchGgas = (ms: number): void => {
    watch = clock.deadline(ms, () => {
      const left = clock.ioBudgetMs(GGA_SILENCE_MS) - (clock.mono() - lastGgaMs);
      if (left > 1) watchGgas(left);
      else session.end('gga-silence');
    });
  };

  const grant = (request: CasterRequest, admission: Extract<Admission, { is: 'stream' }>): void => {
    settings = desk.settings;
    granted = admission;
    ownFault = admission.fault;
    owesMga = admission.withMga;
    connection = {
      userName: request.userName ?? '',
      mountPoint: request.mountPoint,
      ntrip: request.ntrip,
      isTls: socket instanceof TLSSocket,
      agent: request.agent.slice(0, 100),
      ...{ ggas: 0, badLines: 0, bytesSent: 0, billedFetches: 0, isStreaming: false, isLive: true },
    };
    desk.enter(session, connection);
    const form: StreamForm = streamForm(request.ntrip, settings);
    wire = createCasterWire(socket, { form, isByteWise: settings.segments === 'bytes' });
    lastGgaMs = clock.mono();
    watchGgas(GGA_SILENCE_MS);
    const isJoined = settings.segments === 'joined';
    // A corked socket sends head and data by one call.
    if (isJoined) socket.cork();
    wire.raw(Buffer.from(form.head, 'latin1'));
    if (isJoined) {
      start(SOMEWHERE);
      pause();
      socket.uncork();
    }
    if (request.gga !== undefined) onLine(request.gga);
  };
  const onHead = (bytes: Buffer): void => {
    const reading = readHead(bytes);
    if (reading.is === 'more') {
      head = bytes;
      return;
    }
    head = undefined;
    watch.cancel();
    if (reading.is === 'bad') {
      desk.onRefused(reading.why);
      socket.end(statusAnswer(2, reading.status));
      return;
    }
    const admission = desk.admit(reading.request);
    if (admission.is === 'stream') {
      grant(reading.request, admission);
      cutLines(bytes.subarray(reading.length));
      return;
    }
    desk.onRefused(admission.is === 'table' ? 'table' : admission.why, reading.request);
    if (admission.bytes) socket.end(admission.bytes);
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    if (head) onHead(Buffer.concat([head, chunk]));
    else if (connection) cutLines(chunk);
  });
  socket.on('error', () => undefined);
  socket.once('end', () => over('client'));
  socket.once('close', () => {
    over('cut');
    wire?.close();
  });
  return session;
}
