// How the agent makes its credentials: each with its memory in the vault, and those whose value a file holds noted down,
// so that they can be watched and rotated.
import { resolve } from 'node:path';
import { resolveSecret, type SecretPlace, type SecretRef } from '../config/index.js';
import type { Clock, Logger, SecretKind } from '../core/index.js';
import {
  type Credential,
  type CredentialKind,
  type CredentialOptions,
  createCredential,
  credentialMemoryCodec,
  type LoadedCredential,
  type Vault,
} from '../vault/index.js';

export type CredentialPlace = SecretPlace;

export interface MakerDeps extends CredentialPlace {
  clock: Clock;
  log: Logger;
  vault: Vault | undefined;
  isWallTrusted: () => boolean;
}

/** One whose value the configuration names. */
export interface RefCredential {
  id: string;
  kind: SecretKind;
  ref: SecretRef;
  credential: Credential;
}

export interface CredentialMaker {
  readonly place: CredentialPlace;
  make(
    id: string,
    kind: CredentialKind,
    load: () => Promise<LoadedCredential>,
    more?: Partial<CredentialOptions>,
  ): Credential;
  /** One whose value stands where the configuration says; undefined where it says nothing. */
  fromRef(
    id: string,
    kind: SecretKind,
    ref: SecretRef | undefined,
    more?: Partial<CredentialOptions>,
  ): Credential | undefined;
  /** Looked at again whenever the file changes. */
  follow(file: string, credential: Credential): void;
  /** Those made by `fromRef`, in that order. */
  readonly refs: readonly RefCredential[];
  /** Files to watch, with whose value changes with them. */
  watched(): readonly { path: string; credential: Credential }[];
}

/** The absolute path of a `file:` reference; undefined for the other kinds. */
export function fileOf(ref: SecretRef, configDir: string): string | undefined {
  return ref.startsWith('file:') ? resolve(configDir, ref.slice('file:'.length)) : undefined;
}

export function createCredentialMaker(deps: MakerDeps): CredentialMaker {
  const { env, configDir, appTokenFor, clock, log, vault, isWallTrusted } = deps;
  const place: CredentialPlace = { env, configDir, ...(appTokenFor === undefined ? {} : { appTokenFor }) };
  const refs: RefCredential[] = [];
  const followed: { path: string; credential: Credential }[] = [];
  const make: CredentialMaker['make'] = (id, kind, load, more = {}) =>
    createCredential(
      { clock, log, isWallTrusted, ...(vault ? { slot: vault.slot(`credential-${id}`, credentialMemoryCodec) } : {}) },
      { id, kind, load, ...more },
    );
  return {
    place,
    make,
    fromRef(id, kind, ref, more = {}) {
      if (ref === undefined) return undefined;
      const credential = make(id, kind, async () => ({ value: await resolveSecret(ref, kind, place) }), more);
      refs.push({ id, kind, ref, credential });
      const path = fileOf(ref, configDir);
      if (path !== undefined) followed.push({ path, credential });
      return credential;
    },
    follow(file, credential) {
      followed.push({ path: resolve(configDir, file), credential });
    },
    refs,
    watched: () => followed,
  };
}
