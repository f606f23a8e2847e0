// Assistance through the one writer: with flow control, time of the moment first, and never inside a correction frame.
import { describe, expect, test } from 'vitest';
import { type CoarsePosition, createFakeClock } from '../../src/core/index.js';
import {
  type AssistReport,
  type AssistRequest,
  aidAccuracyM,
  createFeeder,
  iniPosLlhFrame,
  iniTimeUtcFrame,
  mgaKey,
  parseMgaAck,
  passableAids,
} from '../../src/gnss/index.js';
import { playReceiver } from './far-side.js';
import { mgaAck, rxmCor, spartn, ubx } from './frames.js';
import { createRig } from './rig.js';

const ACKAIDING = 0x10110025;
const NOON = Date.UTC(2026, 6, 1, 12, 0, 0, 250);
/** GPS ephemeris of one satellite, 76 bytes on the wire. */
const orbit = (sv: number): Buffer =>
  ubx(0x13, 0x00, Buffer.concat([Buffer.from([1, 0, sv, 0]), Buffer.alloc(64, sv)]));
const orbits = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => orbit(i + 1));
const PLACE: CoarsePosition = {
  latitudeDeg: 53.45,
  longitudeDeg: -2.24,
  altitudeMslM: 71.5,
  accuracyM: 3000,
  quality: '3d',
  ageMs: 0,
  from: 'cell',
};

async function scene(options: Parameters<typeof playReceiver>[2] = {}, configure = false) {
  const rig = createRig({ configure });
  const needy = { times: 0 };
  rig.receiver.onNeedy(() => needy.times++);
  const { stop, ended } = rig.run();
  await rig.settle();
  const far = playReceiver(rig, rig.ends[0]!, options);
  await rig.settle();
  await far.pvt();
  await rig.clock.advance(100);
  const outcome = (request: AssistRequest, signal = new AbortController().signal) => {
    const done: { report?: AssistReport; error?: unknown } = {};
    rig.receiver.assist(request, { signal }).then(
      (report) => (done.report = report),
      (error: unknown) => (done.error = error),
    );
    return done;
  };
  const aids = (): Buffer[] => far.frames.filter((f) => f[2] === 0x13);
  return { rig, far, needy, stop, ended, outcome, aids };
}

describe('messages', () => {
  test('acknowledgements as a receiver sends them', () => {
    const time = Buffer.from('b562136008000100004010000012deee', 'hex');
    expect(parseMgaAck(time)).toEqual({ isAccepted: true, infoCode: 0, key: '64 16 0 0 18' });
    expect(mgaKey(iniTimeUtcFrame({ utcMs: NOON, accuracyMs: 10, leapSeconds: 18 }))).toBe('64 16 0 0 18');
    const orbitRefused = Buffer.from('b5621360080000000100010002007f62', 'hex');
    expect(parseMgaAck(orbitRefused)).toEqual({ isAccepted: false, infoCode: 1, key: '0 1 0 2 0' });
    expect(mgaKey(orbit(2))).toBe('0 1 0 2 0');
    expect(parseMgaAck(orbit(2))).toBeUndefined();
  });

  test('time of the moment, with its accuracy', () => {
    const frame = Buffer.from(iniTimeUtcFrame({ utcMs: NOON, accuracyMs: 2500, leapSeconds: 18 }));
    const wanted = Buffer.alloc(24);
    wanted.set([0x10, 0, 0, 18, 2026 & 0xff, 2026 >> 8, 7, 1, 12, 0, 0]);
    wanted.writeUInt32LE(250e6, 12);
    wanted.writeUInt16LE(2, 16);
    wanted.writeUInt32LE(500e6, 20);
    expect(frame.equals(ubx(0x13, 0x40, wanted))).toBe(true);
  });

  test('position in its units', () => {
    const wanted = Buffer.alloc(20);
    wanted[0] = 1;
    wanted.writeInt32LE(534_500_000, 4);
    wanted.writeInt32LE(-22_400_000, 8);
    wanted.writeInt32LE(7150, 12);
    wanted.writeUInt32LE(300_000, 16);
    const frame = iniPosLlhFrame({ ...PLACE, altitudeM: 71.5, accuracyM: 3000 });
    expect(Buffer.from(frame).equals(ubx(0x13, 0x40, wanted))).toBe(true);
  });

  const at = (part: Partial<CoarsePosition>): CoarsePosition => {
    const { accuracyM: _, ...place } = PLACE;
    return { ...place, ...part };
  };
  test.each([
    ['a cell position keeps what it says', at({ accuracyM: 3000 }), 3000],
    ['a configured one is good for a region', at({ from: 'configured' }), 100_000],
    ['a configured one does not move', at({ from: 'configured', accuracyM: 500, ageMs: 1e9 }), 500],
    ['one of an hour ago may have moved', at({ from: 'held', ageMs: 3_600_000 }), 1000 + 144_000],
    ['a fix is not believed to the centimetre', at({ from: 'receiver', accuracyM: 0.01 }), 100],
  ] as const)('%s', (_what, position, accuracyM) => {
    expect(aidAccuracyM(position)).toBe(accuracyM);
  });

  test('without an altitude the place is not better than the height of the land', () => {
    const { altitudeMslM: _, ...flat } = PLACE;
    expect(aidAccuracyM(flat)).toBe(5000);
  });

  test('only whole assistance messages pass, and no time of old', () => {
    const broken = orbit(3);
    broken[20]! ^= 1;
    const time = Buffer.from(iniTimeUtcFrame({ utcMs: NOON, accuracyMs: 10, leapSeconds: 18 }));
    const gnssTime = ubx(0x13, 0x40, Buffer.from([0x11, ...Buffer.alloc(23)]));
    const reset = ubx(0x06, 0x04, Buffer.alloc(4));
    const two = Buffer.concat([orbit(1), orbit(2)]);
    const frames = [orbit(1), broken, time, gnssTime, reset, two, mgaAck(orbit(1)), Buffer.alloc(0), orbit(2)];
    expect(passableAids(frames)).toEqual([orbit(1), orbit(2)]);
  });
});

describe('injection', () => {
  test('time, position, then the rest in order, each counted by its answer', async () => {
    const { rig, outcome, aids, stop } = await scene({ aid: (f) => (f.equals(orbit(2)) ? 3 : 0) });
    const done = outcome({ frames: orbits(40), utc: { ms: NOON, accuracyMs: 50 }, position: PLACE });
    await rig.clock.advance(100);
    expect(done.report).toMatchObject({ accepted: 41, refused: 1, unanswered: 0, infoCodes: { 3: 1 } });
    expect(aids()).toHaveLength(42);
    expect(aids().map((f) => f[6])).toEqual([0x10, 1, ...orbits(40).map(() => 1)]);
    expect(aids().slice(2)).toEqual(orbits(40));
    expect(rig.receiver.snapshot().counters).toMatchObject({ aidsToReceiver: 42, framesToReceiver: 0 });
    stop();
  });

  test('no time without a trusted clock', async () => {
    const { rig, outcome, aids, stop } = await scene({ aid: () => 0 });
    const done = outcome({ frames: [orbit(1)] });
    await rig.clock.advance(10);
    expect(done.report).toMatchObject({ accepted: 1 });
    expect(aids()).toEqual([orbit(1)]);
    stop();
  });

  test('about a thousand bytes are out, then one message for each that is acknowledged', async () => {
    const { rig, far, outcome, aids, stop } = await scene();
    const done = outcome({ frames: orbits(40) });
    await rig.clock.advance(1000);
    expect(aids()).toHaveLength(13);
    for (let n = 0; n < 27; n++) {
      await rig.ends[0]!.send(mgaAck(orbit(n + 1)));
      await rig.clock.advance(10);
      expect(aids()).toHaveLength(14 + n);
    }
    for (let n = 27; n < 40; n++) await rig.ends[0]!.send(mgaAck(orbit(n + 1)));
    await rig.clock.advance(10);
    expect(done.report).toMatchObject({ accepted: 40, unanswered: 0 });
    expect(far.lostBytes).toBe(0);
    stop();
  });

  test('a message without an answer is sent three times, five seconds apart', async () => {
    const { rig, outcome, aids, stop } = await scene({ aid: (f) => (f.equals(orbit(2)) ? undefined : 0) });
    const done = outcome({ frames: orbits(3) });
    await rig.clock.advance(14_900);
    expect(done.report).toBeUndefined();
    await rig.clock.advance(200);
    expect(done.report).toMatchObject({ accepted: 2, unanswered: 1, refused: 0 });
    expect(aids().filter((f) => f.equals(orbit(2)))).toHaveLength(3);
    stop();
  });

  test('a receiver that acknowledges nothing gets the rest at a slow pace', async () => {
    const { rig, outcome, aids, stop } = await scene();
    const done = outcome({ frames: orbits(40) });
    await rig.clock.advance(5000);
    await rig.clock.advance(500);
    expect(aids().length).toBeGreaterThan(20);
    expect(aids().length).toBeLessThan(26);
    await rig.clock.advance(1500);
    expect(done.report).toMatchObject({ accepted: 0, refused: 0, unanswered: 40 });
    expect(aids()).toEqual(orbits(40));
    stop();
  });

  test('a receiver that goes deaf gets the rest at a slow pace, too', async () => {
    let heard = 0;
    const { rig, outcome, aids, stop } = await scene({ aid: () => (heard++ === 0 ? 0 : undefined) });
    const done = outcome({ frames: orbits(100) });
    await rig.clock.advance(20_000);
    expect(done.report).toMatchObject({ accepted: 1, refused: 0, unanswered: 99 });
    expect(new Set(aids().map((frame) => frame[8])).size).toBe(100);
    stop();
  });

  test('two minutes are the end of it, however it goes; the rest counts as unanswered', async () => {
    const { rig, outcome, aids, stop } = await scene();
    const done = outcome({ frames: orbits(500) });
    let answered = 0;
    // Each message is acknowledged, but late: thirteen in four seconds.
    for (let n = 0; n < 30; n++) {
      expect(done.report).toBeUndefined();
      await rig.clock.advance(4000);
      const due = aids().slice(answered);
      answered += due.length;
      for (const frame of due) await rig.ends[0]!.send(mgaAck(frame));
    }
    await rig.clock.advance(10);
    expect(done.report).toMatchObject({ accepted: 29 * 13, refused: 0, unanswered: 500 - 29 * 13 });
    const before = aids().length;
    await rig.clock.advance(60_000);
    expect(aids()).toHaveLength(before);
    stop();
  });

  test('one that has refused to acknowledge is not waited for', async () => {
    const { rig, outcome, aids, stop } = await scene({ unknownKeys: [ACKAIDING] }, true);
    await rig.clock.advance(100);
    const done = outcome({ frames: orbits(20) });
    await rig.clock.advance(1100);
    expect(done.report).toMatchObject({ unanswered: 20 });
    expect(aids()).toHaveLength(20);
    stop();
  });

  test('where no time is known it is sent again, once, and what was refused for it, once', async () => {
    let times = 0;
    const { rig, outcome, aids, stop } = await scene({
      aid(frame) {
        if (frame[6] === 0x10) return ++times === 1 ? undefined : 0;
        return times < 2 || frame.equals(orbit(3)) ? 1 : 0;
      },
    });
    const done = outcome({ frames: orbits(5), utc: { ms: NOON, accuracyMs: 50 } });
    await rig.clock.advance(20_000);
    expect(done.report).toMatchObject({ accepted: 4 + 2, refused: 1, infoCodes: { 1: 3 } });
    expect(aids().filter((f) => f.equals(orbit(3)))).toHaveLength(2);
    expect(done.report!.unanswered).toBe(0);
    stop();
  });

  test('the time is that of its writing, though the writer was busy', async () => {
    const { rig, outcome, aids, stop } = await scene({ aid: () => 0 });
    const first = outcome({ frames: orbits(1) });
    const second = outcome({ frames: [], utc: { ms: NOON, accuracyMs: 50 } });
    await rig.clock.advance(10);
    expect([first.report?.accepted, second.report?.accepted]).toEqual([1, 1]);
    const lost = await scene({ aid: (f) => (f[6] === 0x10 ? undefined : 0) });
    const late = lost.outcome({ frames: orbits(1), utc: { ms: NOON, accuracyMs: 50 } });
    await lost.rig.clock.advance(15_100);
    expect(late.report).toMatchObject({ accepted: 1, unanswered: 1 });
    const seconds = lost.aids().filter((f) => f[6] === 0x10);
    expect(seconds.map((f) => f[16]!)).toEqual([0, 5, 10]);
    expect(aids()).toHaveLength(2);
    stop();
    lost.stop();
  });

  test('while corrections wait, one message at most goes between two of them, and no frame is torn', async () => {
    const clock = createFakeClock();
    const writes: Buffer[] = [];
    const feeder = createFeeder({ clock }, { maxAgeMs: 10_000, maxQueuedBytes: 65_536 });
    const correction = spartn({ payload: Buffer.alloc(400, 0x5c) });
    for (let n = 0; n < 100; n++) feeder.offer(correction);
    void (async () => {
      for (const frame of orbits(30)) await feeder.aid(() => frame);
    })();
    const end = new AbortController();
    const port = { write: async (bytes: Uint8Array) => void writes.push(Buffer.from(bytes)) };
    void feeder.run(port, { signal: end.signal }).catch(() => undefined);
    await clock.advance(10);
    const kinds = writes.map((bytes) => (bytes[0] === 0xb5 ? 'aid' : 'corrections'));
    const last = kinds.lastIndexOf('corrections');
    expect(kinds.slice(0, last).join(' ')).not.toContain('aid aid');
    expect(kinds.slice(0, last).filter((kind) => kind === 'aid').length).toBeGreaterThan(5);
    expect(feeder.counters).toMatchObject({ aidsToReceiver: 30, framesToReceiver: 100, droppedStale: 0 });
    for (const bytes of writes) expect(bytes.length % (bytes[0] === 0xb5 ? orbit(1) : correction).length).toBe(0);
    end.abort();
  });

  test('it ends with the connection, and with its signal', async () => {
    const { rig, outcome, ended } = await scene();
    const cut = outcome({ frames: orbits(40) });
    const stop = new AbortController();
    const stopped = outcome({ frames: orbits(1) }, stop.signal);
    await rig.settle();
    stop.abort(new Error('not wanted any more'));
    await rig.settle();
    expect(stopped.error).toEqual(new Error('not wanted any more'));
    await rig.ends[0]!.link[Symbol.asyncDispose]();
    await ended;
    await rig.settle();
    expect(cut.error).toMatchObject({ code: 'link.closed' });
    const none = outcome({ frames: orbits(1) });
    await rig.settle();
    expect(none.error).toMatchObject({ code: 'link.closed' });
    expect(rig.clock.pending).toBe(0);
  });

  test('paced delivery holds for assistance, too', async () => {
    const { rig, outcome, aids, stop } = await scene({ uart: { bufferBytes: 128, bytesPerMs: 3.84 }, aid: () => 0 });
    for (let s = 0; s < 12; s++) {
      await rig.ends[0]!.send(rxmCor({ bad: true }));
      await rig.clock.advance(1000);
    }
    expect(rig.receiver.snapshot().delivery).toBe('paced');
    const done = outcome({ frames: orbits(20) });
    await rig.clock.advance(3000);
    expect(done.report).toMatchObject({ accepted: 20 });
    expect(aids()).toEqual(orbits(20));
    stop();
  });
});
