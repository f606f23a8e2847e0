// The three ways to a position (specs/thingspace.md section 7): with the account's own files, with tokens the operator
// hands down, or by asking the operator. What the service runs is the same for all.
import { type Clock, isWaymarkError, type Logger, type Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import type { CredentialSource } from '../../vault/index.js';
import { createApi } from './api.js';
import { createBearer, type DirectCredentials } from './bearer.js';
import type { LocationBudget } from './budget.js';
import { createDelegatedTokens } from './delegated.js';
import { locateByApi, withAge } from './locate.js';
import type { CarrierPosition, LocationDevice } from './location.js';
import { createOperatorEndpoint, type DeviceNames, type OperatorIdentity } from './operator.js';
import { type Candidates, createProofs, notTestable } from './proofs.js';
import { askOperatorPosition } from './proxy.js';
import { createSession, sendLogout } from './session.js';
import { createStrikeBook, type StrikeGuard, type ThingspaceVault } from './strike-ledger.js';
import { CANDIDATE_STRIKES, LOGIN_STRIKES, TOKEN_STRIKES } from './strikes.js';
import { createWire } from './wire.js';

/** The configuration's `thingspace`, with its files read. */
export interface ThingspaceOptions {
  mode: 'direct' | 'delegated' | 'proxy';
  baseUrl: string;
  accountName?: string | undefined;
  loginEpoch: number;
  tokenEndpoint?: string | undefined;
  locateEndpoint?: string | undefined;
  /** PEM authorities trusted beside the built-in ones. */
  ca?: readonly string[] | undefined;
  location: { intervalSeconds: number; maxAgeHours: number; monthlyCurrentBudget: number; always: boolean };
}

export interface RoadDeps {
  http: HttpsClient;
  clock: Clock;
  log: Logger;
  vault: ThingspaceVault;
  isWallTrusted: () => boolean;
  /** direct. */
  credentials?: DirectCredentials | undefined;
  /** delegated, proxy. */
  identity?: OperatorIdentity | undefined;
  /** Of the module, or as configured. */
  imei: (signal: AbortSignal) => Promise<string>;
  iccid?: (signal: AbortSignal) => Promise<string>;
  /** Number of the SIM: configured, else AT+CNUM. Not asked in proxy mode. */
  mdn: (signal: AbortSignal) => Promise<string>;
}

export interface Road {
  locate(signal: AbortSignal): Promise<CarrierPosition>;
  /** Those made here, for status. */
  derived: readonly CredentialSource<Secret>[];
  /** Those whose replacement is worth another try at once. */
  given: readonly CredentialSource<unknown>[];
  /** Tries a credential by its id. Errors: `token.not-testable`, and what the try gave. */
  test(id: string, signal: AbortSignal): Promise<void>;
  /** Tries other values in place, by id; `id` is one of them. Errors: as `test`. */
  prove(id: string, candidates: Candidates, signal: AbortSignal): Promise<void>;
  /** Forgets tokens made of values that have been replaced. */
  forget(): void;
  logins?: StrikeGuard;
  close(): Promise<void>;
}

const lacking = (what: string): WaymarkError =>
  new WaymarkError('thingspace.config', `thingspace.${what} is missing`, {
    hint: `This mode needs thingspace.${what}: set it in the configuration.`,
  });

function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw lacking(what);
  return value;
}

/** What the request names the device by. Errors: `thingspace.config`, before anything is sent. */
function checked(device: LocationDevice): LocationDevice {
  const bad = !/^\d{14,16}$/.test(device.imei) ? 'imei' : !/^\+?\d{10,15}$/.test(device.mdn) ? 'mdn' : undefined;
  if (bad === undefined) return device;
  throw new WaymarkError('thingspace.config', `thingspace.${bad}: there is none that can be used`, {
    hint: `The module does not tell the ${bad === 'mdn' ? 'number of the SIM' : 'IMEI'}: set thingspace.${bad} in the configuration, in quotes.`,
  });
}

export function createRoad(deps: RoadDeps, options: ThingspaceOptions, budget: LocationBudget): Road {
  switch (options.mode) {
    case 'direct':
      return directRoad(deps, options, budget);
    case 'delegated':
      return delegatedRoad(deps, options, budget);
    case 'proxy':
      return proxyRoad(deps, options);
  }
}

function directRoad(deps: RoadDeps, options: ThingspaceOptions, budget: LocationBudget): Road {
  const { clock, log } = deps;
  const { loginEpoch } = options;
  const accountName = needed(options.accountName, 'accountName');
  const credentials = needed(deps.credentials, 'key');
  const wire = createWire(deps, options);
  const book = createStrikeBook(deps, 'thingspace-logins');
  const logins = book.guard({ rule: LOGIN_STRIKES, of: 'login' });
  const trials = book.guard({ rule: CANDIDATE_STRIKES, of: 'login' });
  const refusals = createStrikeBook(deps, 'thingspace-tokens').guard({ rule: TOKEN_STRIKES, of: 'token' });
  const bearer = createBearer({ wire, clock, log, credentials, strikes: refusals, loginEpoch });
  const session = createSession({ wire, clock, log, bearer, credentials, strikes: logins, loginEpoch });
  const api = createApi(wire, { bearer, session });
  const proofs = createProofs({ wire, clock, log, strikes: trials, credentials, bearer, session, loginEpoch });
  return {
    async locate(signal) {
      const device = checked({ imei: await deps.imei(signal), mdn: await deps.mdn(signal) });
      const maxAgeMs = options.location.maxAgeHours * 3_600_000;
      return locateByApi({ ...deps, api, budget }, { accountName, device, maxAgeMs }, signal);
    },
    derived: [bearer, session],
    given: [credentials.key, credentials.secret, credentials.user, credentials.password],
    logins,
    test: proofs.test,
    prove: proofs.prove,
    forget() {
      session.drop();
      bearer.drop();
    },
    async close() {
      // Lent without being fetched, because both are there.
      if (bearer.status().state === 'valid' && session.status().state === 'valid') {
        const tokens = { bearer: (await bearer.get()).value, session: (await session.get()).value };
        log.child('thingspace').debug('thingspace.logout', { isDone: await sendLogout(wire, clock, tokens) });
      }
      session[Symbol.dispose]();
      bearer[Symbol.dispose]();
    },
  };
}

const namesOf = async (deps: RoadDeps, signal: AbortSignal): Promise<DeviceNames> => ({
  imei: await deps.imei(signal),
  ...(deps.iccid ? { iccid: await deps.iccid(signal) } : {}),
});

function delegatedRoad(deps: RoadDeps, options: ThingspaceOptions, budget: LocationBudget): Road {
  const identity = needed(deps.identity, 'identity');
  const endpoint = createOperatorEndpoint(
    { http: deps.http, identity },
    { url: needed(options.tokenEndpoint, 'tokenEndpoint'), what: 'the operator’s token endpoint', ca: options.ca },
  );
  const wire = createWire(deps, options);
  const given = identity.bearer ? [identity.bearer] : [];
  const tokens = createDelegatedTokens({
    endpoint,
    clock: deps.clock,
    log: deps.log,
    device: (signal) => namesOf(deps, signal),
    from: given,
  });
  const { bearer, session } = tokens;
  const api = createApi(wire, { bearer, session });
  const mdnOf = async (signal: AbortSignal): Promise<string> => {
    const told = tokens.facts().mdn;
    return told ?? deps.mdn(signal);
  };
  return {
    async locate(signal) {
      // The endpoint may have to say which account and which number this is.
      await session.get({ signal });
      const accountName = needed(options.accountName ?? tokens.facts().accountName, 'accountName');
      const device = checked({ imei: await deps.imei(signal), mdn: await mdnOf(signal) });
      const maxAgeMs = options.location.maxAgeHours * 3_600_000;
      return locateByApi({ ...deps, api, budget }, { accountName, device, maxAgeMs }, signal);
    },
    derived: [bearer, session],
    given,
    async test(id, signal) {
      if (![bearer, session, ...given].some((source) => source.status().id === id)) throw notTestable(id);
      bearer.drop();
      session.drop();
      await session.get({ signal });
      await bearer.get({ signal });
    },
    prove: (id) => Promise.reject(notTestable(id)),
    forget() {
      session.drop();
      bearer.drop();
    },
    close() {
      tokens[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function proxyRoad(deps: RoadDeps, options: ThingspaceOptions): Road {
  const identity = needed(deps.identity, 'identity');
  const endpoint = createOperatorEndpoint(
    { http: deps.http, identity },
    { url: needed(options.locateEndpoint, 'locateEndpoint'), what: 'the operator’s endpoint', ca: options.ca },
  );
  const given = identity.bearer ? [identity.bearer] : [];
  const locate = async (signal: AbortSignal): Promise<CarrierPosition> => {
    const device = await namesOf(deps, signal);
    const found = await askOperatorPosition(endpoint, device, options.location.maxAgeHours * 3600, signal);
    return withAge(found, deps.clock.wall(), deps.isWallTrusted());
  };
  return {
    locate,
    derived: [],
    given,
    async test(id, signal) {
      if (!given.some((source) => source.status().id === id)) throw notTestable(id);
      try {
        await locate(signal);
      } catch (error) {
        // The identity was taken; that there is no position is another matter.
        if (!isWaymarkError(error, 'thingspace.no-position')) throw error;
      }
    },
    prove: (id) => Promise.reject(notTestable(id)),
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
}
