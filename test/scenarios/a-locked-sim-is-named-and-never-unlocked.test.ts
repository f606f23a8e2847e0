import { expect, test } from 'vitest';
import { isServing, lamp, startScenario } from '../helpers/scenario.js';

test('a SIM that asks for its PIN darkens its lamp with the cure, and no code is ever tried', async () => {
  await using gateway = await startScenario({ prepare: (world) => world.module.setSim('pin') });
  const { module } = gateway.world;
  const status = await gateway.until('SIM dark', (s) => lamp(s, 'sim').state === 'dark');
  expect(lamp(status, 'sim')).toMatchObject({ reason: 'sim.pin', hint: expect.stringContaining('PIN') });
  expect(lamp(status, 'modem').state).toBe('lit');
  expect(lamp(status, 'network')).toMatchObject({ state: 'waiting', detail: 'waits for sim' });
  expect(status.why).toContain('PIN');
  await gateway.until('fix lit', (s) => lamp(s, 'fix').state === 'lit');
  const typed = [...gateway.transcript, ...module.transcriptLines.map(({ text }) => text)];
  expect(typed.some((line) => line.includes('AT+CPIN?'))).toBe(true);
  expect(typed.filter((line) => line.includes('+CPIN='))).toEqual([]);
  expect(module.state.card.pinTries).toBe(3);
});

test('a SIM that is locked under way is lost by name', async () => {
  await using gateway = await startScenario();
  await gateway.until('serving', isServing);
  gateway.world.module.setSim('pin');
  gateway.world.module.urc('+CPIN: SIM PIN');
  const status = await gateway.until('SIM dark', (s) => lamp(s, 'sim').state === 'dark', 5000);
  expect(lamp(status, 'sim').reason).toBe('sim.pin');
  expect(gateway.transcript.filter((line) => line.includes('+CPIN='))).toEqual([]);
});
