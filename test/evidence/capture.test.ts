// A guided capture raises the log's level for a time and brings it down again on every way out.
import { expect, test } from 'vitest';
import { capture } from '../../src/cli/evidence/capture.js';
import { createClock } from '../../src/core/index.js';
import { until } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';
import { openFakeDoor } from './door.js';

const clock = createClock();

test('what was said is kept, and the level is raised for its time only', () =>
  inScratch(async (runtimeDir) => {
    await using door = await openFakeDoor(runtimeDir, {}, { trace: [{ atMs: 1, direction: '>', text: 'AT' }] });
    const stop = new AbortController();
    const running = capture({ runtimeDir, clock, forMs: 60_000, signal: stop.signal });
    await until('it listens', () => door.listeners() === 1);
    door.emit('log', { id: 1, level: 'trace', event: 'modem.lost' });
    door.emit('status', { state: 'serving' });
    door.emit('log', { id: 2, event: 'modem.up' });
    // It was started anew in the middle.
    door.hangUp();
    await until('it listens again', () => door.listeners() === 1);
    door.emit('log', { id: 1, event: 'agent.started' });
    await until('that has come', () => door.levels.length === 2);
    stop.abort();
    const { log, trace, notes, isLowered } = await running;
    expect(log.map((line) => (JSON.parse(line) as { event: string }).event).slice(0, 2)).toEqual([
      'modem.lost',
      'modem.up',
    ]);
    expect(trace[0]).toEqual({ atMs: 1, direction: '>', text: 'AT' });
    expect(notes).toHaveLength(1);
    expect(isLowered).toBe(true);
    // Whatever becomes of the one who asks, the agent lowers it by itself.
    expect(door.levels).toEqual(['trace 90', expect.stringMatching(/^trace (?:89|90)$/), 'trace 0']);
  }));

test('an agent that is gone by the end is not waited for: it starts at its configured level', () =>
  inScratch(async (runtimeDir) => {
    const stop = new AbortController();
    const door = await openFakeDoor(runtimeDir);
    const running = capture({ runtimeDir, clock, forMs: 60_000, signal: stop.signal });
    await until('it listens', () => door.listeners() === 1);
    await door[Symbol.asyncDispose]();
    const from = clock.mono();
    stop.abort();
    expect(await running).toMatchObject({ isLowered: true, notes: [] });
    expect(clock.mono() - from).toBeLessThan(5000);
  }));

test('a failure while it records lowers it, too', () =>
  inScratch(async (runtimeDir) => {
    await using door = await openFakeDoor(runtimeDir);
    const onRecording = (): void => {
      throw new Error('the disk is full');
    };
    await expect(
      capture({ runtimeDir, clock, forMs: 60_000, signal: new AbortController().signal, onRecording }),
    ).rejects.toThrow('the disk is full');
    expect(door.levels).toEqual(['trace 90', 'trace 0']);
  }));

test('nobody there: said at once, nothing to lower', () =>
  inScratch(async (runtimeDir) => {
    const asked = capture({ runtimeDir, clock, forMs: 60_000, signal: new AbortController().signal });
    await expect(asked).rejects.toMatchObject({ code: 'status.unavailable' });
  }));
