// The service against the simulated Losant: what it stores, and its bans and its keys told apart.
import { expect, test } from 'vitest';
import { aborted, type CloudLink, createClock, silentLogger } from '../../../src/core/index.js';
import { createHttpsClient } from '../../../src/net/index.js';
import { createLosant, type LosantOptions } from '../../../src/services/index.js';
import { tcp } from '../../mqtt/fakes.js';
import { type LosantBench, startLosant } from '../../sim/clouds/losant-helpers.js';
import { credential, record } from './fakes.js';

function serviceOf({ losant: sim, clock, pki }: LosantBench, options: Partial<LosantOptions> = {}) {
  const { description } = sim;
  const stop = new AbortController();
  let give: (link: CloudLink) => void = () => undefined;
  const link = new Promise<CloudLink>((resolve) => (give = resolve));
  const accessSecret = credential('access-secret', description.accessSecret, clock);
  const losant = createLosant(
    {
      clock,
      log: silentLogger,
      random: () => 0,
      trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
      http: createHttpsClient({ dial: ({ port }) => tcp(port), clock: createClock(), log: silentLogger }),
      connect: () => tcp(sim.broker.plainDoor.port),
      credentials: { accessKey: credential('access-key', description.accessKey, clock), accessSecret },
      outbox: {
        async drain(to, { signal }) {
          give(to);
          await aborted(signal);
        },
      },
      boot: 1,
    },
    {
      apiUrl: description.restUrl,
      deviceId: description.deviceId,
      transport: 'mqtt',
      keepaliveSeconds: 60,
      ca: [pki.caPem],
      ...options,
    },
  );
  const run = (): Promise<unknown> =>
    losant.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch((error: unknown) => error);
  return { losant, run, stop, link, accessSecret };
}

test('what is published is stored, under its own time', async () => {
  const bench = await startLosant();
  const { run, stop, link } = serviceOf(bench, { applicationId: bench.losant.description.applicationId });
  const ended = run();
  const to = await link;
  const options = { signal: stop.signal, isReplay: false };
  const at = bench.clock.wall() - 60_000;
  const uptime = (n: number) => record(n, { kind: 'state', body: { uptimeS: n }, utcMs: at + n });
  expect(await to.publish(uptime(1), options)).toEqual({ is: 'accepted' });
  expect(await to.publishMany?.([uptime(2), uptime(3)], options)).toEqual([{ is: 'accepted' }, { is: 'accepted' }]);
  await expect.poll(() => bench.losant.stored().length).toBe(3);
  stop.abort();
  await ended;
});

test('a ban with a good key is waited out; an inactive key is refused, and taken again when it is active', async () => {
  const bench = await startLosant();
  const { run, stop, link, accessSecret } = serviceOf(bench);
  bench.losant.ban(30_000);
  expect(await run()).toMatchObject({ code: 'losant.banned', evidence: { oracle: 'good' } });
  expect(accessSecret.status().state).toBe('valid');
  bench.losant.liftBan();
  bench.losant.changeKey('inactive');
  expect(await run()).toMatchObject({ code: 'losant.refused', retryAfterMs: 900_000 });
  expect(await run()).toMatchObject({ code: 'credential.refused' });
  bench.losant.changeKey('active');
  await bench.clock.advance(900_000);
  const ended = run();
  await link;
  expect(accessSecret.status().state).toBe('valid');
  stop.abort();
  await ended;
});
