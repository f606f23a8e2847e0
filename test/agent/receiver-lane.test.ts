import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { showFix } from '../../src/agent/lanes/receiver.js';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import type { Receiver } from '../../src/gnss/index.js';

test('the antenna is blamed only while the receiver speaks', async () => {
  const clock = createFakeClock();
  const lamps = createLampBoard(['fix'], clock, silentLogger);
  const heard: { lastFrameMonoMs?: number } = {};
  const receiver = {
    snapshot: () => ({ running: true, fix: { quality: 'none', atMonoMs: 0 }, ...heard }),
  } as unknown as Receiver;
  const detail = (): string | undefined => {
    showFix({ receiver, lamps, clock });
    return lamps.condition().lamps.fix.detail;
  };
  expect(detail()).toContain('baud rate');
  heard.lastFrameMonoMs = clock.mono();
  expect(detail()).toContain('antenna');
  await clock.advance(60_000);
  expect(detail()).toContain('baud rate');
});
