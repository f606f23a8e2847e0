// A guided capture raises the log's level and brings it down again on every way out.
import { expect, test } from 'vitest';
import { capture } from '../../src/cli/evidence/capture.js';
import { createClock } from '../../src/core/index.js';
import { until } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';
import { openFakeDoor } from './door.js';

const clock = createClock();

test('by its time: what was said is kept, and the level is the one before', () =>
  inScratch(async (runtimeDir) => {
    await using door = await openFakeDoor(
      runtimeDir,
      {},
      { level: 'warn', trace: [{ atMs: 1, direction: '>', text: 'AT' }] },
    );
    const stop = new AbortController();
    const running = capture({ runtimeDir, clock, forMs: 60_000, signal: stop.signal });
    await until('it listens', () => door.listeners() === 1);
    door.emit('log', { id: 1, event: 'modem.lost' });
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
    expect(door.levels).toEqual(['trace', 'trace', 'warn']);
  }));

test.each(['trace', 'info'])('a level of %s before it: it is never left at trace', (level) =>
  inScratch(async (runtimeDir) => {
    await using door = await openFakeDoor(runtimeDir, {}, { level });
    expect((await capture({ runtimeDir, clock, forMs: 1, signal: new AbortController().signal })).isLowered).toBe(true);
    expect(door.levels).toEqual(['trace', 'info']);
  }),
);

test('a failure while it records lowers it, too', () =>
  inScratch(async (runtimeDir) => {
    await using door = await openFakeDoor(runtimeDir, {}, { level: 'debug' });
    const onRecording = (): void => {
      throw new Error('the disk is full');
    };
    await expect(
      capture({ runtimeDir, clock, forMs: 60_000, signal: new AbortController().signal, onRecording }),
    ).rejects.toThrow('the disk is full');
    expect(door.levels).toEqual(['trace', 'debug']);
  }));

test('nobody there: said at once, nothing to lower', () =>
  inScratch(async (runtimeDir) => {
    const asked = capture({ runtimeDir, clock, forMs: 60_000, signal: new AbortController().signal });
    await expect(asked).rejects.toMatchObject({ code: 'status.unavailable' });
  }));
