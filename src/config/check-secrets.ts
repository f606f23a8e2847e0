// Looks at every secret and certificate a configuration names, as far as they can be reached from here: who may read
// them, what form they have, whether they are about to end. Nothing is sent anywhere (specs/tokens.md section 7).
import { dirname, resolve } from 'node:path';
import { isWaymarkError, type Secret, type SecretKind } from '../core/index.js';
import type { Data } from './document.js';
import { readCertificates } from './pem.js';
import type { ConfigProblem } from './problem.js';
import { SECRET_REF } from './schema-parts.js';
import type { SecretRef } from './schema-values.js';
import { certificateOddities, endOddity, oddityOf, temporaryOddity } from './secret-oddities.js';
import { appTokenFor, fitsModule, peekSecret, readPrivateFile } from './secrets.js';

export interface SecretCheckDeps {
  root: Data | undefined;
  file: string;
  env: NodeJS.ProcessEnv;
  nowUtcMs: number;
  placeOf: (path: readonly string[]) => { line: number; column: number };
}

export interface SecretCheck {
  problems: ConfigProblem[];
  warnings: ConfigProblem[];
  /** A problem was not about file modes. */
  isBeyondModes: boolean;
}

const MAX_DOCUMENT_BYTES = 262_144;

/** `document`: a file that holds secrets among other things; only who may read it is looked at. */
export const SECRET_KEYS: readonly { path: readonly string[]; kind: SecretKind | 'document'; isPath?: boolean }[] = [
  { path: ['modem', 'deviceWise', 'appToken'], kind: 'app-token' },
  { path: ['deviceWise', 'appToken'], kind: 'app-token' },
  { path: ['modem', 'sim', 'pin'], kind: 'pin' },
  { path: ['modem', 'bearer', 'auth', 'password'], kind: 'password' },
  { path: ['ztp', 'token'], kind: 'ztp-token' },
  { path: ['identity', 'keyFile'], kind: 'client-key', isPath: true },
  { path: ['identity', 'ucenterConfigFile'], kind: 'document', isPath: true },
  { path: ['corrections', 'ntrip', 'password'], kind: 'password' },
  { path: ['assistNow', 'token'], kind: 'ztp-token' },
  { path: ['assistNow', 'legacy', 'token'], kind: 'location-token' },
  { path: ['modem', 'cellLocate', 'token'], kind: 'location-token' },
  { path: ['thingspace', 'key'], kind: 'thingspace-key' },
  { path: ['thingspace', 'secret'], kind: 'thingspace-secret' },
  { path: ['thingspace', 'user'], kind: 'uws-user' },
  { path: ['thingspace', 'password'], kind: 'password' },
  { path: ['thingspace', 'identity', 'bearer'], kind: 'enrolment-token' },
  { path: ['thingspace', 'identity', 'keyFile'], kind: 'client-key', isPath: true },
  { path: ['losant', 'accessKey'], kind: 'access-key' },
  { path: ['losant', 'accessSecret'], kind: 'access-secret' },
  { path: ['losant', 'applicationToken'], kind: 'application-token' },
  { path: ['losant', 'enrol', 'token'], kind: 'enrolment-token' },
  { path: ['fleet', 'password'], kind: 'password' },
  { path: ['fleet', 'keyFile'], kind: 'client-key', isPath: true },
];

/** `key`: where its private key is named; without one it is an authority's, whose dates are not ours. */
export const CERTIFICATE_KEYS: readonly { path: readonly string[]; key?: readonly string[] }[] = [
  { path: ['ztp', 'caFile'] },
  { path: ['identity', 'caFile'] },
  { path: ['identity', 'certFile'], key: ['identity', 'keyFile'] },
  { path: ['corrections', 'caFile'] },
  { path: ['assistNow', 'caFile'] },
  { path: ['thingspace', 'caFile'] },
  { path: ['thingspace', 'identity', 'certFile'], key: ['thingspace', 'identity', 'keyFile'] },
  { path: ['losant', 'caFile'] },
  { path: ['deviceWise', 'caFile'] },
  { path: ['fleet', 'caFile'] },
  { path: ['fleet', 'certFile'], key: ['fleet', 'keyFile'] },
];

export function valueAt(root: Data | undefined, path: readonly string[]): Data | undefined {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = (value as { readonly [key: string]: Data })[key];
  }
  return value;
}

/** Undefined without that section. */
function deviceWiseRoad(root: Data | undefined): string | undefined {
  if (valueAt(root, ['deviceWise']) === undefined) return undefined;
  const road = valueAt(root, ['deviceWise', 'road']);
  return typeof road === 'string' ? road : 'auto';
}

export async function checkSecrets({ root, file, env, nowUtcMs, placeOf }: SecretCheckDeps): Promise<SecretCheck> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  let isBeyondModes = false;
  const configDir = dirname(resolve(file));
  const at = (path: readonly string[], message: string): ConfigProblem => ({
    file,
    ...placeOf(path),
    path: path.join('.'),
    message,
  });
  const warn = (path: readonly string[], message: string | undefined): void => {
    if (message !== undefined) warnings.push(at(path, message));
  };
  const isApplicationToken = (name: string): boolean =>
    name === 'losant.enrol.token' && valueAt(root, ['losant', 'enrol', 'mode']) === 'application-token';

  const road = deviceWiseRoad(root);
  const tokenFor = appTokenFor(road === undefined ? {} : { deviceWise: { road } });
  const hasModule = valueAt(root, ['modem']) !== undefined;
  const keys = new Map<string, Secret>();
  for (const { path, kind, isPath } of SECRET_KEYS) {
    const value = valueAt(root, path);
    if (typeof value !== 'string') continue;
    const ref = isPath ? `file:${value}` : value;
    if (!SECRET_REF.test(ref)) continue;
    const name = path.join('.');
    try {
      if (kind === 'document') await readPrivateFile(value, configDir, MAX_DOCUMENT_BYTES);
      else {
        const secret = await peekSecret(ref as SecretRef, kind, { env, configDir, appTokenFor: tokenFor });
        if (kind === 'app-token' && tokenFor === 'any' && hasModule && road === 'auto' && !fitsModule(secret))
          warn(
            path,
            'the token holds a comma, quote, semicolon or backslash, which cannot be told to the module: the gateway road is taken',
          );
        if (kind === 'client-key') keys.set(name, secret);
        warn(path, oddityOf(name, secret, { nowUtcMs, isApplicationToken: isApplicationToken(name) }));
      }
      if (ref.startsWith('env:')) warn(path, 'a file (file:PATH) is safer than an environment variable');
    } catch (error) {
      if (!isWaymarkError(error)) throw error;
      const problem = at(path, `${error.message}. ${error.hint}`);
      // Not there yet is a state the running gateway shows and waits out, not a mistake in the file.
      if (error.code === 'secret.absent') warnings.push(problem);
      else {
        problems.push(problem);
        isBeyondModes ||= error.code !== 'secret.permission';
      }
    }
  }

  // Certificates that are not there (yet) are worth a word now.
  for (const { path, key } of CERTIFICATE_KEYS) {
    const value = valueAt(root, path);
    if (typeof value !== 'string' || value === '') continue;
    try {
      const [certificate = ''] = await readCertificates(resolve(configDir, value));
      if (key) for (const odd of certificateOddities(certificate, keys.get(key.join('.')), nowUtcMs)) warn(path, odd);
    } catch (error) {
      if (!isWaymarkError(error)) throw error;
      // Authorities are read at the start; a certificate may still come while the gateway runs.
      const isNeeded = path.at(-1) === 'caFile';
      warn(path, isNeeded ? `${error.message}; without it the gateway ends at once` : error.message);
    }
  }

  for (const section of [
    ['assistNow', 'legacy'],
    ['modem', 'cellLocate'],
  ]) {
    const issuedAt = valueAt(root, [...section, 'issuedAt']);
    if (typeof issuedAt === 'string' && valueAt(root, [...section, 'kind']) === 'temporary')
      warn([...section, 'issuedAt'], temporaryOddity(issuedAt, nowUtcMs));
  }
  const expires = ['losant', 'applicationTokenExpires'];
  const day = valueAt(root, expires);
  if (typeof day === 'string' && Number.isFinite(Date.parse(day)))
    warn(expires, endOddity('the application token', Date.parse(day), nowUtcMs));
  return { problems, warnings, isBeyondModes };
}
