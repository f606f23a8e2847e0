import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createModemLane } from '../../src/agent/lanes/modem.js';
import { LADDER_START, type LadderState } from '../../src/agent/recovery.js';
import { createFakeClock, type ErrorCode, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { Modem } from '../../src/modem/index.js';

async function fail(code: ErrorCode, times: number): Promise<string[]> {
  const clock = createFakeClock();
  const taken: string[] = [];
  let state: LadderState = LADDER_START;
  const lane = createModemLane(
    {
      modem: { recover: (rung: string) => Promise.resolve(void taken.push(rung)) } as unknown as Modem,
      lamps: createLampBoard(['modem', 'sim', 'network'], clock, silentLogger),
      clock,
      log: silentLogger,
      ladder: { load: () => Promise.resolve(state), save: (next) => Promise.resolve(void (state = next)) },
      powerCycle: () => Promise.resolve(void taken.push('power')),
    },
    { port: '/dev/none', moduleReset: true, limits: { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 } },
  );
  const { signal } = new AbortController();
  for (let attempt = 1; attempt <= times; attempt++) {
    const seen = { isOver: false };
    const failure = { error: new WaymarkError(code, 'x'), attempt, outageMs: 0, waitMs: 1 };
    void lane.onFailure?.(failure, signal)?.then(() => (seen.isOver = true));
    // A rung is given its time before it is judged.
    while (!seen.isOver) await clock.advance(1000);
  }
  return taken;
}

test('a port that another program holds never resets the module nor cuts its power', async () => {
  expect(await fail('link.busy', 20)).toEqual([]);
});

test('a module that is unplugged again and again is neither reset nor cut off for it', async () => {
  expect(await fail('link.closed', 20)).toEqual([]);
});

test('a module that does not answer climbs to reset and power', async () => {
  expect(await fail('link.stalled', 20)).toEqual(['module-reset', 'power']);
});
