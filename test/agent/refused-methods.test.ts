// Methods that were refused and come again: the answer to the first time may still wait in the outbox.
import { expect, test } from 'vitest';
import { refusedForGood } from '../../src/agent/clouds/refused-methods.js';
import { command, rig } from './cloud-commands-rig.js';

const method = (n: number) => command({ from: 'devicewise', id: `m${n}` });

test('what was refused for its rate is not run when it is delivered again, and others are', async () => {
  const { clock, commands, done } = rig({ settings: { maxPerMinute: 1 } });
  const sink = refusedForGood(commands.sink);
  expect(await sink(method(1))).toMatchObject({ end: 'done' });
  const refusal = await sink(method(2));
  expect(refusal).toMatchObject({ end: 'refused', code: 'command.rate' });
  await clock.advance(61_000);
  expect(await sink(method(2))).toEqual(refusal);
  expect(done).toHaveLength(1);
  expect(await sink(method(3))).toMatchObject({ end: 'done' });
  expect(await sink(method(1))).toMatchObject({ end: 'repeated' });
});

test('it remembers the last 1024', async () => {
  const { commands } = rig({ settings: { allow: [] } });
  const sink = refusedForGood(commands.sink);
  for (let n = 0; n < 1025; n++) await sink(method(n));
  const { received } = commands.snapshot();
  await sink(method(1));
  expect(commands.snapshot().received).toBe(received);
  await sink(method(0));
  expect(commands.snapshot().received).toBe(received + 1);
});
