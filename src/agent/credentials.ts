// The credentials of this agent: ZTP token, deviceWISE app token, client certificate, the SIM's PIN and the access
// point's password. Each is a source with a state, evidence and a remedy; the status object and `token list` show them whether or not anything is connected.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Config, resolveSecret, type SecretRef } from '../config/index.js';
import { type Clock, type Logger, Secret, WaymarkError } from '../core/index.js';
import {
  type Credential,
  type CredentialKind,
  certificateLife,
  checkIdentity,
  createCredential,
  credentialMemoryCodec,
  type Identity,
  type Vault,
  watchFile,
} from '../vault/index.js';

export interface CredentialSet extends Disposable {
  ztpToken: Credential | undefined;
  appToken: Credential | undefined;
  certificate: Credential | undefined;
  pin: Credential | undefined;
  bearerPassword: Credential | undefined;
  all(): readonly Credential[];
  /** Reads every secret, and again when its file changes: rotation without a restart. */
  watch(): void;
  /** Waits until what is remembered is on disk. */
  flush(): Promise<void>;
}

export interface CredentialSetDeps {
  config: Config;
  configDir: string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  vault: Vault | undefined;
  isWallTrusted: () => boolean;
  /** The identity in force, for the certificate's life. */
  identity: () => Identity | undefined;
}

export function createCredentials(deps: CredentialSetDeps): CredentialSet {
  const { config, configDir, env, clock, log, vault, isWallTrusted } = deps;
  const make = (id: string, kind: CredentialKind, load: Parameters<typeof createCredential>[1]['load']): Credential =>
    createCredential(
      { clock, log, isWallTrusted, ...(vault ? { slot: vault.slot(`credential-${id}`, credentialMemoryCodec) } : {}) },
      { id, kind, load },
    );

  const { ztp, modem } = config;
  const appTokenRef = modem?.deviceWise?.appToken;
  const ztpToken =
    ztp &&
    make('ztp-token', 'ztp-token', async () => ({
      value: await resolveSecret(ztp.token, 'ztp-token', { env, configDir }),
    }));
  const appToken =
    appTokenRef === undefined
      ? undefined
      : make('app-token', 'app-token', async () => ({
          value: await resolveSecret(appTokenRef, 'app-token', { env, configDir }),
        }));
  const fromRef = (id: string, kind: 'pin' | 'password', ref: SecretRef | undefined): Credential | undefined =>
    ref === undefined
      ? undefined
      : make(id, kind, async () => ({ value: await resolveSecret(ref, kind, { env, configDir }) }));
  const pin = fromRef('sim-pin', 'pin', modem?.sim.pin);
  const bearerPassword = fromRef('bearer-password', 'password', modem?.bearer.auth?.password);
  const certificate =
    ztp || config.identity
      ? make('client-certificate', 'client-certificate', () => {
          const identity = deps.identity();
          if (identity?.shape !== 'keys')
            return Promise.reject(
              new WaymarkError('secret.absent', 'no client certificate yet', { hint: 'It comes with provisioning.' }),
            );
          const life = certificateLife(identity.certificate);
          return Promise.resolve({
            value: identity.privateKey,
            validFromUtcMs: life.notBeforeUtcMs,
            expiresAtUtcMs: life.notAfterUtcMs,
            expirySource: 'certificate' as const,
          });
        })
      : undefined;
  const all = [ztpToken, appToken, certificate, pin, bearerPassword].filter((c): c is Credential => c !== undefined);
  const watched: Disposable[] = [];
  const files: readonly [string | undefined, Credential | undefined][] = [
    [ztp?.token, ztpToken],
    [appTokenRef, appToken],
    [modem?.sim.pin, pin],
    [modem?.bearer.auth?.password, bearerPassword],
  ];
  return {
    ztpToken,
    appToken,
    certificate,
    pin,
    bearerPassword,
    all: () => all,
    watch() {
      for (const [ref, credential] of files) {
        // Known before it is needed: until then a token that is in its place would be shown as missing.
        void credential?.reload();
        if (credential && ref?.startsWith('file:'))
          watched.push(
            watchFile({ clock }, resolve(configDir, ref.slice('file:'.length)), () => void credential.reload()),
          );
      }
    },
    async flush() {
      await Promise.all(all.map((credential) => credential.flush()));
    },
    [Symbol.dispose]() {
      for (const watch of watched) watch[Symbol.dispose]();
      for (const credential of all) credential[Symbol.dispose]();
    },
  };
}

/** The identity that `identity:` in the configuration names. Errors: `identity.invalid`, `config.unreadable`. */
export async function identityFromFiles(
  files: NonNullable<Config['identity']>,
  configDir: string,
  nowUtcMs: number,
): Promise<Identity> {
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
  const identity: Identity = {
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
  checkIdentity(identity, nowUtcMs);
  return identity;
}

/** A CA bundle as PEM, or undefined for the system's. */
export async function readCa(file: string | undefined, configDir: string): Promise<string[] | undefined> {
  if (file === undefined) return undefined;
  try {
    return [await readFile(resolve(configDir, file), 'utf8')];
  } catch (cause) {
    throw new WaymarkError('config.unreadable', `CA file ${file} cannot be read`, { cause });
  }
}
