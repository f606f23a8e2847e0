// The identity that a person put in place: the portal's u-center file, or certificate, key and topics one by one.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Config, readPrivateFile } from '../config/index.js';
import { Secret, WaymarkError } from '../core/index.js';
import { checkIdentity, type KeysIdentity } from '../vault/index.js';
import { MAX_UCENTER_BYTES, parseUcenterConfig } from '../ztp/index.js';

type IdentityFiles = NonNullable<Config['identity']>;

/** The files an identity is made of, as paths: when one of them changes, so does the identity. */
export function identityPaths({ ucenterConfigFile, certFile, keyFile }: IdentityFiles, configDir: string): string[] {
  return [ucenterConfigFile, certFile, keyFile].flatMap((name) =>
    name === undefined ? [] : [resolve(configDir, name)],
  );
}

/**
 * The identity that `identity:` in the configuration names. `nowUtcMs` absent: the clock is not trusted, dates are left alone.
 * Errors: `identity.invalid`, and `secret.*` for a u-center file that is not there, not private or too large.
 */
export async function identityFromFiles(
  files: IdentityFiles,
  configDir: string,
  nowUtcMs: number | undefined,
): Promise<KeysIdentity> {
  const { ucenterConfigFile } = files;
  const identity =
    ucenterConfigFile === undefined
      ? await fromParts(files, configDir)
      : parseUcenterConfig(await readPrivateFile(ucenterConfigFile, configDir, MAX_UCENTER_BYTES));
  checkIdentity(identity, nowUtcMs);
  return identity;
}

async function fromParts(files: IdentityFiles, configDir: string): Promise<KeysIdentity> {
  const { certFile, keyFile, clientId, host, topics } = files;
  if (certFile === undefined || keyFile === undefined || clientId === undefined || host === undefined || !topics)
    throw new WaymarkError('identity.invalid', 'identity: certFile, keyFile, clientId, host and topics are needed');
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(resolve(configDir, name), 'utf8');
    } catch (cause) {
      throw new WaymarkError('identity.invalid', `${name} cannot be read`, {
        cause,
        hint: 'Check the paths under identity in the configuration.',
      });
    }
  };
  return {
    shape: 'keys',
    version: 1,
    clientId,
    certificate: await read(certFile),
    privateKey: new Secret('client-key', await read(keyFile)),
    host,
    port: files.port,
    topics: topics.flatMap((topic) => topic.split(';')),
    keys: {},
    supports: { ip: true, lband: false },
  };
}
