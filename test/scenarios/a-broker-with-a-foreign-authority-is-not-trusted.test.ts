import { expect, test } from 'vitest';
import { isServing, lamp, pause, startScenario } from '../helpers/scenario.js';

const OTHERS = ['modem', 'sim', 'network', 'fix'] as const;

test('a broker that turns up with a foreign certificate darkens the session, says why, and is not hammered', async () => {
  await using gateway = await startScenario();
  const { broker } = gateway.world.clouds;
  await gateway.until('serving, and fed', (s) => isServing(s) && s.corrections.usedByReceiver > 0);
  await broker.show('foreign');
  const before = broker.door.connections;
  broker.cutSessions();
  const status = await gateway.until('not trusted', (s) => lamp(s, 'session').reason === 'tls.untrusted', 8000);
  expect(lamp(status, 'session')).toMatchObject({ state: 'dark', hint: expect.stringMatching(/caFile|in between/) });
  expect(lamp(status, 'session').nextInMs).toBeGreaterThan(20_000);
  expect(status.state).toBe('degraded');
  const used = status.corrections.framesIn;
  await pause(5000);
  expect(broker.door.connections - before).toBeLessThanOrEqual(2);
  const later = gateway.status();
  for (const name of [...OTHERS, 'identity'] as const) expect(lamp(later, name).state, name).toBe('lit');
  expect(lamp(later, 'corrections').state).not.toBe('lit');
  expect(later.corrections.framesIn).toBe(used);
  expect(later.parts.modem.restarts).toBe(0);
  // The certificate is not asked for anew: it was not ours that was found wanting.
  expect(gateway.world.clouds.ztp.calls).toHaveLength(1);
});

test('at a first start the new identity is not adopted from a broker that is not trusted, and no correction flows', async () => {
  await using gateway = await startScenario({ prepare: (world) => world.clouds.broker.show('foreign') });
  const { clouds } = gateway.world;
  const status = await gateway.until('not trusted', (s) => s.identity.reason === 'tls.untrusted');
  const before = clouds.broker.door.connections;
  await pause(5000);
  expect(clouds.broker.door.connections - before).toBeLessThanOrEqual(2);
  const later = gateway.status();
  expect(lamp(later, 'session').state).not.toBe('lit');
  expect(later.corrections.framesIn).toBe(0);
  expect(clouds.broker.stats.sessions).toEqual([]);
  for (const name of OTHERS) expect(lamp(later, name).state, name).toBe('lit');
  // It was asked once: what came is kept aside until it can be proved.
  expect(clouds.ztp.calls).toHaveLength(1);
  expect(status.why).toMatch(/identity|session/);
});
