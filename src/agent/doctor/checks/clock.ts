// Is the date right? By its floor, by a server's time, by whoever keeps it in step.
import { join } from 'node:path';
import { type ClockTrustStatus, createClockTrust } from '../../../core/index.js';
import type { Desk, Notes } from '../desk.js';
import { isThere, namesIn, readText } from '../files.js';
import { defineCheck, ok } from '../types.js';
import { floorOf, WRONG_CLOCK_MS } from './services.js';

interface Facts {
  nowUtcMs: number;
  floorUtcMs: number;
  trust: ClockTrustStatus;
  skew: Notes['skew'];
  /** Who keeps the clock; undefined: nobody that was seen. */
  keeper: string | undefined;
  isSynchronised: boolean;
  hasRtc: boolean;
}

const KEEPERS = ['systemd-timesyn', 'systemd-timesyncd', 'chronyd', 'ntpd', 'ntpsec'];
const SKEW_MS = 60_000;
const CURE = 'timedatectl set-ntp true (or: apt install systemd-timesyncd); then timedatectl shows “synchronized: yes”';

async function keeperIn(proc: string): Promise<string | undefined> {
  for (const pid of (await namesIn(proc)).filter((name) => /^\d+$/.test(name)).slice(0, 4096)) {
    const name = (await readText(join(proc, pid, 'comm')))?.trim();
    if (name !== undefined && KEEPERS.includes(name)) return name;
  }
  return undefined;
}

const day = (utcMs: number): string => `${new Date(utcMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function apart(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export const clockCheck = defineCheck<Desk, Facts>({
  id: 'clock',
  title: 'Clock',
  needs: ['configuration'],
  deadlineMs: 15_000,
  looksAt:
    'the date against the day of the build and `clock.floor`, against the time of a service (header Date), and who keeps it: timesyncd, chrony, ntpd, a battery-backed clock',
  cures: [
    [
      'before the floor',
      '`timedatectl set-ntp true`, or `date -us "YYYY-MM-DD hh:mm"`; the agent also takes the network’s and the receiver’s time',
    ],
    ['a service’s time differs', '`timedatectl set-ntp true`'],
    ['nobody keeps it', '`apt install systemd-timesyncd`, or `clock.requireSync: true` on a machine without battery'],
  ],
  async gather(desk) {
    const { machine } = desk;
    const { clock, roots, prefix } = machine;
    const floorUtcMs = floorOf(desk);
    return {
      nowUtcMs: clock.wall(),
      floorUtcMs,
      trust: createClockTrust(clock, floorUtcMs).status(),
      skew: desk.notes.skew,
      keeper: await keeperIn(roots.proc),
      isSynchronised: await isThere(join(prefix, '/run/systemd/timesync/synchronized')),
      hasRtc: (await namesIn(join(roots.sys, 'class/rtc'))).length > 0,
    };
  },
  judge({ nowUtcMs, floorUtcMs, trust, skew, keeper, isSynchronised, hasRtc }) {
    const fail = (sentence: string) => ({ is: 'fail', sentence, cure: CURE, code: 'clock.untrusted' }) as const;
    if (trust.reason === 'before-floor')
      return fail(`it is ${day(nowUtcMs)} here, which is before ${day(floorUtcMs)}: nothing secure is tried`);
    if (trust.reason === 'too-far-ahead') return fail(`it is ${day(nowUtcMs)} here, which is too far ahead`);
    if (skew && Math.abs(skew.ms) > WRONG_CLOCK_MS)
      return fail(`${apart(skew.ms)} ${skew.ms > 0 ? 'behind' : 'ahead of'} the time of ${skew.host}`);
    if (skew && Math.abs(skew.ms) > SKEW_MS)
      return {
        is: 'warn',
        sentence: `${apart(skew.ms)} ${skew.ms > 0 ? 'behind' : 'ahead of'} the time of ${skew.host}`,
        cure: CURE,
      };
    const by = isSynchronised ? ', synchronised' : keeper === undefined ? '' : `, kept by ${keeper}`;
    const agrees = skew ? `, agrees with ${skew.host}` : '';
    if (by === '' && !skew && !hasRtc)
      return {
        is: 'warn',
        sentence: `${day(nowUtcMs)}: nobody keeps it in step, and there is no battery-backed clock`,
        cure: CURE,
      };
    return ok(`${day(nowUtcMs)}${by}${agrees}`);
  },
});
