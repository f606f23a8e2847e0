import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { requestsOf, startOnOwnCaster } from '../helpers/own-caster.js';
import { lamp } from '../helpers/scenario.js';

const flows = (s: StatusSnapshot): boolean => s.session.state === 'flowing';

test('without a fix the caster is not called; it is said why, and the first fix starts the session', async () => {
  // Cold, the simulated receiver needs 26 s.
  await using gateway = await startOnOwnCaster({ scale: 6, world: { receiver: { start: 'cold' } } });
  const { caster } = gateway.world.clouds;
  const waiting = await gateway.until('waiting', (s) => lamp(s, 'session').detail?.includes('position') === true);
  expect(lamp(waiting, 'session')).toMatchObject({
    state: 'waiting',
    detail: 'waiting for a position before the caster is called',
  });
  expect(lamp(waiting, 'fix').state).toBe('waiting');
  expect(requestsOf(caster.stats)).toBe(0);
  const status = await gateway.until('corrections', flows);
  expect(status.corrections.detail).toContain('position: receiver');
  expect(requestsOf(caster.stats)).toBe(1);
});

test('a receiver that never has a fix is a reason with a cure, and no request is made meanwhile', async () => {
  // The reason stands for a second or two of every minute; between them the lamp says what is waited for.
  await using gateway = await startOnOwnCaster({ scale: 20, world: { receiver: { silent: true } } });
  const status = await gateway.until('said', (s) => lamp(s, 'session').reason === 'corrections.no-position');
  expect(lamp(status, 'session')).toMatchObject({
    state: 'dark',
    reason: 'corrections.no-position',
    hint: expect.stringContaining('corrections.position'),
  });
  expect(requestsOf(gateway.world.clouds.caster.stats)).toBe(0);
  // Heals by itself as well.
  gateway.world.receiver.set({ silent: false });
  await gateway.until('corrections', flows);
});

test('a configured position starts the session without any fix', async () => {
  await using gateway = await startOnOwnCaster({
    world: { receiver: { silent: true } },
    corrections: { position: { latitudeDeg: 47.5, longitudeDeg: 9.75, altitudeM: 400 } },
  });
  const status = await gateway.until('corrections', flows);
  expect(status.corrections.detail).toContain('position: configured');
  expect(status.position).toMatchObject({ from: 'configured', latitudeDeg: 47.5, longitudeDeg: 9.75 });
  const [connection] = gateway.world.clouds.caster.stats.connections;
  expect(connection?.lastGga).toMatch(/^\$GNGGA,[\d.]+,4730\.0000,N,00945\.0000,E,1,/);
  expect(connection?.badLines).toBe(0);
});
