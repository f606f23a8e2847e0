// Is there memory left for the gateway?
import { join } from 'node:path';
import type { Desk } from '../desk.js';
import { readText } from '../files.js';
import { defineCheck, ok, skipped } from '../types.js';

const LITTLE_MIB = 96;
const BARE_MIB = 32;

export const memoryCheck = defineCheck<Desk, { availableMiB: number; totalMiB: number } | undefined>({
  id: 'memory',
  title: 'Memory',
  needs: [],
  deadlineMs: 10_000,
  looksAt: 'what the kernel calls available; the agent takes about 60 MiB',
  cures: [['little is left', '`ps -eo rss,args --sort=-rss | head` shows who takes it']],
  async gather({ machine }) {
    const text = (await readText(join(machine.roots.proc, 'meminfo'))) ?? '';
    const mib = (name: string): number | undefined => {
      const found = new RegExp(`^${name}:\\s+(\\d{1,12}) kB$`, 'm').exec(text)?.[1];
      return found === undefined ? undefined : Math.round(Number(found) / 1024);
    };
    const [availableMiB, totalMiB] = [mib('MemAvailable'), mib('MemTotal')];
    return availableMiB === undefined || totalMiB === undefined ? undefined : { availableMiB, totalMiB };
  },
  judge(memory) {
    if (!memory) return skipped('this system does not tell');
    const sentence = `${memory.availableMiB} of ${memory.totalMiB} MiB available`;
    const cure = 'ps -eo rss,args --sort=-rss | head shows who takes it: stop what is not needed';
    if (memory.availableMiB < BARE_MIB) return { is: 'fail', sentence, cure };
    return memory.availableMiB < LITTLE_MIB ? { is: 'warn', sentence, cure } : ok(sentence);
  },
});
