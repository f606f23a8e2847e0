import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeIsBack } from '../../src/agent/lanes/node-watch.js';
import { createFakeClock } from '../../src/core/index.js';

function setUp(): Disposable & {
  path: string;
  wait(waitMs: number): { isDone: () => boolean };
  clock: ReturnType<typeof createFakeClock>;
} {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-node-'));
  const path = join(dir, 'tty');
  const clock = createFakeClock();
  const stop = new AbortController();
  return {
    path,
    clock,
    wait(waitMs) {
      let done = false;
      nodeIsBack(path, waitMs, clock, stop.signal).then(
        () => (done = true),
        () => undefined,
      );
      return { isDone: () => done };
    },
    [Symbol.dispose]() {
      stop.abort();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

test('an absent node is waited for, however long, and found within half a second', async () => {
  using t = setUp();
  const waiting = t.wait(500);
  await t.clock.advance(60_000);
  expect(waiting.isDone()).toBe(false);
  writeFileSync(t.path, '');
  await t.clock.advance(500);
  expect(waiting.isDone()).toBe(true);
});

test('a node that is there and does not work gets its whole wait', async () => {
  using t = setUp();
  writeFileSync(t.path, '');
  const waiting = t.wait(20_000);
  await t.clock.advance(19_000);
  expect(waiting.isDone()).toBe(false);
  await t.clock.advance(1100);
  expect(waiting.isDone()).toBe(true);
});

test('another node in its place cuts the wait short', async () => {
  using t = setUp();
  writeFileSync(t.path, '');
  const waiting = t.wait(20_000);
  await t.clock.advance(1000);
  rmSync(t.path);
  await t.clock.advance(1000);
  writeFileSync(t.path, '');
  await t.clock.advance(1000);
  expect(waiting.isDone()).toBe(true);
});

test('a path that leads in a circle counts as absent and does no harm', async () => {
  using t = setUp();
  symlinkSync(t.path, t.path);
  const waiting = t.wait(500);
  await t.clock.advance(5000);
  expect(waiting.isDone()).toBe(false);
  rmSync(t.path);
  writeFileSync(t.path, '');
  await t.clock.advance(500);
  expect(waiting.isDone()).toBe(true);
});
