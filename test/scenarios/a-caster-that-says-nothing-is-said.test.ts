import { describe, expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { requestsOf, startOnOwnCaster } from '../helpers/own-caster.js';
import { lamp, type Scenario } from '../helpers/scenario.js';

/** Patience with a device or a peer keeps its real seconds: three of them stand for each silence here. */
const SCALE = 200;

const flows = (s: StatusSnapshot): boolean => lamp(s, 'corrections').state === 'lit' && s.session.state === 'flowing';
const isSilent = (s: StatusSnapshot): boolean => s.parts.session.reason === 'corrections.silent';
const requests = ({ world }: Scenario): number => requestsOf(world.clouds.caster.stats);

describe('a caster that', () => {
  test('does not answer, or stops in the middle, is left and tried again', async () => {
    await using gateway = await startOnOwnCaster({ scale: SCALE });
    const { caster } = gateway.world.clouds;
    await gateway.until('corrections', flows);

    caster.setFault('stall');
    // The session is made anew, which helps nothing: the lamp behind it keeps the reason.
    const stalled = await gateway.until(
      'stalled',
      (s) => lamp(s, 'corrections').reason === 'corrections.silent' && s.session.lastReason === 'corrections.silent',
    );
    expect(lamp(stalled, 'corrections')).toMatchObject({ state: 'dark', next: 'asked for again by itself' });
    expect(requests(gateway)).toBeLessThanOrEqual(3);

    caster.setFault('mute');
    caster.cutSessions();
    const before = requests(gateway);
    const mute = await gateway.until('mute', (s) => lamp(s, 'session').reason === 'ntrip.unavailable');
    expect(lamp(mute, 'session').message).toContain('answer of localhost');
    expect(requests(gateway) - before).toBeLessThanOrEqual(2);

    caster.setFault(undefined);
    await gateway.until('healed', flows);
  });

  test('knows nothing about this place is said to, with the position it was told', async () => {
    await using gateway = await startOnOwnCaster({
      scale: SCALE,
      prepare: ({ clouds }) => clouds.caster.configure({ coverage: 'none' }),
    });
    const { caster } = gateway.world.clouds;
    const status = await gateway.until('silent', isSilent);
    expect(lamp(status, 'session').hint).toContain('silent outside its coverage');
    expect(lamp(status, 'session').message).toContain('(receiver)');
    // The account is good: it was let in.
    expect(status.credentials).toMatchObject([{ state: 'valid', tested: true }]);
    caster.configure({ coverage: 'regions' });
    await gateway.until('healed', flows);
    expect(requests(gateway)).toBeLessThanOrEqual(4);
  });

  test('waits for a position that it is never told is recognised', async () => {
    await using gateway = await startOnOwnCaster({ scale: SCALE, ntrip: { ggaSeconds: 0 } });
    const status = await gateway.until('silent', isSilent);
    expect(lamp(status, 'session')).toMatchObject({
      reason: 'corrections.silent',
      hint: expect.stringContaining('ggaSeconds'),
    });
    for (const connection of gateway.world.clouds.caster.stats.connections)
      expect(connection).toMatchObject({ ggas: 0, badLines: 0, bytesSent: 0 });
  });
});
