// One connection to a caster: opened, asked, its answer read, its body decoded, closed in order. What flows in it is the
// session's business (session.ts).
import type { Duplex } from 'node:stream';
import { abortReason, type Clock, onAbort, type Secret, withDeadline } from '../../core/index.js';
import { type Answer, createAnswerReader, type Refusal, type StreamAnswer } from './answer.js';
import { createDechunker } from './dechunk.js';
import { createIcyTail } from './icy.js';
import { createInflater } from './inflate.js';
import { createStreamReader, type StreamReader } from './reader.js';
import { buildNtripRequest, type NtripVersion } from './request.js';

export interface NtripTarget {
  host: string;
  port: number;
  tls: boolean;
}

/** Dials, with TLS where the target says so. Errors: `net.*`, `tls.*`, the abort reason. */
export type OpenNtrip = (target: NtripTarget, options: { signal: AbortSignal }) => Promise<Duplex>;

export interface NtripAccount {
  mountPoint: string;
  userName?: string | undefined;
  password?: Secret | undefined;
}

export interface CasterRequest {
  target: NtripTarget;
  account: NtripAccount;
  version: NtripVersion;
  agentVersion: string;
}

export interface CasterConnection {
  /** What the caster answered in. */
  readonly version: NtripVersion;
  /** Decoded bytes of the body; undefined at its end. Errors: `net.*`, `tls.*`, `ntrip.malformed`. */
  next(): Promise<Uint8Array | undefined>;
  /** Sends text upstream; false when the caster does not take what was sent before. */
  write(text: string): boolean;
  /** Says goodbye and waits up to a second for the caster to hear it, so that it frees our place. Never rejects. */
  close(): Promise<void>;
}

export type CasterAnswer = ({ is: 'stream'; connection: CasterConnection } | Refusal) & { requestBytes: number };

export interface ConnectionDeps {
  open: OpenNtrip;
  clock: Clock;
}

const ANSWER_MS = 15_000;
const CLOSE_MS = 1000;
const MAX_UNSENT_BYTES = 4096;

/**
 * Connects, asks and reads the answer. A refusal is an answer; the connection is closed then.
 * Errors: those of `open`, `config.invalid`, `secret.malformed`, `ntrip.unavailable` (no answer in 15 s), `net.*`, `tls.*`.
 */
export async function askCaster(
  deps: ConnectionDeps,
  request: CasterRequest,
  signal: AbortSignal,
): Promise<CasterAnswer> {
  const { target, account } = request;
  // Built first: what cannot be sent needs no connection.
  const bytes = buildNtripRequest({ ...request, ...target, ...account });
  const stream = await deps.open(target, { signal });
  const reader = createStreamReader(stream, target.host);
  const off = onAbort(signal, () => stream.destroy());
  try {
    stream.write(bytes);
    const answer = await withDeadline(
      { clock: deps.clock, ms: ANSWER_MS, signal, code: 'ntrip.unavailable', what: `answer of ${target.host}` },
      () => readAnswer(reader),
    );
    const requestBytes = bytes.length;
    if (answer.is === 'stream')
      return { is: 'stream', connection: createConnection(deps.clock, stream, reader, answer), requestBytes };
    await closeStream(deps.clock, stream, reader);
    return { ...answer, requestBytes };
  } catch (error) {
    stream.destroy();
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    off();
  }
}

async function readAnswer(reader: StreamReader): Promise<Answer> {
  const answers = createAnswerReader();
  for (;;) {
    const bytes = await reader.next();
    const answer = bytes ? answers.push(bytes) : answers.end();
    if (answer) return answer;
  }
}

type Decode = (bytes: Uint8Array) => Uint8Array[] | Promise<Uint8Array[]>;

function createConnection(clock: Clock, stream: Duplex, reader: StreamReader, answer: StreamAnswer): CasterConnection {
  const { decode, isEnded, dispose } = createDecoder(answer);
  const ready: Uint8Array[] = [];
  let raw: Uint8Array | undefined = answer.rest;
  return {
    version: answer.version,
    async next() {
      for (;;) {
        const piece = ready.shift();
        if (piece) return piece;
        if (isEnded()) return undefined;
        raw ??= await reader.next();
        if (!raw) return undefined;
        for (const decoded of await decode(raw)) if (decoded.length > 0) ready.push(decoded);
        raw = undefined;
      }
    },
    write(text) {
      if (!stream.writable || stream.writableLength > MAX_UNSENT_BYTES) return false;
      stream.write(text, 'latin1');
      return true;
    },
    async close() {
      await closeStream(clock, stream, reader);
      dispose();
    },
  };
}

/** From bytes of the connection to bytes of the body. */
function createDecoder(answer: StreamAnswer): { decode: Decode; isEnded: () => boolean; dispose: () => void } {
  if (answer.version === '1') {
    const tail = createIcyTail();
    return { decode: (bytes) => [tail.push(bytes)], isEnded: () => false, dispose: () => undefined };
  }
  const dechunker = answer.chunked ? createDechunker() : undefined;
  const inflater = answer.gzip ? createInflater() : undefined;
  const pieces = (bytes: Uint8Array): Uint8Array[] => dechunker?.push(bytes) ?? [bytes];
  return {
    decode: inflater
      ? async (bytes) => {
          const out: Uint8Array[] = [];
          for (const piece of pieces(bytes)) if (piece.length > 0) out.push(...(await inflater.push(piece)));
          return out;
        }
      : pieces,
    isEnded: () => dechunker?.isEnded ?? false,
    dispose: () => inflater?.close(),
  };
}

async function closeStream(clock: Clock, stream: Duplex, reader: StreamReader): Promise<void> {
  reader.drain();
  if (!stream.destroyed)
    await withDeadline(
      { clock, ms: CLOSE_MS, what: 'goodbye to the caster' },
      () =>
        new Promise<void>((resolve) => {
          stream.once('close', resolve);
          stream.once('end', resolve);
          if (stream.readableEnded) resolve();
          stream.end();
        }),
    ).catch(() => undefined);
  stream.destroy();
}
