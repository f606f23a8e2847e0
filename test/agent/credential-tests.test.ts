import { expect, test } from 'vitest';
import { createTestDesk } from '../../src/agent/credential-tests.js';
import { createFakeClock, type Deferred, deferred, Secret, WaymarkError } from '../../src/core/index.js';
import type { Credential } from '../../src/vault/index.js';

const ID = 'losant-access-key';

function rig() {
  const clock = createFakeClock();
  let generation = 1;
  const credential = {
    status: () => ({ generation }),
    peek: () => new Secret('access-key', 'some-access-key'),
    report: () => undefined,
  } as unknown as Credential;
  const desk = createTestDesk({ clock, find: () => credential, ids: () => [ID], kindOf: () => 'access-key' });
  const tries: { signal: AbortSignal; end: Deferred<undefined> }[] = [];
  desk.register(ID, {
    test(signal) {
      const end = deferred<undefined>();
      tries.push({ signal, end });
      return end.promise;
    },
  });
  const replace = (): void => {
    generation++;
  };
  return { clock, desk, tries, replace };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the first who asks may leave without the test of the others', async () => {
  const { desk, tries } = rig();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = desk.test(ID, one.signal).catch((error: unknown) => error);
  const second = desk.test(ID, two.signal);
  await settled();
  one.abort();
  expect(await first).toMatchObject({ name: 'AbortError' });
  expect(tries.map(({ signal }) => signal.aborted)).toEqual([false]);
  tries[0]?.end.resolve(undefined);
  await expect(second).resolves.toBeUndefined();
});

test('when the last has left it is given up, and the next begins a new one', async () => {
  const { desk, tries } = rig();
  const one = new AbortController();
  const first = desk.test(ID, one.signal).catch(() => undefined);
  await settled();
  one.abort();
  await first;
  expect(tries[0]?.signal.aborted).toBe(true);
  const again = desk.test(ID, new AbortController().signal);
  await settled();
  tries[1]?.end.resolve(undefined);
  await expect(again).resolves.toBeUndefined();
});

test('asked again within ten seconds, the same is told; a new value is tried at once', async () => {
  const { clock, desk, tries, replace } = rig();
  const { signal } = new AbortController();
  const ask = (): Promise<unknown> => desk.test(ID, signal).catch((error: unknown) => error);
  const first = ask();
  await settled();
  tries[0]?.end.reject(new WaymarkError('losant.refused', 'no'));
  expect(await first).toMatchObject({ code: 'losant.refused' });
  for (let n = 0; n < 50; n++) expect(await ask()).toMatchObject({ code: 'losant.refused' });
  expect(tries).toHaveLength(1);
  replace();
  const second = ask();
  await settled();
  tries[1]?.end.resolve(undefined);
  expect(await second).toBeUndefined();
  await clock.advance(10_001);
  void ask();
  await settled();
  expect(tries).toHaveLength(3);
});
