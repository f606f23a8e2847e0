import { describe, expect, test } from 'vitest';
import type { CasterSettings } from '../../src/sim/clouds/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { startOnOwnCaster } from '../helpers/own-caster.js';
import { eventually, lamp, type Scenario } from '../helpers/scenario.js';

const flows = (s: StatusSnapshot): boolean =>
  lamp(s, 'corrections').state === 'lit' && s.corrections.framesToReceiver > 0;

/** Nothing was provisioned, nothing is missed, and what the caster sent is what arrived. */
function expectItAlone({ world, status }: Scenario): void {
  const now = status();
  expect(world.clouds.ztp.calls).toHaveLength(0);
  expect(lamp(now, 'identity').state).toBe('absent');
  expect(now.identity.source).toBe('none');
  expect(now.corrections).toMatchObject({ source: 'ntrip', badBytes: 0 });
}

describe('a caster that the configuration names', () => {
  test('serves by plain NTRIP with an account, in whatever form it answers', async () => {
    await using gateway = await startOnOwnCaster();
    const { caster } = gateway.world.clouds;
    const forms: [Partial<CasterSettings>, '1' | '2'][] = [
      [{}, '2'],
      [{ answer: 'icy' }, '1'],
      [{ answer: 'icy', icyEnd: 'line', segments: 'bytes' }, '1'],
      [{ answer: 'chunked', segments: 'bytes' }, '2'],
      [{ answer: 'chunked', gzip: 'stream' }, '2'],
      [{ answer: 'http', gzip: 'chunk' }, '2'],
    ];
    for (const [n, [form, version]] of forms.entries()) {
      if (n > 0) {
        caster.configure({ answer: 'auto', segments: 'usual', gzip: 'off', icyEnd: 'blank', ...form });
        caster.cutSessions();
      }
      const before = gateway.status().corrections.framesToReceiver;
      await gateway.until(
        `form ${n}`,
        (s) => s.session.connects === n + 1 && flows(s) && s.corrections.framesToReceiver >= before + 30,
      );
      expect(gateway.status().corrections.detail).toContain(`NEAR-SPARTN over NTRIP ${version}, SPARTN`);
    }
    expectItAlone(gateway);
    expect(caster.stats).toMatchObject({ connects: forms.length, tables: 0, refused: {} });
    expect(gateway.status().credentials).toMatchObject([{ id: 'ntrip-account', state: 'valid', tested: true }]);
    const received = (): number => gateway.status().corrections.bytesIn;
    await eventually(
      'every byte sent is one that came',
      () => received() === caster.stats.connections.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    );
  });

  test('serves without an account where it wants none', async () => {
    await using gateway = await startOnOwnCaster({
      ntrip: { userName: undefined, password: undefined, mountPoint: 'NEAR-RTCM' },
      prepare: ({ clouds }) => clouds.caster.configure({ door: 'open' }),
    });
    await gateway.until('corrections', flows);
    expectItAlone(gateway);
    expect(gateway.status().credentials).toEqual([]);
    expect(gateway.status().corrections.detail).toContain('RTCM 3');
    expect(gateway.world.clouds.caster.stats.connections).toMatchObject([{ userName: '', isTls: false }]);
  });

  test('serves over TLS where that is required, and only with an authority of the configuration', async () => {
    await using gateway = await startOnOwnCaster({ ntrip: { tls: 'required' } });
    await gateway.until('corrections', flows);
    expectItAlone(gateway);
    expect(gateway.world.clouds.caster.stats.connections).toMatchObject([{ isTls: true, ntrip: 2 }]);

    await using stranger = await startOnOwnCaster({ ntrip: { tls: 'required' }, corrections: { caFile: undefined } });
    const status = await stranger.until('refused', (s) => s.parts.session.reason !== undefined);
    expect(lamp(status, 'session')).toMatchObject({ state: 'dark', reason: 'tls.untrusted' });
    expect(stranger.world.clouds.caster.stats.connects).toBe(0);
  });
});
