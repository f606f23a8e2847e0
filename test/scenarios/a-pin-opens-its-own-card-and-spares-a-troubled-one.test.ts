import { expect, test } from 'vitest';
import { anchorNow, type Clock, createClock } from '../../src/core/index.js';
import type { SimCard } from '../../src/sim/index.js';
import { isServing, lamp, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';

const PIN = '24681357';

const start = (card: Partial<SimCard>, clock: Clock = createClock()): Promise<Scenario> =>
  startScenario({
    onMachine: true,
    world: { clock, module: QUICK_MODULE, card: { state: 'pin', isPinEnabled: true, pin: PIN, ...card } },
    config: { modem: { sim: { pin: 'env:PIN' } } },
    env: { PIN },
  });

/** As the module got them, not as anybody shows them. */
const sent = ({ heard }: Scenario): string[] => (heard('at') + heard('at2')).match(/AT\+CPIN=[^\r]*/g) ?? [];

test.concurrent('the right PIN opens the card at the start and after each of three power cycles', async () => {
  await using gateway = await start({});
  const { world } = gateway;
  await gateway.until('serving', isServing);
  for (let cycle = 1; cycle <= 3; cycle++) {
    await world.perform({ do: 'unplug', device: 'modem' });
    await gateway.until('modem dark', (s) => lamp(s, 'modem').state === 'dark');
    await world.perform({ do: 'replug', device: 'modem' });
    await gateway.until(`serving after power cycle ${cycle}`, isServing);
    expect(sent(gateway)).toEqual(Array.from({ length: cycle + 1 }, () => `AT+CPIN="${PIN}"`));
  }
  expect(world.module.state.card).toMatchObject({ state: 'ready', pinTries: 3 });
  // The PIN is in no line that anybody is shown.
  const shown = [...gateway.transcript, ...world.module.transcriptLines.map(({ text }) => text)];
  expect(shown.filter((line) => line.includes(PIN))).toEqual([]);
  expect(shown.some((line) => /AT\+CPIN=.*\[secret/.test(line))).toBe(true);
}, 60_000);

test.concurrent.each([
  { left: 2, words: /2 tries left/ },
  { left: 1, words: /1 try left/ },
])(
  'a card with $left of three tries left is never sent its PIN, and the cure is said',
  async ({ left, words }) => {
    // A troubled card is looked at once a minute; three minutes pass in ten seconds.
    await using gateway = await start({ pinTries: left }, createClock(anchorNow(20)));
    const status = await gateway.until('SIM dark', (s) => lamp(s, 'sim').state === 'dark');
    expect(lamp(status, 'sim')).toMatchObject({ reason: 'sim.pin-guarded', message: expect.stringMatching(words) });
    expect(lamp(status, 'sim').hint).toMatch(/unlock it in a phone/);
    expect(status.modem?.simTries).toMatchObject({ pin: left });
    await gateway.until('looked at again and again', (s) => s.parts.modem.restarts >= 3);
    expect(sent(gateway)).toEqual([]);
    expect(gateway.world.module.state.card.pinTries).toBe(left);
  },
  60_000,
);
