import { expect, test } from 'vitest';
import type { CasterFault } from '../../src/sim/clouds/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { requestsOf, startOnOwnCaster } from '../helpers/own-caster.js';
import { lamp, pause, type Scenario } from '../helpers/scenario.js';

/** The caster's own pace of 15, 30, 60 s is over in a tenth of a second. */
const SCALE = 1000;
/** After five minutes of a good stream nothing is held against a caster any more. */
const GOOD_STREAM_REAL_MS = 600;

const refusals: [CasterFault, code: string, more?: object][] = [
  ['banned', 'ntrip.refused', { state: 'rejected', reason: 'operator-said' }],
  ['sandbox', 'ntrip.refused', { state: 'rejected', reason: 'operator-said' }],
  ['taken', 'ntrip.mountpoint'],
  ['404', 'ntrip.mountpoint'],
  ['500', 'ntrip.unavailable'],
  ['503', 'ntrip.unavailable'],
  ['babble', 'ntrip.malformed'],
];

const flows = (s: StatusSnapshot): boolean =>
  lamp(s, 'corrections').state === 'lit' && lamp(s, 'session').state === 'lit' && s.session.state === 'flowing';
const requests = ({ world }: Scenario): number => requestsOf(world.clouds.caster.stats);

async function put(gateway: Scenario, fault: CasterFault | undefined): Promise<void> {
  const { caster } = gateway.world.clouds;
  caster.setFault(fault);
  if (fault) caster.cutSessions();
  else {
    await gateway.until('healed', (s) => flows(s) && caster.stats.connections.at(-1)?.isLive === true);
    await pause(GOOD_STREAM_REAL_MS);
  }
}

test('each refusal has its code and cure, is not hammered, and heals by itself', async () => {
  await using gateway = await startOnOwnCaster({ scale: SCALE });
  await gateway.until('corrections', flows);
  await pause(GOOD_STREAM_REAL_MS);
  for (const [fault, code, account] of refusals) {
    const before = requests(gateway);
    await put(gateway, fault);
    const status = await gateway.until(fault, (s) => lamp(s, 'session').reason === code);
    expect(lamp(status, 'session'), fault).toMatchObject({ state: 'dark', next: 'connects again' });
    expect(lamp(status, 'session').hint, fault).not.toBe('');
    expect(status.corrections.badBytes, fault).toBe(0);
    expect(status.credentials, fault).toMatchObject([account ?? { state: 'valid' }]);
    const shown = new Set<string>();
    const off = gateway.agent.onChange(() => {
      const now = gateway.status();
      shown.add(`${lamp(now, 'session').state} ${now.credentials[0]?.state}`);
    });
    // Three minutes and more: one try at once, then after 15, 30, 60 and 120 s or slower.
    await pause(200);
    off();
    // No try looked like a success meanwhile.
    expect([...shown], fault).toEqual([`dark ${account ? 'rejected' : 'valid'}`]);
    expect(requests(gateway) - before, fault).toBeLessThanOrEqual(5);
    await put(gateway, undefined);
    expect(gateway.status().credentials, fault).toMatchObject([{ state: 'valid' }]);
  }
});

test('bad bytes never reach the receiver, and a connection reset in a frame is made anew', async () => {
  await using gateway = await startOnOwnCaster({ scale: SCALE });
  const { caster } = gateway.world.clouds;
  const { counters } = gateway.world.receiver;
  await gateway.until('corrections', flows);
  for (const fault of ['garbage', 'half-frames'] as const) {
    const { badBytes, framesToReceiver } = gateway.status().corrections;
    caster.setFault(fault);
    await gateway.until(
      fault,
      ({ corrections: c }) => c.badBytes > badBytes + 100 && c.framesToReceiver > framesToReceiver + 5,
    );
    caster.setFault(undefined);
  }
  // Neither was a reason to leave.
  expect(caster.stats.connects).toBe(1);
  await pause(GOOD_STREAM_REAL_MS);
  await put(gateway, 'reset');
  await gateway.until('reset', (s) => lamp(s, 'session').reason === 'net.closed');
  await pause(200);
  expect(requests(gateway)).toBeLessThanOrEqual(7);
  await put(gateway, undefined);
  expect(counters.otherBytes).toBe(0);
});

test('a mountpoint the caster does not have is said, and its list is not taken for corrections', async () => {
  await using gateway = await startOnOwnCaster({ scale: SCALE, ntrip: { mountPoint: 'NO-SUCH' } });
  const status = await gateway.until('refused', (s) => lamp(s, 'session').reason !== undefined);
  expect(lamp(status, 'session')).toMatchObject({
    state: 'dark',
    reason: 'ntrip.mountpoint',
    hint: expect.stringContaining('corrections.ntrip.mountPoint'),
  });
  await pause(200);
  expect(gateway.world.clouds.caster.stats).toMatchObject({ connects: 0, refused: {} });
  // A person has to act: after a minute, two, four.
  expect(gateway.world.clouds.caster.stats.tables).toBeLessThanOrEqual(5);
  expect(gateway.status().corrections).toMatchObject({ bytesIn: 0, framesIn: 0 });
});
