// The secret values that a state directory keeps, read from its files without changing any: so that the scrubber knows
// them before somebody's evidence is packed, and so that a wipe can look for them afterwards.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, type SecretKind } from '../core/index.js';

/** The slots that keep secrets; in all others there are only fingerprints (test/scenarios/no-secret-in-any-output). */
const KEEPERS =
  /(?:^|\.)(?:identity(?:-assistnow)?|losant-identity|losant-enrolment|devicewise-things)(?:\.prev|\.next)?$/;
const MEMBERS: Readonly<Record<string, SecretKind>> = {
  privateKey: 'client-key',
  password: 'password',
  chipcode: 'chipcode',
  value: 'spartn-key',
  key: 'access-key',
  secret: 'access-secret',
  own: 'application-id',
};
const MIN_LENGTH = 6;
const MAX_BYTES = 1_048_576;

function collect(data: unknown, into: Secret[], depth = 0): void {
  if (typeof data !== 'object' || data === null || depth > 8) return;
  for (const [name, value] of Object.entries(data)) {
    const kind = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (kind !== undefined && typeof value === 'string' && value.length >= MIN_LENGTH)
      into.push(new Secret(kind, value));
    else collect(value, into, depth + 1);
  }
}

/** Every secret in the state directory, as far as this user may read it; damaged and older generations included. */
export async function valuesKeptIn(dir: string): Promise<Secret[]> {
  const found: Secret[] = [];
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !KEEPERS.test(entry.name)) continue;
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '');
    if (text === '' || text.length > MAX_BYTES) continue;
    try {
      collect(JSON.parse(text), found);
    } catch {
      // Damaged: what cannot be read out is not known.
    }
  }
  return found;
}

/** The texts by which a value is found in bytes: as it is, line by line, and as base64 and hex would have it. */
function tracesOf(value: string): string[] {
  const lines = value.split('\n').filter((line) => line.length >= MIN_LENGTH && !line.startsWith('-----'));
  const bytes = Buffer.from(value, 'utf8');
  return [
    ...lines,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
}

/** True when one of the values stands in the bytes, plainly, in base64 or in hex. */
export function holdsAny(bytes: Buffer, values: readonly Secret[]): boolean {
  return values.some((value) => tracesOf(value.reveal()).some((trace) => bytes.includes(trace)));
}
