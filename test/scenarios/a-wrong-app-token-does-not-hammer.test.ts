import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { deviceWise, secretFile } from '../helpers/clouds.js';
import { figure } from '../helpers/figures.js';
import { QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** A tenth of a day; the whole of it is for the proof. */
const HOURS = Number(process.env['WAYMARK_LONG'] ?? 20) >= 200 ? 24 : 2.4;
const SCALE = 600;
/** From a refusal to the next try: doubled up to six hours. */
const WAITS_MS = [15, 30, 60, 120, 240, 360, 360, 360].map((minutes) => minutes * MINUTE_MS);
/** What a try itself may last on this clock, whose devices are as slow as ever. */
const TRY_MS = 20 * MINUTE_MS;

/** How many tries there are when each lasts so long. */
function triesIn(totalMs: number, eachMs: number): number {
  let tries = 1;
  let atMs = 0;
  for (const waitMs of WAITS_MS) {
    atMs += eachMs + waitMs;
    if (atMs <= totalMs) tries++;
  }
  return tries;
}

const cloudOf = ({ clouds = [] }: StatusSnapshot) => clouds.find(({ name }) => name === 'devicewise');
const tokenOf = ({ credentials }: StatusSnapshot) => credentials.find(({ id }) => id === 'app-token');

/** `most`: CONNECTs of one try. The module's client makes a second one by itself before it can be stopped. */
const ROADS = [
  { road: 'module', by: 'module', most: 2 },
  { road: 'gateway', by: 'mqtt', most: 1 },
] as const;

test(
  `a wrong app token is tried by its schedule on both roads for ${HOURS} hours, and the right one at once`,
  () =>
    inScratch(async (scratch) => {
      const clock = createClock(anchorNow(SCALE));
      const connects = await Promise.all(
        ROADS.map(async ({ road, by, most }) => {
          const dir = join(scratch, road);
          await using gateway = await startScenario({
            dir,
            world: { clock, module: QUICK_MODULE },
            config: (world) => {
              const plain = `localhost:${world.ready.clouds.devicewise.mqtt.plainPort}`;
              return {
                ...{ ztp: null, corrections: null, gnss: null },
                modem: { deviceWise: undefined },
                deviceWise: deviceWise(dir, world, {
                  ...{ road, server: 'localhost:1883', security: 'none', heartbeatSeconds: 43_200 },
                  ...{ stateSeconds: 86_400, cellSeconds: 0 },
                  appToken: secretFile(dir, 'token', 'Dw9-nobodys-Token'),
                  gateway: road === 'gateway' ? { server: plain } : undefined,
                }),
              };
            },
          });
          const { seen, platform } = gateway.world.clouds.devicewise;
          await gateway.until('refused', (now) => tokenOf(now)?.state === 'rejected', 30_000);
          await new Promise<void>((resolve) => void clock.after(HOURS * HOUR_MS, resolve));

          const after = gateway.status();
          expect(cloudOf(after)).toMatchObject({ isTroubled: true, facts: { road: by, requests: 0 } });
          expect(tokenOf(after)).toMatchObject({ state: 'rejected' });
          // At the cloud itself: every one refused, in the clear as it was wanted, and the same token not tried over HTTPS.
          const times = seen.connects.map(({ atMs }) => atMs);
          const answers = seen.connects.map(({ answer, isTls }) => `${answer} ${isTls ? 'TLS' : 'plain'}`);
          expect(new Set(answers)).toEqual(new Set(['4 plain']));
          expect(seen.calls).toEqual([]);
          for (const [at, timeMs] of times.entries()) {
            // The next but so many belongs to a later try, whatever a busy machine has done to the pause between two.
            const nextMs = times[at + most] ?? Infinity;
            expect(nextMs - timeMs).toBeGreaterThan((WAITS_MS[Math.floor(at / most)] ?? 0) - MINUTE_MS);
          }
          const lastedMs = HOURS * HOUR_MS + TRY_MS;
          expect(times.length).toBeLessThanOrEqual(most * triesIn(lastedMs, 0));
          expect(times.length).toBeGreaterThanOrEqual(triesIn(HOURS * HOUR_MS, TRY_MS));

          secretFile(dir, 'token', platform.appToken);
          await gateway.until('connected', (now) => cloudOf(now)?.state === 'online');
          expect(seen.connects.slice(times.length).map(({ answer }) => answer)).toContain('welcome');
          // The right one is not waited for: whoever is due anyhow has at most been refused once more.
          expect(seen.connects.length).toBeLessThanOrEqual(times.length + most + 1);
          return `${road} ${times.length}`;
        }),
      );
      figure(`CONNECTs with a wrong token in ${HOURS} h: ${connects.join(', ')}`);
    }),
  600_000,
);
