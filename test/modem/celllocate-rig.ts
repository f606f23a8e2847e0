// A u-blox module that is up, and questions for its position.
import { Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createModem, type LocatedPosition, type LocateRequest, type Modem } from '../../src/modem/index.js';
import { type CellLocateKnobs, cellLocate, type SimModuleOptions } from '../../src/sim/module/index.js';
import { during } from './during.js';
import { type SimBench, simBench } from './sim-bench.js';

export const TOKEN = 'Cell-Locate_Token-0123456789';
export const request = (changes: Partial<LocateRequest> = {}): LocateRequest => ({
  token: new Secret('location-token', TOKEN),
  primary: 'cell-live1.services.u-blox.com',
  secondary: 'cell-live2.services.u-blox.com',
  scan: 'normal',
  timeoutSeconds: 60,
  accuracyM: 1000,
  ...changes,
});

export interface LocateRig extends SimBench {
  modem: Modem;
  /** What the transcript of the modem has. */
  transcript: string[];
  /** A position, or the error; time goes on until it is there. */
  locate(changes?: Partial<LocateRequest>): Promise<LocatedPosition | WaymarkError>;
  behaves(knobs: Partial<CellLocateKnobs>): () => void;
}

/** Errors as values, for whoever lets the clock run meanwhile. */
export const orError = (promise: Promise<LocatedPosition>): Promise<LocatedPosition | WaymarkError> =>
  promise.catch((error: unknown) => {
    if (error instanceof WaymarkError) return error;
    throw error;
  });

export async function locateRig(options: Partial<SimModuleOptions> = {}, limitMs = 200_000): Promise<LocateRig> {
  const bench = simBench({ profile: 'ublox', ...options });
  const transcript: string[] = [];
  const modem = createModem(
    {
      open: bench.open,
      clock: bench.clock,
      log: silentLogger,
      transcript: (direction, line) => transcript.push(`${direction} ${line}`),
    },
    {
      port: '/dev/sim',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
    },
  );
  const { signal } = new AbortController();
  const outcome = await during(
    bench.clock,
    modem.bringUp({ signal }).then(() => 'up'),
    limitMs,
  );
  if (outcome !== 'up') throw new Error(`not up: ${JSON.stringify(outcome)}`);
  return {
    ...bench,
    modem,
    transcript,
    locate: async (changes) =>
      (await during(bench.clock, orError(modem.cellLocate.locate(request(changes), { signal })), 2_000_000)) as
        | LocatedPosition
        | WaymarkError,
    behaves: (knobs) => bench.sim.push(cellLocate(knobs)),
  };
}
