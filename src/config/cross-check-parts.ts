// What the checks of keys against each other share.
import type { Data } from './document.js';

export interface CrossFinding {
  path: readonly string[];
  message: string;
  isWarning?: boolean;
}

export type Section = { readonly [key: string]: Data };

export const section = (parent: Section | undefined, key: string): Section | undefined => {
  const value = parent?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : undefined;
};

/** February has no 31st, though the parser would make it the 3rd of March. */
export const isDay = (day: string): boolean => {
  const utcMs = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(utcMs) && new Date(utcMs).toISOString().startsWith(day);
};
