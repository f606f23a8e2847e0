// The secrets that reach the module, always as their files hold them now. They are read here and not borrowed from the
// credentials: what was refused must still be known, so that the refusal can be named. Whether a PIN may be sent is the
// ledger's business.
import { appTokenFor, type Config, resolveSecret, type SecretRef } from '../config/index.js';
import type { Secret, SecretKind } from '../core/index.js';
import type { Credential } from '../vault/index.js';
import { appTokenRef, type CredentialSet } from './credentials.js';

export interface ModemSecrets {
  readonly appToken: Secret | undefined;
  readonly pin: Secret | undefined;
  readonly bearerPassword: Secret | undefined;
}

export interface ModemSecretDeps {
  credentials: CredentialSet;
  configDir: string;
  env: NodeJS.ProcessEnv;
  /** A secret has another value than before. */
  onChange: (kind: SecretKind) => void;
}

/** Reads them once, then whenever their credential changes. What cannot be read is absent; its credential says why. */
export async function followModemSecrets(
  config: Config,
  { credentials, configDir, env, onChange }: ModemSecretDeps,
): Promise<ModemSecrets> {
  const held: { -readonly [K in keyof ModemSecrets]: ModemSecrets[K] } = {
    appToken: undefined,
    pin: undefined,
    bearerPassword: undefined,
  };
  const follow = async (
    name: keyof ModemSecrets,
    kind: SecretKind,
    ref: SecretRef | undefined,
    credential: Credential | undefined,
  ): Promise<void> => {
    if (ref === undefined) return;
    const read = async (): Promise<void> => {
      const value = await resolveSecret(ref, kind, { env, configDir, appTokenFor: appTokenFor(config) }).catch(
        () => undefined,
      );
      const before = held[name];
      const isNew = value !== undefined && before?.equals(value) !== true;
      held[name] = value;
      if (isNew && before !== undefined) onChange(kind);
    };
    await read();
    credential?.onChange(() => void read());
  };
  await Promise.all([
    follow('appToken', 'app-token', appTokenRef(config), credentials.appToken),
    follow('pin', 'pin', config.modem?.sim.pin, credentials.pin),
    follow('bearerPassword', 'password', config.modem?.bearer.auth?.password, credentials.bearerPassword),
  ]);
  return held;
}
