// The token that lets a page act and not only look: new at each start, in a file only the service user may read.
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, WaymarkError } from '../core/index.js';

const TOKEN_BYTES = 32;

export interface PageToken extends Disposable {
  readonly secret: Secret;
  readonly file: string;
}

export const pageTokenFileIn = (runtimeDir: string): string => join(runtimeDir, 'page-token');

/** Makes token and file; the file goes with it. Errors: `link.permission` when the file cannot be written. */
export function createPageToken(runtimeDir: string): PageToken {
  const file = pageTokenFileIn(runtimeDir);
  const value = randomBytes(TOKEN_BYTES).toString('base64url');
  const secret = new Secret('page-token', value);
  const fresh = `${file}.new`;
  try {
    // Made anew with its mode, never through a link that lies there, then put in place at once.
    rmSync(fresh, { force: true });
    writeFileSync(fresh, `${value}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, file);
  } catch (cause) {
    throw new WaymarkError('link.permission', `${file} cannot be written`, {
      hint: 'The page’s token lies in the runtime directory: let the service user write there, or name another runtimeDir.',
      cause,
    });
  }
  return { secret, file, [Symbol.dispose]: () => rmSync(file, { force: true }) };
}
