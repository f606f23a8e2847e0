import { expect, test } from 'vitest';
import { splitAll, urcStorm } from '../../src/sim/index.js';
import { eventually, isServing, startScenario } from '../helpers/scenario.js';

test('one byte at a time amid a hundred reports a second still reaches serving, without an error', async () => {
  await using gateway = await startScenario({
    async prepare({ module }) {
      // A module that still boots is asked more than once, and those answers are flushed: not what is tested here.
      await eventually('the module answers', () => module.state.power === 'on');
      module.push(splitAll());
      // The prefixes of answers that are asked for, lines nobody knows, and answers that belong to no question.
      module.push(
        urcStorm(100, ['+CEREG: 1', '#PSNT: 4', '+CSQ: 1,1', '$GURC: "x;OK"', '+CGEV: NW MODIFY 1,0', 'RING']),
      );
    },
  });
  const status = await gateway.until('serving', (s) => isServing(s) && s.corrections.usedByReceiver > 0);
  expect(status.modem?.counters).toMatchObject({ timeouts: 0, resyncs: 0, reopens: 0, writes: 1 });
  expect(status.modem?.counters['urcs']).toBeGreaterThan(50);
  expect(status.modem).toMatchObject({
    model: 'LE910C1-EUX',
    appTokenState: 'verified',
    registration: { state: 'home' },
  });
  expect(gateway.world.module.counters.intrusions).toBe(0);
});
