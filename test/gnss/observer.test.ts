import { expect, test } from 'vitest';
import { createFakeClock, createLogger } from '../../src/core/index.js';
import { createCorrectionHealth } from '../../src/gnss/health.js';
import { createObserver } from '../../src/gnss/observer.js';
import { ubx } from './frames.js';

test('what the receiver is goes to the log when it is another, however often it says so', () => {
  const clock = createFakeClock();
  const said: unknown[] = [];
  const log = createLogger({
    level: 'info',
    output: { write: () => undefined, dropped: 0 },
    now: () => clock.wall(),
    tap: (line) => said.push(line['software']),
  });
  const observer = createObserver({ clock, log, health: createCorrectionHealth({ clock }) }, 'ubx');
  const version = (letter: string): Buffer => ubx(0x0a, 0x04, Buffer.alloc(70, letter));
  for (let n = 0; n < 1000; n++) observer.ubx(version('A'));
  expect(said).toEqual(['A'.repeat(30)]);
  observer.reset();
  observer.ubx(version('A'));
  observer.ubx(version('B'));
  expect(said).toEqual(['A'.repeat(30), 'B'.repeat(30)]);
  expect(observer.version?.software).toBe('B'.repeat(30));
});
