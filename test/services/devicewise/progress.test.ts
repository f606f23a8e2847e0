import { expect, test } from 'vitest';
import { createFakeClock, deferred, type Tr50Command } from '../../../src/core/index.js';
import { withProgress } from '../../../src/services/devicewise/progress.js';

const CALL = { id: '650f0000000000000000a001', method: 'recover' };

function bench() {
  const clock = createFakeClock();
  const said: Tr50Command[] = [];
  let isUp = true;
  const effect = deferred<undefined>();
  /** The effect and its answer. */
  const work = deferred<undefined>();
  void work.promise.then(effect.resolve, effect.reject);
  const road = {
    request(commands: readonly Tr50Command[]) {
      said.push(...commands);
      return Promise.resolve([{ is: 'ok', params: {} } as const]);
    },
  };
  const done = withProgress(
    clock,
    () => (isUp ? road : undefined),
    CALL,
    async (ended) => {
      await effect.promise;
      ended();
      await work.promise;
    },
  );
  return { clock, said, effect, work, done, away: () => (isUp = false) };
}

test('a method that takes its time is said to be under way, then every half minute, until it ends', async () => {
  const { clock, said, work, done } = bench();
  await clock.advance(1900);
  expect(said).toEqual([]);
  await clock.advance(200);
  expect(said).toEqual([{ command: 'mailbox.update', params: { id: CALL.id, msg: 'recover: under way for 2 s' } }]);
  await clock.advance(60_000);
  expect(said).toHaveLength(3);
  work.resolve(undefined);
  await done;
  await clock.advance(120_000);
  expect(said).toHaveLength(3);
});

test('without a road nothing is said, and a failure comes through', async () => {
  const { clock, said, work, done, away } = bench();
  away();
  await clock.advance(40_000);
  work.reject(new Error('broken'));
  await expect(done).rejects.toThrow('broken');
  expect(said).toEqual([]);
});

test('nothing is said of a method whose answer is being kept', async () => {
  const { clock, said, effect, work, done } = bench();
  await clock.advance(1000);
  effect.resolve(undefined);
  await clock.advance(40_000);
  expect(said).toEqual([]);
  work.resolve(undefined);
  await done;
});
