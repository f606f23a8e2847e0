// The credentials of this agent: tokens, accounts, the identity's certificate and keys, the SIM's PIN. Each is a source
// with a state, evidence and a remedy; the status object and `token list` show them whether or not anything is connected.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Config, resolveSecret, type SecretRef } from '../config/index.js';
import { type Clock, type Logger, type SecretKind, WaymarkError } from '../core/index.js';
import {
  ASSIST_TOKEN_REMEDIES,
  CELLLOCATE_TOKEN_REMEDIES,
  type ChipcodeIdentity,
  CONFIGURED_ACCOUNT_REMEDIES,
  type Credential,
  type CredentialKind,
  type CredentialOptions,
  createCredential,
  credentialMemoryCodec,
  type Identity,
  LEGACY_TOKEN_REMEDIES,
  type LoadedCredential,
  PROVISIONED_ACCOUNT_REMEDIES,
  type RemedyTable,
  type Vault,
  watchFile,
} from '../vault/index.js';
import {
  loadAccount,
  loadAssistToken,
  loadCertificate,
  loadLocationToken,
  loadSpartnKeys,
} from './credential-loads.js';

export interface CredentialSet extends Disposable {
  ztpToken: Credential | undefined;
  appToken: Credential | undefined;
  certificate: Credential | undefined;
  pin: Credential | undefined;
  bearerPassword: Credential | undefined;
  /** `assistnow-token`: the ZTP token of the AssistNow device profile. */
  assistToken: Credential | undefined;
  /** `assistnow-chipcode`: what that token brought; see `holdChipcode`. */
  chipcode: Credential | undefined;
  /** `assistnow-legacy-token`: the location token of the old service. */
  legacyToken: Credential | undefined;
  /** `celllocate-token`: the location token handed to the module. */
  cellLocateToken: Credential | undefined;
  /** `ntrip-account`: the password of the configured caster, or of the provisioning answer. */
  ntripAccount: Credential | undefined;
  /** `spartn-keys`: how long the decryption keys of the identity last; nothing borrows it. */
  spartnKeys: Credential | undefined;
  /** Those that matter now: what belongs to another shape of identity than the one in force is left out. */
  all(): readonly Credential[];
  /** Reads every secret, and again when its file changes: rotation without a restart. */
  watch(): void;
  /** To be called when the identity in force, or its decryption keys, are others than before. */
  identityChanged(): void;
  /** The chipcode in force, from its provisioning; resolves when reports about it count. */
  holdChipcode(chipcode: ChipcodeIdentity): Promise<void>;
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
  /** The identity in force: its certificate, keys or account. */
  identity: () => Identity | undefined;
}

const DAY_MS = 86_400_000;
/** Newer keys come when the current one begins its four weeks; a last week without them is late. */
const KEYS_WARN_MS = 7 * DAY_MS;
/** A refused location token is tried about once an hour: every try counts against the plan (specs/tokens.md section 4). */
const LOCATION_TOKEN_BACKOFF = { baseMs: 7_200_000, capMs: 7_200_000, quickForMs: 0 };
/** A temporary location token is spoken of from day 75 on. */
const LOCATION_TOKEN_WARN_MS = 15 * DAY_MS;

export function createCredentials(deps: CredentialSetDeps): CredentialSet {
  const { config, configDir, env, clock, log, vault, isWallTrusted } = deps;
  const place = { env, configDir };
  const files: [SecretRef, Credential][] = [];
  let heldChipcode: ChipcodeIdentity | undefined;

  const make = (
    id: string,
    kind: CredentialKind,
    load: () => Promise<LoadedCredential>,
    more: Partial<CredentialOptions> = {},
  ): Credential =>
    createCredential(
      { clock, log, isWallTrusted, ...(vault ? { slot: vault.slot(`credential-${id}`, credentialMemoryCodec) } : {}) },
      { id, kind, load, ...more },
    );
  /** One whose value stands where the configuration says. */
  const fromRef = (
    id: string,
    kind: SecretKind,
    ref: SecretRef | undefined,
    more: Partial<CredentialOptions> = {},
  ): Credential | undefined => {
    if (ref === undefined) return undefined;
    const credential = make(id, kind, async () => ({ value: await resolveSecret(ref, kind, place) }), more);
    files.push([ref, credential]);
    return credential;
  };
  const locationToken = (
    id: string,
    settings: Parameters<typeof loadLocationToken>[0] | undefined,
    remedies: RemedyTable,
  ): Credential | undefined =>
    settings &&
    fromRef(id, 'location-token', settings.token, {
      load: loadLocationToken(settings, place),
      remedies,
      warnBeforeMs: LOCATION_TOKEN_WARN_MS,
      refusedBackoff: LOCATION_TOKEN_BACKOFF,
    });

  const { ztp, modem, corrections, assistNow } = config;
  const hasIdentity = ztp !== undefined || config.identity !== undefined;
  const ztpToken = fromRef('ztp-token', 'ztp-token', ztp?.token);
  const appToken = fromRef('app-token', 'app-token', modem?.deviceWise?.appToken);
  const certificate = hasIdentity
    ? make('client-certificate', 'client-certificate', loadCertificate(deps.identity))
    : undefined;
  const pin = fromRef('sim-pin', 'pin', modem?.sim.pin);
  const bearerPassword = fromRef('bearer-password', 'password', modem?.bearer.auth?.password);
  const assistRef = assistNow?.token;
  const assistToken = fromRef('assistnow-token', 'ztp-token', assistRef, {
    ...(assistRef === undefined ? {} : { load: loadAssistToken(assistRef, place) }),
    remedies: ASSIST_TOKEN_REMEDIES,
  });
  const chipcode =
    assistToken &&
    make('assistnow-chipcode', 'chipcode', () =>
      heldChipcode
        ? Promise.resolve({ value: heldChipcode.chipcode })
        : Promise.reject(new WaymarkError('secret.absent', 'no chipcode yet', { hint: 'It comes with provisioning.' })),
    );
  const legacyToken = locationToken('assistnow-legacy-token', assistNow?.legacy, LEGACY_TOKEN_REMEDIES);
  const cellLocateToken = locationToken('celllocate-token', modem?.cellLocate, CELLLOCATE_TOKEN_REMEDIES);
  const isOwnCaster = corrections?.ntrip.host !== undefined;
  const ntripAccount = isOwnCaster
    ? fromRef('ntrip-account', 'password', corrections.ntrip.password, { remedies: CONFIGURED_ACCOUNT_REMEDIES })
    : ztp && corrections && corrections.source !== 'mqtt'
      ? make('ntrip-account', 'password', loadAccount(deps.identity), { remedies: PROVISIONED_ACCOUNT_REMEDIES })
      : undefined;
  const spartnKeys = hasIdentity
    ? make('spartn-keys', 'spartn-key', loadSpartnKeys(deps.identity), { warnBeforeMs: KEYS_WARN_MS })
    : undefined;

  const every = [
    ztpToken,
    appToken,
    certificate,
    ntripAccount,
    spartnKeys,
    assistToken,
    chipcode,
    legacyToken,
    cellLocateToken,
    pin,
    bearerPassword,
  ].filter((c): c is Credential => c !== undefined);

  /** What the other way of delivery needs is not missed. */
  const matters = (credential: Credential): boolean => {
    const identity = deps.identity();
    const isNtrip = identity ? identity.shape === 'ntrip' : corrections?.source === 'ntrip';
    if (credential === certificate) return !isNtrip;
    if (credential === ntripAccount) return isNtrip || isOwnCaster;
    if (credential === spartnKeys)
      return identity?.shape === 'keys' && (identity.keys.current ?? identity.keys.next) !== undefined;
    return true;
  };

  const watched: Disposable[] = [];
  return {
    ztpToken,
    appToken,
    certificate,
    pin,
    bearerPassword,
    assistToken,
    chipcode,
    legacyToken,
    cellLocateToken,
    ntripAccount,
    spartnKeys,
    all: () => every.filter(matters),
    watch() {
      for (const [ref, credential] of files) {
        // Known before it is needed: until then a token that is in its place would be shown as missing.
        void credential.reload();
        if (ref.startsWith('file:'))
          watched.push(
            watchFile({ clock }, resolve(configDir, ref.slice('file:'.length)), () => void credential.reload()),
          );
      }
    },
    identityChanged() {
      void certificate?.reload();
      void spartnKeys?.reload();
      if (!isOwnCaster) void ntripAccount?.reload();
    },
    async holdChipcode(next) {
      heldChipcode = next;
      await chipcode?.reload();
    },
    async flush() {
      await Promise.all(every.map((credential) => credential.flush()));
    },
    [Symbol.dispose]() {
      for (const watch of watched) watch[Symbol.dispose]();
      for (const credential of every) credential[Symbol.dispose]();
    },
  };
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
