import { expect, test } from 'vitest';
import { createFakeClock, scrubber, silentLogger } from '../../../src/core/index.js';
import { createKeyIntake } from '../../../src/services/pointperfect/key-intake.js';

const hex = (n: number): string => n.toString(16).padStart(32, 'a');
const message = (n: number): Buffer =>
  Buffer.from(JSON.stringify({ current: { start: 1, duration: 2, value: hex(n) } }));

function bench() {
  const clock = createFakeClock();
  const given: (string | undefined)[] = [];
  let told = 0;
  const intake = createKeyIntake({
    sink: {
      feed: () => undefined,
      framesTaken: 0,
      restart: () => undefined,
      setKeys: ([key]) => void given.push(key?.value.reveal()),
    },
    clock,
    log: silentLogger,
    onKeys: () => told++,
    leapSeconds: 18,
    initial: {},
  });
  return { clock, intake, given, told: () => told };
}

test('keys that change all the time are taken every ten seconds: the first at once, of those that wait the newest', async () => {
  const { clock, intake, given, told } = bench();
  for (let n = 0; n < 150; n++) {
    intake.take(message(n));
    await clock.advance(100);
  }
  await clock.advance(60_000);
  expect(given).toEqual([hex(0), hex(99), hex(149)]);
  expect(told()).toBe(3);
  expect(intake.messages).toBe(150);
  // What was not taken was not made a secret of either.
  expect(scrubber.scrub(hex(50))).toBe(hex(50));
  expect(clock.pending).toBe(0);
});

test('the same keys are taken once a session; they undo a change that waits, rubbish does not', async () => {
  const { clock, intake, given } = bench();
  intake.handOver();
  for (let n = 0; n < 5; n++) {
    intake.take(message(1));
    await clock.advance(11_000);
  }
  expect(given).toEqual([hex(1)]);
  intake.take(message(2));
  intake.take(message(3));
  intake.take(message(2));
  await clock.advance(11_000);
  expect(given).toEqual([hex(1), hex(2)]);
  intake.take(message(4));
  intake.take(message(5));
  intake.take(message(4));
  intake.take(Buffer.from('rubbish'));
  await clock.advance(11_000);
  expect(given).toEqual([hex(1), hex(2), hex(4)]);
  intake.take(message(4));
  intake.take(message(6));
  intake.take(Buffer.from('rubbish'));
  expect(given.at(-1)).toBe(hex(6));
  expect(intake.malformed).toBe(2);
});

test('what waits at the end of a session waits for the next one, without a timer', async () => {
  const { clock, intake, given } = bench();
  intake.take(message(1));
  intake.take(message(2));
  intake.rest();
  expect(clock.pending).toBe(0);
  await clock.advance(60_000);
  expect(given).toEqual([hex(1)]);
  intake.handOver();
  expect(given).toEqual([hex(1), hex(1), hex(2)]);
});
