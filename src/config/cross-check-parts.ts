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
