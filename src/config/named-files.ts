// The files a configuration names: what a backup has to hold beside the state directory, what a wipe may remove, and the
// values that the scrubber must know before anything is shown.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Secret, type SecretKind } from '../core/index.js';
import { CERTIFICATE_KEYS, SECRET_KEYS, valueAt } from './check-secrets.js';
import type { Data } from './document.js';
import type { Config } from './schema.js';

export interface NamedFile {
  /** `ztp.token`: the key that names it. */
  key: string;
  path: string;
  /** `document`: secrets among other things. */
  holds: 'secret' | 'document' | 'certificate';
  kind?: SecretKind;
}

const MAX_SECRET_BYTES = 16_384;
const MAX_DOCUMENT_BYTES = 262_144;

const isReference = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Each file once, in the order of the configuration's keys. Pure. */
export function namedFiles(config: Config): NamedFile[] {
  const root = config as unknown as Data;
  const found = new Map<string, NamedFile>();
  for (const { path, kind, isPath } of SECRET_KEYS) {
    const value = valueAt(root, path);
    if (!isReference(value) || (!isPath && !value.startsWith('file:'))) continue;
    const file = isPath ? value : value.slice('file:'.length);
    if (!found.has(file))
      found.set(file, {
        key: path.join('.'),
        path: file,
        ...(kind === 'document' ? { holds: 'document' } : { holds: 'secret', kind }),
      });
  }
  for (const { path } of CERTIFICATE_KEYS) {
    const value = valueAt(root, path);
    if (isReference(value) && !found.has(value))
      found.set(value, { key: path.join('.'), path: value, holds: 'certificate' });
  }
  return [...found.values()];
}

/** References to secrets that are in no file: `env:NAME`, `credential:NAME`, with the key that has them. Pure. */
export function secretsElsewhere(config: Config): { key: string; reference: string }[] {
  return SECRET_KEYS.flatMap(({ path, isPath }) => {
    const value = valueAt(config, path);
    return isReference(value) && !isPath && !value.startsWith('file:')
      ? [{ key: path.join('.'), reference: value }]
      : [];
  });
}

/** Private members of a u-center file and the like: every text in it that is long enough to be one. */
function textsIn(data: unknown, depth = 0): string[] {
  if (typeof data === 'string') return [data];
  if (typeof data !== 'object' || data === null || depth > 8) return [];
  return Object.entries(data).flatMap(([key, value]) =>
    typeof value === 'string' && !/key|secret|password|token|chipcode|value/i.test(key)
      ? []
      : textsIn(value, depth + 1),
  );
}

async function readText(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await handle.stat();
    return facts.isFile() && facts.size <= maxBytes ? await handle.readFile('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The values in the files that a configuration names, `.next` and `.prev` of a rotation included, as far as this user may
 * read them: from then on the scrubber knows them. Whose files they are is not judged; nothing is used for anything.
 */
export async function rememberSecrets(config: Config): Promise<{ secrets: Secret[]; unread: NamedFile[] }> {
  const secrets: Secret[] = [];
  const unread: NamedFile[] = [];
  for (const file of namedFiles(config)) {
    if (file.holds === 'certificate') continue;
    for (const path of [file.path, `${file.path}.next`, `${file.path}.prev`]) {
      const text = await readText(path, file.holds === 'document' ? MAX_DOCUMENT_BYTES : MAX_SECRET_BYTES);
      if (text === undefined) {
        if (path === file.path) unread.push(file);
        continue;
      }
      if (file.holds === 'document') secrets.push(...secretsOfDocument(text));
      else if (text.trim() !== '') secrets.push(new Secret(file.kind ?? 'password', text.trim()));
    }
  }
  return { secrets, unread };
}

function secretsOfDocument(text: string): Secret[] {
  try {
    return textsIn(JSON.parse(text))
      .filter((value) => value.trim().length >= 16)
      .map((value) => new Secret('client-key', value.trim()));
  } catch {
    return [];
  }
}
