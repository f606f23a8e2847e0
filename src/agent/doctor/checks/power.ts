// Has the machine had too little voltage? A Raspberry Pi tells, by the firmware's word or its own sensor.
import { join } from 'node:path';
import type { Desk } from '../desk.js';
import { namesIn, readText } from '../files.js';
import { defineCheck, ok, skipped } from '../types.js';

interface Facts {
  isPi: boolean;
  /** Bits of the firmware: 0 now, 16 since the start; 2 and 18 slowed down. */
  throttled: number | undefined;
  alarm: boolean | undefined;
}

const UNDER_NOW = 1;
const SLOWED_NOW = 1 << 2;
const UNDER_BEFORE = 1 << 16;

const wordOf = (text: string | undefined): number | undefined => {
  const hex = /(?:0x)?([0-9a-f]{1,8})\s*$/i.exec(text?.trim() ?? '')?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
};

async function sensor(sys: string): Promise<boolean | undefined> {
  const folder = join(sys, 'class/hwmon');
  for (const name of await namesIn(folder)) {
    if ((await readText(join(folder, name, 'name')))?.trim() !== 'rpi_volt') continue;
    return (await readText(join(folder, name, 'in0_lcrit_alarm')))?.trim() === '1';
  }
  return undefined;
}

export const powerCheck = defineCheck<Desk, Facts>({
  id: 'power',
  title: 'Supply voltage',
  needs: [],
  deadlineMs: 10_000,
  looksAt: 'on a Raspberry Pi: get_throttled (sysfs or `vcgencmd`), else its voltage sensor',
  cures: [
    [
      'under-voltage',
      'a power supply of 5.1 V and 3 A with a short, thick cable; the module on a powered hub of its own',
    ],
  ],
  async gather({ machine }) {
    const { sys, proc } = machine.roots;
    const model = (await readText(join(proc, 'device-tree/model'))) ?? '';
    const isPi = model.includes('Raspberry Pi');
    const file = await readText(join(sys, 'devices/platform/soc/soc:firmware/get_throttled'));
    const alarm = await sensor(sys);
    const told = file ?? (isPi && alarm === undefined ? await machine.ask('vcgencmd', ['get_throttled']) : undefined);
    return { isPi, throttled: wordOf(told), alarm };
  },
  judge({ isPi, throttled, alarm }) {
    if (throttled === undefined && alarm === undefined)
      return skipped(isPi ? 'this Pi does not tell (vcgencmd is missing)' : 'this machine does not measure it');
    const bits = throttled ?? 0;
    const cure =
      'Use a supply of 5.1 V and 3 A with a short, thick cable, and a powered hub for the module: transmit peaks take 2 A';
    if ((bits & UNDER_NOW) !== 0 || alarm === true)
      return { is: 'fail', sentence: 'the supply voltage is too low right now', cure, code: 'modem.reset' };
    if ((bits & UNDER_BEFORE) !== 0)
      return { is: 'warn', sentence: 'the supply voltage was too low since the machine was started', cure };
    if ((bits & SLOWED_NOW) !== 0) return { is: 'warn', sentence: 'the processor is slowed down', cure };
    return ok('has not been too low');
  },
});
