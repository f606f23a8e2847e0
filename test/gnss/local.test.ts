// What local programs hear of the receiver, and how what they send reaches it.
import { describe, expect, test } from 'vitest';
import { createFakeClock, sleep } from '../../src/core/index.js';
import { createFeeder, createLocalWriter } from '../../src/gnss/index.js';
import { nmea, ubx } from './frames.js';
import { besides, createRig } from './rig.js';

const ASK = ubx(0x0a, 0x06);
const QUESTION = nmea('PUBX,00');
const frame = (n: number): Buffer => ubx(0x13, 0x40, Buffer.from([n]));

describe('what the receiver sends', () => {
  test('reaches every listener as it came, whoever sends it, and over reconnections', async () => {
    const { receiver, run, ends, settle } = createRig();
    const heard: string[] = [];
    const off = receiver.onBytes((chunk) => heard.push(Buffer.from(chunk).toString('hex')));
    const first = run();
    await settle();
    await ends[0]!.send(Buffer.from('00ff', 'hex'));
    await settle();
    expect(heard).toEqual(['00ff']);
    first.stop();
    await first.ended;
    const second = run();
    await settle();
    await ends[1]!.send(Buffer.from('b562', 'hex'));
    await settle();
    expect(heard).toEqual(['00ff', 'b562']);
    off();
    await ends[1]!.send(Buffer.from('01', 'hex'));
    await settle();
    expect(heard).toHaveLength(2);
    second.stop();
    await second.ended;
  });
});

describe('what a program sends', () => {
  test('goes down whole, between corrections, once a receiver is there', async () => {
    const { receiver, run, ends, settle } = createRig();
    const [a, b] = [receiver.localWriter(), receiver.localWriter()];
    a.write(ASK);
    expect(a.counters).toEqual({ frames: 0, refused: 1, skippedBytes: 0 });
    const going = run();
    await settle();
    a.write(ASK);
    expect(a.counters.refused).toBe(2);
    await ends[0]!.hello();
    await settle();
    // Half of a message, a correction, half of another's, and the other halves.
    a.write(ASK.subarray(0, 5));
    void receiver.feed('ubx', frame(1));
    await settle();
    b.write(Buffer.concat([Buffer.from('babble'), QUESTION.subarray(0, -1)]));
    a.write(ASK.subarray(5));
    b.write(QUESTION.subarray(-1));
    await settle();
    expect(besides(ends[0]!.bytes()).toString('hex')).toBe(Buffer.concat([frame(1), ASK, QUESTION]).toString('hex'));
    expect(b.counters).toEqual({ frames: 1, refused: 0, skippedBytes: 6 });
    expect(receiver.snapshot().counters).toMatchObject({ localToReceiver: 2, framesToReceiver: 1 });
    going.stop();
    await going.ended;
  });

  test.each([100, 1000])('of %i bytes each in a flood: corrections arrive all the same', async (size) => {
    const clock = createFakeClock();
    const feeder = createFeeder({ clock }, { maxAgeMs: 10_000, maxQueuedBytes: 65_536 });
    const stop = new AbortController();
    const bytesPerS = 1000;
    const ended = feeder
      .run({ write: (bytes) => sleep(clock, (bytes.length / bytesPerS) * 1000, stop.signal) }, { signal: stop.signal })
      .catch((error: unknown) => error);
    // Four fifths of what the port carries are corrections.
    for (let second = 0; second < 60; second++) {
      for (let n = 0; n < 5; n++) feeder.offer(new Uint8Array(160));
      for (let tenth = 0; tenth < 10; tenth++) {
        while (feeder.offerLocal(new Uint8Array(size)));
        await clock.advance(100);
      }
    }
    expect(feeder.counters).toMatchObject({ droppedStale: 0, droppedOverflow: 0 });
    expect(feeder.counters.framesToReceiver).toBeGreaterThan(285);
    // What corrections leave is theirs.
    expect(feeder.counters.localToReceiver * size).toBeGreaterThan(60 * 100);
    // On a port this slow a long one is not taken at all.
    expect(feeder.offerLocal(new Uint8Array(1025))).toBe(false);
    stop.abort(new Error('over'));
    await ended;
  });

  test('waits in a bounded queue, alternates with corrections, and is gone with the port', async () => {
    const feeder = createFeeder({ clock: createFakeClock() }, { maxAgeMs: 10_000, maxQueuedBytes: 65_536 });
    expect(feeder.offerLocal(ASK)).toBe(false);
    const stop = new AbortController();
    const written: number[] = [];
    const gates: (() => void)[] = [];
    const ended = feeder.run(
      {
        write: (bytes) => {
          written.push(bytes.length);
          return new Promise((resolve) => gates.push(resolve));
        },
      },
      { signal: stop.signal },
    );
    const settled = ended.catch((error: unknown) => error);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    feeder.offer(frame(1));
    await turn();
    const taken = Array.from({ length: 40 }, () => feeder.offerLocal(ASK));
    expect(taken.filter(Boolean)).toHaveLength(32);
    feeder.offer(frame(2));
    for (let i = 0; i < 3; i++) {
      gates.shift()?.();
      await turn();
    }
    // A correction, one of the program's, the next correction, one of the program's.
    expect(written).toEqual([frame(1).length, ASK.length, frame(2).length, ASK.length]);
    feeder.setOpen(false);
    expect(feeder.offerLocal(ASK)).toBe(false);
    feeder.clear();
    feeder.setOpen(true);
    gates.shift()?.();
    await turn();
    expect(written).toHaveLength(4);
    stop.abort(new Error('over'));
    expect(await settled).toMatchObject({ message: 'over' });
  });

  test('is copied: the network’s buffer may be used again', () => {
    const got: Uint8Array[] = [];
    const writer = createLocalWriter((whole) => got.push(whole) > 0);
    const buffer = Buffer.from(ASK);
    writer.write(buffer);
    buffer.fill(0);
    expect(Buffer.from(got[0]!).equals(ASK)).toBe(true);
  });
});
