// The simulated module spoken to line by line, with the simulated cloud behind it.
import { expect } from 'vitest';
import type { FakeClock } from '../../src/core/index.js';
import type { DeviceWiseOptions, SimModule } from '../../src/sim/module/index.js';
import { bench, linesOf } from '../sim/module/bench.js';
import { bursts, STORM } from './lines.js';
import { type MemoryCloud, memoryCloud } from './memory-cloud.js';

/** How the module speaks. */
export type Manner = 'whole' | 'one-byte' | 'storm';
export const MANNERS: readonly Manner[] = ['whole', 'one-byte', 'storm'];

export interface RawModule {
  cloud: MemoryCloud;
  clock: FakeClock;
  sim: SimModule;
  imei: string;
  /** Types a line; gives what comes at once, without the reports of other things. */
  say(line: string): Promise<string[]>;
  /** Types bytes behind a prompt. */
  type(bytes: string | Uint8Array): Promise<string[]>;
  /** What comes within so long. */
  within(ms: number): Promise<string[]>;
  sendRaw(json: string): Promise<string[]>;
  /** Configured with the good token (or another) and told to connect: its answer. */
  connect(token?: string): Promise<string[]>;
}

export async function rawModule(manner: Manner, knobs: DeviceWiseOptions = {}): Promise<RawModule> {
  const behind: { cloud?: MemoryCloud } = {};
  const dial = () => behind.cloud?.dial() ?? Promise.reject(new Error('no cloud yet'));
  const made = bench({ chunking: manner === 'one-byte' ? 'one-byte' : 'whole', deviceWise: { dial, ...knobs } });
  const { clock, module: sim } = made;
  const cloud = memoryCloud(clock);
  behind.cloud = cloud;
  made.ask('ATE0+CMEE=0');
  if (manner === 'storm') sim.push(bursts(10, 100, STORM));
  const heard = (): string[] => linesOf(made.heard()).filter((line) => !STORM.includes(line));
  const within = async (ms: number): Promise<string[]> => {
    for (let i = 0; i < 2; i++) await clock.advance(0);
    await clock.advance(ms);
    return heard();
  };
  const type = async (bytes: string | Uint8Array): Promise<string[]> => {
    heard();
    made.type(Buffer.from(bytes).toString('latin1'));
    return await within(0);
  };
  const say = (line: string): Promise<string[]> => type(`${line}\r`);
  return {
    ...{ cloud, clock, sim, imei: sim.state.identity.imei, say, type, within },
    async sendRaw(json) {
      const bytes = Buffer.from(json);
      expect((await say(`AT#DWSENDR=${bytes.length}`)).join('').trim()).toBe('>');
      return await type(bytes);
    },
    async connect(token = cloud.platform.appToken) {
      expect(await say(`AT#DWCFG=h.example:1883,0,${token},0,60,2,0,4,5`)).toEqual(['OK']);
      return await say('AT#DWCONN=1');
    },
  };
}
