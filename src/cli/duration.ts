// "30s", "5m", "1h30m": durations as people type them.
import { WaymarkError } from '../core/index.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds. Errors: `cli.usage`. A bare number is seconds. */
export function parseDurationMs(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text)
    throw new WaymarkError('cli.usage', `not a duration: ${text} (try 30s, 5m, 1h30m)`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

/** A positive number. Errors: `cli.usage`. */
export function parsePositive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new WaymarkError('cli.usage', `${name} must be a positive number, not ${text}`);
  return value;
}
