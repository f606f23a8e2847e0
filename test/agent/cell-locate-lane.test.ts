import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createCellLocateLane } from '../../src/agent/lanes/cell-locate.js';
import { createSupervisor } from '../../src/agent/supervisor.js';
import { createFakeClock, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import { type CellPosition, createCellLocateService, type ModuleCellLocate } from '../../src/services/index.js';

const PLACE: CellPosition = { latitudeDeg: 48.2, longitudeDeg: 16.4, altitudeM: 0, uncertaintyM: 480, sensor: 'cell' };

function setUp(locate: ModuleCellLocate['locate'], everyHours = 6) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const lamps = createLampBoard(['modem', 'sim', 'network', 'session'], clock, silentLogger);
  const supervisor = createSupervisor({ clock, log: silentLogger, random: () => 0.5, onChange: () => undefined });
  const seen = { asked: 0, positions: 0, changes: 0 };
  const service = createCellLocateService(
    {
      module: {
        locate(request, options) {
          seen.asked++;
          return locate(request, options);
        },
      },
      token: {
        get: () => Promise.resolve({ value: new Secret('location-token', 'Token-of-the-lane-0123456'), generation: 1 }),
        report: () => undefined,
        generation: () => 1,
        onChange: () => () => undefined,
      },
      isPositionKnown: () => false,
      onPosition: () => {
        seen.positions++;
      },
      clock,
      log: silentLogger,
      random: () => 0.5,
    },
    { primary: 'a', secondary: 'b', scan: 'normal', timeoutSeconds: 60, accuracyM: 1000, everyHours },
  );
  const lane = createCellLocateLane({ service, lamps, onChange: () => (seen.changes += 1) });
  const other = { runs: 0 };
  const ended = supervisor.run(
    [
      lane,
      {
        name: 'other',
        run: ({ signal, ok }) => {
          other.runs++;
          ok();
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('stopped')));
          });
        },
        policy: () => ({ baseMs: 1000, capMs: 1000, quickForMs: 0 }),
      },
    ],
    stop.signal,
  );
  return { clock, stop, lamps, supervisor, seen, other, ended };
}

test('asks nothing before the network lamp is lit, and says what it does', async () => {
  const set = setUp(() => Promise.resolve(PLACE));
  await set.clock.advance(3_600_000);
  expect(set.seen.asked).toBe(0);
  expect(set.supervisor.part('cell-locate')).toMatchObject({ state: 'waiting' });
  set.lamps.lit('network', 'home');
  await set.clock.advance(1000);
  expect(set.seen).toMatchObject({ asked: 1, positions: 1 });
  expect(set.supervisor.part('cell-locate')).toMatchObject({ state: 'known', restarts: 0 });
  expect(set.seen.changes).toBeGreaterThan(0);
  set.stop.abort();
  await set.ended;
  expect(set.clock.pending).toBe(0);
});

test('failures stay in the lane: no lamp goes dark, and no other lane is touched', async () => {
  const set = setUp(() => Promise.reject(new WaymarkError('celllocate.server', 'no connection')));
  set.lamps.lit('network', 'home');
  await set.clock.advance(24 * 3_600_000);
  expect(set.seen.asked).toBeGreaterThan(3);
  expect(set.supervisor.part('cell-locate')).toMatchObject({ state: 'paused', restarts: 0 });
  expect(set.other.runs).toBe(1);
  expect(Object.values(set.lamps.condition().lamps).some(({ state }) => state === 'dark')).toBe(false);
  set.stop.abort();
  await set.ended;
});

test('a defect is tried again by the supervisor, after a minute at most', async () => {
  let calls = 0;
  const set = setUp(() => (calls++ === 0 ? Promise.reject(new TypeError('a defect')) : Promise.resolve(PLACE)));
  set.lamps.lit('network', 'home');
  await set.clock.advance(90_000);
  expect(set.seen).toMatchObject({ asked: 2, positions: 1 });
  expect(set.other.runs).toBe(1);
  set.stop.abort();
  await set.ended;
});

test('with nothing more to ask the lane is done', async () => {
  const set = setUp(() => Promise.resolve(PLACE), 0);
  set.lamps.lit('network', 'home');
  await set.clock.advance(1000);
  expect(set.supervisor.part('cell-locate')).toMatchObject({ state: 'done' });
  set.stop.abort();
  await set.ended;
});
