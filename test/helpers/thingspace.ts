// The simulated ThingSpace alone, on a clock that stands still until told: a few milliseconds to start, so that a test can
// have one of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, createClock, createFakeClock, type FakeClock, silentLogger } from '../../src/core/index.js';
import { openPki } from '../../src/sim/clouds/pki.js';
import { createSimThingSpace, factoryIccid, factoryImei, type Pki, type SimThingSpace } from '../../src/sim/index.js';

let shared: Promise<Pki> | undefined;

/** One authority for all tests of a file. */
function sharedPki(): Promise<Pki> {
  if (shared) return shared;
  const folder = mkdtempSync(join(tmpdir(), 'waymark-thingspace-pki-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  shared = openPki(folder, createClock());
  return shared;
}

export interface ThingSpaceAlone<C extends Clock> {
  readonly sim: SimThingSpace;
  readonly clock: C;
  readonly pki: Pki;
}

export function startThingSpace(options?: { folder?: string }): Promise<ThingSpaceAlone<FakeClock>>;
export function startThingSpace<C extends Clock>(options: { folder?: string; clock: C }): Promise<ThingSpaceAlone<C>>;
/** Ends with the test. `folder` keeps the account for another start. */
export async function startThingSpace(
  options: { folder?: string; clock?: Clock } = {},
): Promise<ThingSpaceAlone<Clock>> {
  const pki = await sharedPki();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'waymark-thingspace-'));
  const clock = options.clock ?? createFakeClock();
  const sim = await createSimThingSpace(
    { clock, log: silentLogger, pki, folder, imei: factoryImei(), iccid: factoryIccid() },
    { port: 0 },
  );
  onTestFinished(async () => {
    await sim[Symbol.asyncDispose]();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  return { sim, clock, pki };
}
