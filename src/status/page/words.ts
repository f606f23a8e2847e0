// Words and numbers as the page says them, the same on the gateway and in the browser.
import { duration } from '../durations.js';
import type { LampName, LampState, StatusSnapshot } from '../snapshot.js';

export const LAMP_WORDS: Readonly<Record<LampName, string>> = {
  modem: 'Modem',
  sim: 'SIM',
  network: 'Network',
  identity: 'Identity',
  session: 'Session',
  corrections: 'Corrections',
  fix: 'Fix',
};

export const STATE_WORDS: Readonly<Record<LampState, string>> = {
  lit: 'good',
  waiting: 'waiting',
  dark: 'trouble',
  absent: 'not in use',
};

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The first word as a sentence has it; a name of a host or a file stays as it is. */
export function sentence(text: string): string {
  if (/^(ntrip|mqtt)\b/.test(text)) return text.replace(/^\w+/, (word) => word.toUpperCase());
  return /^[^\s(]*\w[/.@]\w/.test(text) ? text : upperFirst(text);
}

/** What the gateway's own clock shows: the visitor's may be wrong. */
export const nowOf = ({ startedAt, uptimeMs }: StatusSnapshot): number => Date.parse(startedAt) + uptimeMs;

/** `for 12 min`; nothing where a time cannot be read. */
export function forHowLong(since: string, nowMs: number): string {
  const ms = nowMs - Date.parse(since);
  return Number.isFinite(ms) && ms >= 0 ? `for ${duration(ms)}` : '';
}

/** `in 12 s`, `now`; a number is not parted from its unit at the end of a line. */
export const inWords = (ms: number): string => (ms < 1000 ? 'now' : `in ${duration(ms)}`).replaceAll(' ', '\u00a0');

/** `1.4 cm`, `2.3 m`, `1.2 km`. */
export function metres(m: number): string {
  if (m < 0.1) return `${(m * 100).toFixed(1)} cm`;
  if (m < 1) return `${Math.round(m * 100)} cm`;
  if (m < 10) return `${m.toFixed(1)} m`;
  return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`;
}

/** `12 B`, `3.4 kB`, `1.2 MB`: thousands, as tariffs count. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  const [value, unit] = count < 1e6 ? [count / 1e3, 'kB'] : count < 1e9 ? [count / 1e6, 'MB'] : [count / 1e9, 'GB'];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `12 B`, `3.4 KiB`, `1.2 MiB`: as a budget is set. */
export function binaryBytes(count: number): string {
  const power = count < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB'][power] ?? ''}`;
}

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A minus sign that is one. */
export const signed = (value: number): string => String(value).replace('-', '\u2212');

const SERVICE_NAMES: Readonly<Record<string, string>> = {
  thingspace: 'ThingSpace',
  losant: 'Losant',
  devicewise: 'deviceWISE',
  ntrip: 'the caster',
  mqtt: 'the broker',
};

export const serviceName = (service: string): string => SERVICE_NAMES[service] ?? service;

const QUALITY_WORDS: Readonly<Record<string, string>> = {
  rtk_fixed: 'RTK fixed',
  rtk_float: 'RTK float',
  '3d': '3D fix',
  '2d': '2D fix',
  none: 'no fix',
};

export const qualityWords = (quality: string): string => QUALITY_WORDS[quality] ?? quality.replaceAll('_', ' ');
