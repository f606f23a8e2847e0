// A gateway without a module on a caster that its configuration names: here the simulated one, with its spare account.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { CasterStats, World } from '../../src/sim/index.js';
import { type Scenario, type ScenarioOptions, startScenario } from './scenario.js';

type Tree = Record<string, unknown>;

export interface OwnCasterOptions {
  /** Over the usual `corrections.ntrip`; `undefined` leaves a key out. */
  ntrip?: Tree;
  /** Further keys of `corrections`. */
  corrections?: Tree;
  world?: ScenarioOptions['world'];
  prepare?: (world: World) => unknown;
  /** How much faster than real time it all runs (default 200). */
  scale?: number;
}

export function startOnOwnCaster(options: OwnCasterOptions = {}): Promise<Scenario> {
  return startScenario({
    world: { clock: createClock(anchorNow(options.scale ?? 200)), ...options.world },
    prepare: (world) => {
      // Without a module in front of it the network is simply there.
      world.clouds.setReachable(true);
      return options.prepare?.(world);
    },
    config: ({ ready, clouds }) => {
      const { port, userName, password, mountPoint } = ready.clouds.pointperfect.ntrip;
      const secret = join(ready.clouds.caFile, '../../account');
      writeFileSync(secret, `${password}\n`, { mode: 0o600 });
      const isTls = options.ntrip?.['tls'] === 'required';
      const usual = {
        host: 'localhost',
        port: isTls ? clouds.ports.casterTls : port,
        userName,
        password: `file:${secret}`,
        mountPoint,
      };
      const corrections = { ntrip: { ...usual, ...options.ntrip }, ...options.corrections };
      return { modem: null, ztp: null, corrections };
    },
  });
}

/** Requests of any kind that reached the caster. */
export const requestsOf = ({ connects, tables, refused }: CasterStats): number =>
  connects + tables + Object.values(refused).reduce((sum, count) => sum + count, 0);
