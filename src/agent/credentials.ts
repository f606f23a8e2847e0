// The credentials of this agent: tokens, accounts, the identity's certificate and keys, the SIM's PIN. Each is a source
// with a state, evidence and a remedy; the status object and `token list` show them whether or not anything is connected.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { appTokenFor, type Config, type SecretRef } from '../config/index.js';
import { type Clock, type Logger, type Secret, type SecretKind, WaymarkError, watchClockJumps } from '../core/index.js';
import {
  ASSIST_TOKEN_REMEDIES,
  CELLLOCATE_TOKEN_REMEDIES,
  type ChipcodeIdentity,
  CONFIGURED_ACCOUNT_REMEDIES,
  type Credential,
  type CredentialSource,
  type CredentialStatus,
  type Identity,
  LEGACY_TOKEN_REMEDIES,
  PROVISIONED_ACCOUNT_REMEDIES,
  type RemedyTable,
  rootCauses,
  type Vault,
  watchFile,
} from '../vault/index.js';
import { credentialEdges } from './credential-edges.js';
import {
  loadAccount,
  loadAssistToken,
  loadCertificate,
  loadLocationToken,
  loadSpartnKeys,
} from './credential-loads.js';
import { createCredentialMaker, fileOf } from './credential-maker.js';
import { createRotations } from './credential-rotations.js';
import { type CredentialTests, createTestDesk } from './credential-tests.js';
import {
  type LosantCredentials,
  makeLosantCredentials,
  makeThingspaceCredentials,
  type ThingspaceCredentials,
} from './credentials-clouds.js';
import { type FleetCredentials, makeFleetCredentials } from './credentials-fleet.js';

/** One that a service makes at run time; shown, and told of clock jumps, but not ours. */
export type AddedCredential = Pick<CredentialSource<unknown>, 'status' | 'onChange'> & {
  clockJumped?(byMs: number): void;
};

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
  /** Of the sections `thingspace` and `losant`. */
  thingspace: ThingspaceCredentials | undefined;
  losant: LosantCredentials | undefined;
  fleet: FleetCredentials | undefined;
  /** Shows one more in status and token list (of the same id: instead); returns what takes it away again. */
  add(source: AddedCredential): () => void;
  /** No longer shown, nor missed: it has done its work. */
  retire(id: string): void;
  /** What is shown: ours that matter and those added, each with the one it waits for and with its rotation. */
  statuses(): readonly CredentialStatus[];
  /** How a credential is tried; returns what takes that away again. A later registration replaces an earlier one. */
  registerTests(id: string, tests: CredentialTests): () => void;
  /** The value as last loaded, though it be refused: for tests, which are there to find out whether it works again. */
  peek(id: string): Promise<Secret | undefined>;
  /**
   * Tries a credential now; one that works is no longer parked.
   * Errors: `cli.usage` (no such one), `token.not-testable`, `secret.*`, and what the far side said.
   */
  test(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Tries the `.next` beside a credential now and puts it in force.
   * Errors: `cli.usage` (none there, no file), `token.not-rotated` (refused, or the directory is read-only), `token.waits`.
   */
  rotate(id: string): Promise<void>;
  /** The file that holds its value; undefined when it does not come from a file. */
  fileOf(id: string): { path: string; kind: SecretKind } | undefined;
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
  /** False while new values had better not be tried (default: always true). */
  isNetworkUp?: () => boolean;
}

const DAY_MS = 86_400_000;
/** Newer keys come when the current one begins its four weeks; a last week without them is late. */
const KEYS_WARN_MS = 7 * DAY_MS;
/** A refused location token is tried about once an hour: every try counts against the plan (specs/tokens.md section 4). */
const LOCATION_TOKEN_BACKOFF = { baseMs: 7_200_000, capMs: 7_200_000, quickForMs: 0 };
/** A temporary location token is spoken of from day 75 on. */
const LOCATION_TOKEN_WARN_MS = 15 * DAY_MS;

export function createCredentials(deps: CredentialSetDeps): CredentialSet {
  const { config, clock, log, vault, isWallTrusted } = deps;
  const maker = createCredentialMaker({ ...deps, appTokenFor: appTokenFor(config) });
  const { make, fromRef, place } = maker;
  let heldChipcode: ChipcodeIdentity | undefined;

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
  const appToken = fromRef('app-token', 'app-token', appTokenRef(config));
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

  const thingspace = config.thingspace && makeThingspaceCredentials(config.thingspace, maker);
  const losant = config.losant && makeLosantCredentials(config.losant, maker);
  const fleet = config.fleet && makeFleetCredentials(config.fleet, maker);

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
    ...(thingspace ? Object.values<Credential | undefined>({ ...thingspace }) : []),
    ...(losant ? Object.values<Credential | undefined>({ ...losant }) : []),
    ...(fleet ? Object.values<Credential | undefined>({ ...fleet }) : []),
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

  const idOf = new Map(every.map((credential) => [credential.status().id, credential]));
  const added = new Map<string, AddedCredential>();
  const retired = new Set<string>();
  const edges = credentialEdges(config);
  const tests = createTestDesk({
    clock,
    find: (id) => idOf.get(id),
    ids: () => [...idOf.keys(), ...added.keys()],
    kindOf: (id) => (idOf.get(id) ?? added.get(id))?.status().kind,
  });
  const rotations = createRotations({
    ...{ refs: maker.refs, place, clock, log, vault, isWallTrusted },
    prover: tests.prover,
    ...(deps.isNetworkUp ? { isNetworkUp: deps.isNetworkUp } : {}),
  });

  const statuses = (): readonly CredentialStatus[] => {
    const shown = new Map(every.filter(matters).map((credential) => [credential.status().id, credential.status()]));
    for (const [id, source] of added) shown.set(id, source.status());
    for (const id of retired) shown.delete(id);
    const roots = rootCauses([...shown.values()], edges);
    return [...shown.values()].map((status) => {
      const waitsFor = roots.get(status.id);
      const rotation = rotations.status(status.id);
      return { ...status, ...(waitsFor === undefined ? {} : { waitsFor }), ...(rotation ? { rotation } : {}) };
    });
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
    thingspace,
    losant,
    fleet,
    add(source) {
      const { id } = source.status();
      added.set(id, source);
      return () => {
        if (added.get(id) === source) added.delete(id);
      };
    },
    retire: (id) => void retired.add(id),
    statuses,
    registerTests(id, given) {
      const off = tests.register(id, given);
      rotations.proverChanged(id);
      return off;
    },
    peek: tests.peek,
    test: tests.test,
    rotate: rotations.rotate,
    fileOf(id) {
      const found = maker.refs.find((ref) => ref.id === id);
      const path = found && fileOf(found.ref, place.configDir);
      return path === undefined || !found ? undefined : { path, kind: found.kind };
    },
    all: () => every.filter(matters),
    watch() {
      // Known before it is needed: until then a token that is in its place would be shown as missing.
      for (const { credential } of maker.refs) void credential.reload();
      void thingspace?.certificate?.reload();
      void fleet?.certificate?.reload();
      for (const { path, credential } of maker.watched())
        watched.push(watchFile({ clock }, path, () => void credential.reload()));
      watched.push(
        watchClockJumps(clock, (byMs) => {
          log.info('clock.jumped', { byMs });
          for (const credential of every) credential.clockJumped();
          for (const source of added.values()) source.clockJumped?.(byMs);
        }),
      );
      rotations.watch();
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
      rotations[Symbol.dispose]();
      for (const credential of every) credential[Symbol.dispose]();
    },
  };
}

/** Where the app token of deviceWISE is, whoever uses it. */
export const appTokenRef = ({ deviceWise, modem }: Config): SecretRef | undefined =>
  deviceWise?.appToken ?? modem?.deviceWise?.appToken;

/** A CA bundle as PEM, or undefined for the system's. */
export async function readCa(file: string | undefined, configDir: string): Promise<string[] | undefined> {
  if (file === undefined) return undefined;
  try {
    return [await readFile(resolve(configDir, file), 'utf8')];
  } catch (cause) {
    throw new WaymarkError('config.unreadable', `CA file ${file} cannot be read`, {
      cause,
      hint: 'Name a PEM file of authorities that the service user may read, or leave caFile out.',
    });
  }
}
