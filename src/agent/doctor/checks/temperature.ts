// Is the processor too hot?
import { join } from 'node:path';
import type { Desk } from '../desk.js';
import { namesIn, readText } from '../files.js';
import { defineCheck, ok, skipped } from '../types.js';

const HOT_C = 80;
const PLAUSIBLE_C = 150;

export const temperatureCheck = defineCheck<Desk, number | undefined>({
  id: 'temperature',
  title: 'Temperature',
  needs: [],
  deadlineMs: 10_000,
  looksAt: 'the hottest thermal zone; from 80 °C a Pi slows down',
  cures: [['hot', 'shade, air, a heat sink; the cabinet’s rating']],
  async gather({ machine }) {
    const folder = join(machine.roots.sys, 'class/thermal');
    const zones = (await namesIn(folder)).filter((name) => name.startsWith('thermal_zone')).slice(0, 32);
    const texts = await Promise.all(zones.map((zone) => readText(join(folder, zone, 'temp'))));
    const values = texts.flatMap((text) => (/^-?\d{1,7}\s*$/.test(text ?? '') ? [Number(text) / 1000] : []));
    const plausible = values.filter((value) => Math.abs(value) <= PLAUSIBLE_C);
    return plausible.length === 0 ? undefined : Math.max(...plausible);
  },
  judge(hottest) {
    if (hottest === undefined) return skipped('this machine does not measure it');
    const sentence = `${hottest.toFixed(0)} °C`;
    return hottest >= HOT_C
      ? { is: 'warn', sentence, cure: 'Give the machine shade and air, or a heat sink: from 80 °C it slows down' }
      : ok(sentence);
  },
});
