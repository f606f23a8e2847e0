import { expect, test } from 'vitest';
import { rebootDuring } from '../../src/sim/index.js';
import { isServing, startScenario } from '../helpers/scenario.js';

test.each(['+CGMR', '+COPS?'])(
  'a module that restarts instead of answering AT%s is brought up again',
  async (command) => {
    await using gateway = await startScenario({ prepare: (world) => void world.module.push(rebootDuring(command)) });
    const { module } = gateway.world;
    await gateway.until('serving', (s) => isServing(s) && s.modem?.appTokenState === 'verified', 30_000);
    // By itself: nobody helped it along with a reset of our own.
    expect(module.counters.resets).toBe(1);
    expect(gateway.transcript.filter((line) => /^> AT#REBOOT/.test(line))).toEqual([]);
    expect(gateway.transcript.filter((line) => line.startsWith('> AT#DWCFG=')).length).toBe(1);
    expect(module.counters.intrusions).toBe(0);
  },
  40_000,
);
