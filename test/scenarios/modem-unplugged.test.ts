import { expect, test } from 'vitest';
import { isServing, lamp, startScenario } from '../helpers/scenario.js';

test('a module unplugged under way darkens its lamp with the reason, and the chain comes back by itself', async () => {
  await using gateway = await startScenario();
  await gateway.until('serving', isServing);
  await gateway.world.perform({ do: 'unplug', device: 'modem' });
  const lost = await gateway.until('modem dark', (s) => lamp(s, 'modem').state === 'dark', 3000);
  expect(lost.state).toBe('degraded');
  expect(lamp(lost, 'modem')).toMatchObject({ reason: expect.stringMatching(/^link\.(closed|absent)$/) });
  expect(lamp(lost, 'modem').hint).toMatch(/plug|opened again|went away/i);
  expect(lost.why).toContain('modem lost');
  await gateway.world.perform({ do: 'replug', device: 'modem' });
  const back = await gateway.until('serving again', isServing);
  expect(back.lamps.slice(0, 6).every((each) => each.state === 'lit')).toBe(true);
});

test('a receiver unplugged and back is fed again, with its keys', async () => {
  await using gateway = await startScenario();
  await gateway.until('used', (s) => s.corrections.usedByReceiver > 0);
  await gateway.world.perform({ do: 'unplug', device: 'receiver' });
  await gateway.until('fix dark', (s) => lamp(s, 'fix').state === 'dark', 5000);
  await gateway.world.perform({ do: 'replug', device: 'receiver' });
  const used = gateway.status().corrections.usedByReceiver;
  await gateway.until('used again', (s) => lamp(s, 'fix').state === 'lit' && s.corrections.usedByReceiver > used);
});
