import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import { type CorrectionMessage, createCorrectionStream } from '../../src/sim/cadence.js';
import { burstsOf, createCaptureStream } from '../../src/sim/capture.js';
import { createSimKeys, encodeSpartnKeys, payloadTag } from '../../src/sim/keys.js';
import { checkSpartn, cutSpartn, type SpartnFrame, sealSpartn, spartnHeader } from '../../src/sim/spartn.js';
import { frameGpsSeconds, gpsSeconds, halfDaySecond, timeTagFor, utcMsOfGps } from '../../src/sim/spartn-time.js';

const DAY_MS = 86_400_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function make(bits: 16 | 32, timeTag: number, payload: Uint8Array, type = 0, subtype = 0): Uint8Array {
  return sealSpartn(spartnHeader({ type, subtype, timeTagBits: bits, timeTag, sequence: 7 }, payload.length), payload);
}

function framesOf(messages: readonly CorrectionMessage[]): SpartnFrame[] {
  return messages.flatMap(({ payload }) =>
    cutSpartn(payload).map((piece) => {
      if (piece.is !== 'frame') throw new Error('bytes outside a frame');
      return piece.frame;
    }),
  );
}

describe('frames', () => {
  test.each([
    [16 as const, 43_195],
    [32 as const, 452_044_800],
  ])('a built frame with a %i-bit tag is read back with every field', (bits, timeTag) => {
    const payload = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
    const check = checkSpartn(make(bits, timeTag, payload, 1, 3));
    expect(check).toMatchObject({
      is: 'frame',
      frame: {
        type: 1,
        subtype: 3,
        timeTagBits: bits,
        timeTag,
        sequence: 7,
        encrypted: true,
        solutionId: 5,
        processorId: 12,
        encryptionId: 1,
        authIndicator: 1,
        crcType: 2,
      },
    });
    expect(check.is === 'frame' && hex(check.frame.payload)).toBe(hex(payload));
  });

  test('flipping any one bit of a frame makes it no frame of that length', () => {
    const frame = make(16, 100, new Uint8Array(26).fill(0x73));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = frame.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(checkSpartn(damaged).is === 'frame', `bit ${bit}`).toBe(false);
    }
  });

  test('a frame is asked for in steps and never judged early', () => {
    const frame = make(32, 452_044_800, new Uint8Array(40));
    for (let length = 0; length < frame.length; length++)
      expect(checkSpartn(frame.subarray(0, length)).is, `${length} bytes`).toBe('more');
    expect(checkSpartn(frame).is).toBe('frame');
  });

  test('a cut recording joined again is the recording, damage included', () => {
    const recording = Buffer.concat([
      Buffer.from('noise s', 'latin1'),
      make(16, 5, new Uint8Array(30).fill(1)),
      make(16, 5, new Uint8Array(30).fill(2)).fill(0, 20, 22),
      make(32, 452_044_805, new Uint8Array(500).fill(3)),
      Buffer.from([0x73, 0, 1]),
    ]);
    const pieces = cutSpartn(recording);
    expect(pieces.map((piece) => piece.is)).toEqual(['junk', 'frame', 'junk', 'frame', 'junk']);
    expect(hex(Buffer.concat(pieces.map((piece) => piece.bytes)))).toBe(hex(recording));
  });
});

describe('time', () => {
  test('recorded tags of the four constellations name the same second', () => {
    const recorded: [number, number][] = [
      [0, 452_044_800],
      [1, 452_055_582],
      [2, 452_044_800],
      [3, 452_044_786],
    ];
    for (const [subtype, timeTag] of recorded) {
      expect(halfDaySecond({ subtype, timeTag })).toBe(0);
      const gpsS = frameGpsSeconds({ subtype, timeTag, timeTagBits: 32 }, 0);
      expect(new Date(utcMsOfGps(gpsS)).toISOString()).toBe('2024-04-28T23:59:42.000Z');
      expect(timeTagFor(gpsS, subtype, 32)).toBe(timeTag);
    }
  });

  test('a 16-bit tag means the nearest half day, over the wrap too', () => {
    const gpsS = Math.floor(gpsSeconds(Date.UTC(2026, 0, 1, 23, 59, 42)));
    for (const subtype of [0, 1, 2, 3])
      for (const lateS of [-20, 0, 3, 7000]) {
        const timeTag = timeTagFor(gpsS, subtype, 16);
        expect(frameGpsSeconds({ subtype, timeTag, timeTagBits: 16 }, gpsS + lateS)).toBe(gpsS);
      }
  });
});

describe('keys', () => {
  test('the key message of the published vector comes out byte for byte', () => {
    const message = encodeSpartnKeys([
      { startUtcMs: 1_668_815_982_000, valueHex: '00112233445566778899aabbccddeeff' },
      { startUtcMs: 1_671_235_182_000, valueHex: 'ffeeddccbbaa99887766554433221100' },
    ]);
    expect(hex(message)).toBe(
      'b56202363400010200000010bc0800e907000010c00800e9070000112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100ebde',
    );
  });

  test('the current key is in force now and the next begins a millisecond after its end', () => {
    const clock = createFakeClock();
    const { current, next } = createSimKeys(clock).pair();
    expect(current.startUtcMs).toBeLessThanOrEqual(clock.wall());
    expect(current.startUtcMs + current.durationMs).toBeGreaterThan(clock.wall());
    expect(next.startUtcMs).toBe(current.startUtcMs + current.durationMs + 1);
    expect(next.startUtcMs - current.startUtcMs).toBe(28 * DAY_MS);
    expect(next.valueHex).not.toBe(current.valueHex);
    expect(current.valueHex).toMatch(/^[0-9a-f]{32}$/);
  });

  test('at a roll-over next becomes current, a new next is derived, and listeners are told once', async () => {
    const clock = createFakeClock();
    const keys = createSimKeys(clock, 'seed');
    const before = keys.pair();
    const told: string[] = [];
    const off = keys.onRollover((pair) => told.push(pair.current.valueHex));
    await clock.advance(28 * DAY_MS);
    expect(keys.pair().current).toEqual(before.next);
    expect(told).toEqual([before.next.valueHex]);
    off();
    expect(clock.pending).toBe(0);
  });

  test('the same seed gives the same keys in every process, another seed others', () => {
    const clock = createFakeClock();
    expect(createSimKeys(clock, 'a').pair()).toEqual(createSimKeys(createFakeClock(), 'a').pair());
    expect(createSimKeys(clock, 'b').pair().current.valueHex).not.toBe(
      createSimKeys(clock, 'a').pair().current.valueHex,
    );
  });
});

describe('the generated stream', () => {
  async function runFor(ms: number): Promise<{ messages: CorrectionMessage[]; first: CorrectionMessage[] }> {
    const clock = createFakeClock();
    const messages: CorrectionMessage[] = [];
    const stream = createCorrectionStream({ clock, keys: createSimKeys(clock), seed: 'x' });
    const stop = stream.start((message) => messages.push(message));
    const first = [...messages];
    await clock.advance(ms);
    stop();
    expect(clock.pending).toBe(0);
    return { messages, first };
  }

  test('the first subscriber gets orbits, area definition and atmosphere at once', async () => {
    const { first } = await runFor(0);
    expect(new Set(first.map((message) => message.group))).toEqual(new Set(['ocb', 'gad', 'hpac']));
  });

  test('four constellations of orbits come every 5 s, every third time with the long tag', async () => {
    const { messages } = await runFor(59_999);
    const ocb = framesOf(messages.filter((message) => message.group === 'ocb'));
    for (const subtype of [0, 1, 2, 3]) {
      const own = ocb.filter((frame) => frame.subtype === subtype);
      expect(own.map((frame) => frame.timeTagBits)).toEqual([32, 16, 16, 32, 16, 16, 32, 16, 16, 32, 16, 16]);
      const seconds = own.map(halfDaySecond);
      for (let i = 1; i < seconds.length; i++) expect(seconds[i]! - seconds[i - 1]!).toBe(5);
    }
  });

  test('atmosphere of four constellations and the area definition come every 30 s', async () => {
    const { messages } = await runFor(59_999);
    const hpac = framesOf(messages.filter((message) => message.group === 'hpac'));
    expect(new Set(hpac.map((frame) => `${halfDaySecond(frame)}/${frame.subtype}`)).size).toBe(8);
    const gad = framesOf(messages.filter((message) => message.group === 'gad'));
    expect(new Set(gad.map(halfDaySecond)).size).toBe(2);
  });

  test('a message holds one to four whole frames of one kind, sizes and volume as measured', async () => {
    const { messages } = await runFor(15 * 60_000 - 1);
    const limits = { ocb: [39, 266], hpac: [64, 605], gad: [63, 204] } as const;
    for (const message of messages) {
      const frames = framesOf([message]);
      expect(frames.length).toBeGreaterThanOrEqual(1);
      expect(frames.length).toBeLessThanOrEqual(4);
      for (const frame of frames) {
        expect(frame.type).toBe({ ocb: 0, hpac: 1, gad: 2 }[message.group]);
        expect(frame.bytes.length).toBeGreaterThanOrEqual(limits[message.group][0]);
        expect(frame.bytes.length).toBeLessThanOrEqual(limits[message.group][1]);
      }
    }
    const perSecond = messages.reduce((sum, message) => sum + message.payload.length, 0) / 900;
    expect(perSecond).toBeGreaterThan(280);
    expect(perSecond).toBeLessThan(370);
  });

  test('every frame carries the tag of the key in force at its own second, over a roll-over too', async () => {
    const clock = createFakeClock();
    const keys = createSimKeys(clock);
    const { next } = keys.pair();
    await clock.advance(next.startUtcMs - clock.wall() - 12_000);
    const messages: CorrectionMessage[] = [];
    const stop = createCorrectionStream({ clock, keys, seed: 'x' }).start((message) => messages.push(message));
    await clock.advance(24_000);
    stop();
    const used = framesOf(messages).map((frame) => {
      const key = keys.at(utcMsOfGps(frameGpsSeconds(frame, gpsSeconds(next.startUtcMs))));
      expect(hex(frame.payload.subarray(0, 8))).toBe(hex(payloadTag(key.valueHex, frame.header)));
      return key.valueHex === next.valueHex;
    });
    expect(new Set(used)).toEqual(new Set([false, true]));
  });

  test('under a very fast clock the stream stays at a few steps per real second', async () => {
    const fake = createFakeClock();
    const scale = 10_000;
    const clock = { ...fake, ioBudgetMs: (ms: number) => Math.max(ms, Math.min(ms, 3000) * scale) };
    let steps = 0;
    const stop = createCorrectionStream({ clock, keys: createSimKeys(clock), seed: 'x' }).start(({ group }) => {
      if (group === 'gad') steps++;
    });
    await fake.advance(3000 * scale);
    stop();
    expect(steps).toBe(3);
  });
});

describe('a played recording', () => {
  const start = Math.floor(gpsSeconds(Date.UTC(2024, 3, 28, 23, 59, 12)));
  const at = (gpsS: number, type: number, subtype: number, bits: 16 | 32, size: number): Uint8Array =>
    make(bits, timeTagFor(gpsS, subtype, bits), new Uint8Array(size).fill(gpsS & 255), type, subtype);
  /** Sixty seconds over the half-day wrap. */
  const recording = Buffer.concat(
    Array.from({ length: 13 }, (_, i) => {
      const gpsS = start + 5 * i;
      const ocb = [0, 1, 3, 2].map((system) => at(gpsS, 0, system, i % 3 === 0 ? 32 : 16, 30));
      return Buffer.concat([...(i % 6 === 0 ? [at(gpsS, 2, 0, 16, 60), at(gpsS, 1, 0, 32, 400)] : []), ...ocb]);
    }),
  );

  async function play(bytes: Uint8Array, speed: number) {
    const clock = createFakeClock();
    const stream = createCaptureStream({ clock }, { recording: bytes, speed });
    const sent: { atMs: number; message: CorrectionMessage }[] = [];
    const emit = (message: CorrectionMessage): void => void sent.push({ atMs: clock.mono(), message });
    return { clock, stream, sent, emit };
  }

  test('it goes out once, whole, in order, at its own pace divided by the speed', async () => {
    const { clock, stream, sent, emit } = await play(recording, 10);
    stream.start(emit);
    expect(new Set(sent.map(({ atMs }) => atMs))).toEqual(new Set([0]));
    await clock.advance(60_000);
    expect(stream.finished).toBe(true);
    expect(sent.at(-1)?.atMs).toBe(6000);
    expect(hex(Buffer.concat(sent.map(({ message }) => message.payload)))).toBe(hex(recording));
    const count = sent.length;
    stream.start(emit);
    await clock.advance(60_000);
    expect(sent.length).toBe(count);
  });

  test('stopped while nobody listens, it goes on where it was', async () => {
    const { clock, stream, sent, emit } = await play(recording, 1);
    const stop = stream.start(emit);
    await clock.advance(12_000);
    stop();
    await clock.advance(500_000);
    expect(stream.finished).toBe(false);
    stream.start(emit);
    await clock.advance(60_000);
    expect(hex(Buffer.concat(sent.map(({ message }) => message.payload)))).toBe(hex(recording));
  });

  test('the bytes of a damaged frame are sent as well, in their place', async () => {
    const damaged = Buffer.from(recording);
    damaged.writeUInt8(damaged.readUInt8(900) ^ 0x10, 900);
    const { clock, stream, sent, emit } = await play(damaged, 1);
    stream.start(emit);
    await clock.advance(61_000);
    expect(hex(Buffer.concat(sent.map(({ message }) => message.payload)))).toBe(hex(damaged));
    const kinds = sent.map(({ message }) => cutSpartn(message.payload).every((piece) => piece.is === 'frame'));
    expect(kinds.filter((isWhole) => !isWhole).length).toBe(1);
  });

  test('a message of whole frames holds at most four, all of the group it is sent as', () => {
    for (const { messages } of burstsOf(recording))
      for (const message of messages) {
        const frames = framesOf([message]);
        expect(frames.length).toBeLessThanOrEqual(4);
        for (const frame of frames) expect(frame.type).toBe({ ocb: 0, hpac: 1, gad: 2 }[message.group]);
      }
  });
});
