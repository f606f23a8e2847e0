// A gateway with a u-blox module that is asked for positions by cells, an NTRIP account, and a receiver without a fix.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { CellLocateKnobs } from '../../src/sim/module/cell-locate.js';
import { type Overrides, QUICK_MODULE, type Scenario, type ScenarioOptions, startScenario } from './scenario.js';

export const CELL_TOKEN = 'Cell-Locate-Token-0123456789';

export interface CellScenario extends Scenario {
  /** Writes another token into the file that the configuration names. */
  changeToken(token: string): void;
  /** The questions for a position that the module was sent. */
  questions(): readonly string[];
  /** The last sentence of each connection that the caster has heard one on. */
  sentences(): readonly string[];
}

export interface CellScenarioOptions extends Pick<ScenarioOptions, 'log' | 'prepare' | 'world'> {
  config?: Overrides;
  cells?: Partial<CellLocateKnobs>;
  /** How much faster than real time it runs; the receiver's first fix takes 26 s of that. */
  scale?: number;
}

export async function startWithCells(options: CellScenarioOptions = {}): Promise<CellScenario> {
  const { cells = {}, scale = 5, world, config } = options;
  const dir = mkdtempSync(join(tmpdir(), 'waymark-cell-'));
  const tokenFile = join(dir, 'cell-token');
  const changeToken = (token: string): void => writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  changeToken(CELL_TOKEN);
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const gateway = await startScenario({
      ...options,
      dir,
      world: {
        clock: createClock(anchorNow(scale)),
        profile: 'ublox',
        plan: 'ntrip',
        receiver: { start: 'cold' },
        ...world,
        module: { ...QUICK_MODULE, cellLocate: cells, ...world?.module },
      },
      config: {
        ...config,
        modem: { deviceWise: undefined, cellLocate: { token: `file:${tokenFile}` }, ...config?.['modem'] },
      },
    });
    return {
      ...gateway,
      changeToken,
      questions: () => gateway.transcript.filter((line) => line.startsWith('> AT+ULOC=2,')),
      sentences: () =>
        gateway.world.clouds.caster.stats.connections
          .map(({ lastGga }) => lastGga)
          .filter((line) => line !== undefined),
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
