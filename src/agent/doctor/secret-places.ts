// Which files of a configuration hold secrets: every reference `file:PATH`, and the files of an identity.
import type { Config } from '../../config/index.js';

export interface SecretPlace {
  /** `losant.accessKey`. */
  key: string;
  path: string;
}

const PLAIN_PATHS = /(?:^|\.)(?:keyFile|ucenterConfigFile)$/;

/** In the order of the file; each file once. */
export function secretPlaces(config: Config): SecretPlace[] {
  const places: SecretPlace[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, child] of Object.entries(value)) walk(child, key === '' ? name : `${key}.${name}`);
      return;
    }
    if (typeof value !== 'string') return;
    if (value.startsWith('file:')) places.push({ key, path: value.slice('file:'.length) });
    else if (PLAIN_PATHS.test(key)) places.push({ key, path: value });
  };
  walk(config, '');
  return places.filter(({ path }, i) => places.findIndex((place) => place.path === path) === i);
}

/** The command of a hint such as `Close the file to others: chmod 600 x`. */
export const commandIn = (hint: string): string => /: ((?:chmod|chown|install) .+)$/.exec(hint)?.[1] ?? hint;
