import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cutSpartn } from '../../src/sim/index.js';
import { startOnOwnCaster } from '../helpers/own-caster.js';
import { lamp } from '../helpers/scenario.js';

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test.each(['before', 'between'] as const)(
  'one burst, %s the corrections, reaches the receiver; then the plain mountpoint serves, also after an outage',
  async (mga) => {
    const dir = mkdtempSync(join(tmpdir(), 'waymark-mga-'));
    try {
      const saveFile = join(dir, 'received');
      await using gateway = await startOnOwnCaster({
        // Cold, the receiver needs 26 s without help.
        scale: 5,
        ntrip: { mga: true },
        corrections: { position: { latitudeDeg: 48.2, longitudeDeg: 16.37 } },
        world: { saveFile, receiver: { start: 'cold' } },
        prepare: ({ clouds }) => clouds.caster.configure({ mga }),
      });
      const { caster } = gateway.world.clouds;
      const { receiver } = gateway.world;
      const mountPoints = (): string[] => caster.stats.connections.map(({ mountPoint }) => mountPoint);
      const flowsOn = async (connections: number): Promise<void> => {
        await gateway.until(
          `connection ${connections}`,
          (s) =>
            s.session.connects === connections &&
            s.session.state === 'flowing' &&
            lamp(s, 'corrections').state === 'lit' &&
            caster.stats.connections.at(-1)!.bytesSent > 0,
        );
      };
      const status = await gateway.until('injected', (s) => (s.assistance?.lastInjection?.frames ?? 0) > 10);
      expect(status.assistance?.lastInjection).toMatchObject({ refused: 0, unanswered: 0 });
      const { accepted } = receiver.snapshot().mga;
      expect(sum(accepted)).toBeGreaterThan(10);
      expect(receiver.snapshot().mga.refused).toEqual({});
      await gateway.until('the fix', (s) => lamp(s, 'fix').state === 'lit');
      expect(receiver.snapshot().timeToFirstFixMs).toBeLessThan(26_000);
      await flowsOn(2);
      caster.cutSessions();
      await flowsOn(3);
      expect(mountPoints()).toEqual(['NEAR-SPARTN-MGA', 'NEAR-SPARTN', 'NEAR-SPARTN']);
      expect(caster.stats.connections.map(({ billedFetches }) => billedFetches)).toEqual([1, 0, 0]);
      // Taken out of the middle of a frame, both halves of which are one again.
      const pieces = cutSpartn(readFileSync(saveFile));
      expect(pieces.length).toBeGreaterThan(40);
      expect(pieces.every(({ is }) => is === 'frame')).toBe(true);
      expect(gateway.status().corrections).toMatchObject({ badBytes: 0, dropped: 0 });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
);

test('nothing is billed for a receiver that has its fix', async () => {
  await using gateway = await startOnOwnCaster({ ntrip: { mga: true } });
  await gateway.until('corrections', (s) => s.session.state === 'flowing');
  expect(gateway.world.clouds.caster.stats.connections).toMatchObject([
    { mountPoint: 'NEAR-SPARTN', billedFetches: 0 },
  ]);
});
