// Hostile casters: whatever comes, in whatever pieces, nothing but a WaymarkError is thrown, no byte is lost or made up,
// and what is held back stays small. Seeds are fixed, so a failure repeats.
import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../../src/core/index.js';
import {
  createAnswerReader,
  createDechunker,
  createIcyTail,
  createIntake,
  createMgaSplitter,
  decodeDict,
} from '../../../src/services/index.js';
import { createRandom, cutRandomly, type Random } from '../../modem/random.js';
import { MGA_FRAME, rtcmFrame, SPARTN_HEAD } from './frames.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000) / 10;

const WORDS = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 401 No\r\n',
  'ICY 200 OK\r\n',
  'SOURCETABLE 200 OK\r\n',
  'ERROR - Bad Password\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'Retry-After: 5\r\n',
  '\r\n',
  '\n',
  '\r',
  ': ',
  'banned',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  'ffffffff\r\n',
].map((word) => Buffer.from(word));

/** Something a caster might send when it is mad. */
function madness(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.int(12) }, () => {
    const kind = random.int(6);
    if (kind < 3) return random.pick(WORDS);
    if (kind === 3)
      return random.pick([
        MGA_FRAME,
        MGA_FRAME.subarray(0, random.int(30)),
        SPARTN_HEAD,
        rtcmFrame(1077, random.int(60)),
      ]);
    return random.bytes(random.int(40));
  });
  return Buffer.concat(parts);
}

describe('any bytes in any pieces', () => {
  test('the answer reader comes to the same answer and loses nothing behind it', () => {
    const random = createRandom(101);
    const read = (pieces: readonly Buffer[]): string => {
      const reader = createAnswerReader();
      for (const [index, piece] of pieces.entries()) {
        const answer = reader.push(piece);
        if (answer?.is === 'stream')
          return JSON.stringify({
            ...answer,
            rest: Buffer.concat([answer.rest, ...pieces.slice(index + 1)]).toString('hex'),
          });
        if (answer) return JSON.stringify([answer.kind, answer.http, answer.retryAfter, answer.maybeVersion1]);
      }
      const end = reader.end();
      return JSON.stringify([end.kind, end.http, end.retryAfter, end.maybeVersion1]);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = madness(random);
      expect(read(cutRandomly(bytes, random, 1 + random.int(30)))).toBe(read([bytes]));
    }
  });

  test('the dechunker gives the same bytes or the same refusal', () => {
    const random = createRandom(102);
    const read = (pieces: readonly Buffer[]): string => {
      const dechunker = createDechunker();
      const out: Uint8Array[] = [];
      try {
        for (const piece of pieces) out.push(...dechunker.push(piece));
      } catch (error) {
        expect(error).toBeInstanceOf(WaymarkError);
        return (error as WaymarkError).message;
      }
      return `${Buffer.concat(out).toString('hex')} ${dechunker.isEnded}`;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = Buffer.concat([
        random.int(3) === 0 ? Buffer.alloc(0) : Buffer.from('5\r\nhello\r\n'),
        madness(random),
      ]);
      expect(read(cutRandomly(bytes, random, 1 + random.int(30)))).toBe(read([bytes]));
    }
  });

  test('what follows ICY is the same data', () => {
    const random = createRandom(103);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = madness(random);
      const [whole, cut] = [createIcyTail(), createIcyTail()];
      const one = Buffer.from(whole.push(bytes));
      const many = Buffer.concat(cutRandomly(bytes, random, 1 + random.int(30)).map((piece) => cut.push(piece)));
      expect(many).toEqual(one);
      expect(bytes.subarray(bytes.length - one.length)).toEqual(one);
    }
  });

  test('the splitter takes the same frames out and joins the rest', () => {
    const random = createRandom(104);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = madness(random);
      const read = (pieces: readonly Buffer[]): string => {
        const splitter = createMgaSplitter();
        const splits = pieces.map((piece) => splitter.push(piece));
        const hex = (list: Uint8Array[]): string => Buffer.concat(list).toString('hex');
        return `${hex(splits.flatMap((s) => s.frames))} ${hex(splits.flatMap((s) => s.rest))}`;
      };
      expect(read(cutRandomly(bytes, random, 1 + random.int(30)))).toBe(read([bytes]));
    }
  });

  test('the intake passes all bytes on or refuses, and never holds more than 4 kB', () => {
    const random = createRandom(105);
    for (let round = 0; round < ROUNDS; round++) {
      const intake = createIntake(random.pick([undefined, 'rtcm3', 'spartn']));
      let held = 0;
      let passed = 0;
      let total = 0;
      for (let i = 0; i < 20; i++) {
        const bytes = madness(random);
        total += bytes.length;
        const taken = intake.push(bytes);
        if (taken.is === 'refusal') break;
        if (taken.is === 'more') held += bytes.length;
        else {
          passed += taken.bytes.length;
          held = 0;
          expect(passed).toBe(total);
        }
        expect(held).toBeLessThanOrEqual(4096);
      }
    }
  });

  test('a dictionary of any bytes is decoded or malformed', () => {
    const random = createRandom(106);
    for (let round = 0; round < ROUNDS; round++)
      expect(decodeDict(madness(random), 'L0N4500E00500').is).toBe('malformed');
  });
});
