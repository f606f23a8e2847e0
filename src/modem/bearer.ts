// The data connection. `observe` only reads. `activate` writes the one context that was named, and only what differs;
// it never touches another one (on some networks contexts 1 and 2 belong to the operator: specs/modem.md 2.6).
//
//   definition differs? ──yes, context 1──→ detach → write → login → attach      (the context of the attach itself)
//        │               └─yes, another───→ write
//        ▼
//   up already? ──yes──→ done                       `connect` (a network card mode) comes before that question
//        │ no
//   login, once a link → activate, command by command → up? ──→ done | network.no-bearer
import { isWaymarkError, type Secret, WaymarkError } from '../core/index.js';
import type { AtChannel, AtResult } from './at.js';
import { parseCeer } from './codec/causes.js';
import { type ContextDefinition, parseCgdcont, parseCgpaddr } from './codec/context.js';
import { cmeOf } from './codec/errors.js';
import { type AtCommand, accessPoint, numeral } from './command.js';
import type { ModemMemory } from './memory.js';
import type { Profile } from './profile.js';

export interface BearerOptions {
  mode: 'observe' | 'activate';
  contextId: number;
  apn?: string;
  ipType: 'IP' | 'IPV6' | 'IPV4V6';
  auth?: { method: 'pap' | 'chap'; user: string; password: Secret } | undefined;
}

export interface Bearer {
  contextId: number;
  active: boolean;
  address?: string;
}

type Run = (command: string, deadlineMs?: number) => Promise<AtResult>;

export interface BearerDeps {
  run: AtChannel['run'];
  profile: Profile;
  signal: AbortSignal;
  /** What has been done on this link. `own`: the context as the module had it; `definition`: how writing it ended. */
  once: {
    loginWritten: boolean;
    own: ContextDefinition | undefined;
    definition: 'written' | WaymarkError | undefined;
  };
  memory: Pick<ModemMemory, 'definitions' | 'broughtUp'>;
  /** Sends what carries a secret. */
  send: (command: AtCommand) => Promise<void>;
  /** Brings the network card mode up, between definition and activation. */
  connect?: () => Promise<void>;
  /** A setting was written to the module. */
  onWrite: () => void;
}

/** The context that an LTE attach uses: it only changes with a new attach. */
const INITIAL = 1;
/** Ceilings of the manuals (specs/modem.md 1.6). */
const ACTIVATE_MS = 180_000;
const ATTACH_MS = 150_000;
/** Logins that the module keeps; the others are gone with its next start. */
const STORED_LOGIN = /^AT(?:#PDPAUTH|\+QICSGP)=/;
const VERIZON_APN = /^vzw/i;

const bound =
  (deps: BearerDeps): Run =>
  (command, deadlineMs) =>
    deps.run(command, { signal: deps.signal, deadlineMs });

/** Lines of a command that a module may not know; the port and time-outs still throw. */
async function tolerant(run: Run, command: string, deadlineMs?: number): Promise<readonly string[] | undefined> {
  try {
    return (await run(command, deadlineMs)).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}

/** Whether the context is up, and with which address. Errors: `link.*`, `modem.*`, `sim.*`. */
export async function readBearer(deps: BearerDeps, contextId: number): Promise<Bearer> {
  const run = bound(deps);
  let active = false;
  let address: string | undefined;
  for (const { command, parse } of deps.profile.activation) {
    for (const line of (await tolerant(run, command)) ?? []) {
      const state = parse(line);
      if (state?.contextId !== contextId || !state.active) continue;
      active = true;
      address ??= state.address;
    }
    if (active) break;
  }
  if (!active) return { contextId, active };
  if (address === undefined)
    for (const line of (await tolerant(run, `AT+CGPADDR=${contextId}`)) ?? []) {
      const found = parseCgpaddr(line);
      if (found?.contextId === contextId) address ??= found.address;
    }
  return { contextId, active, ...(address === undefined ? {} : { address }) };
}

/** The contexts as defined in the module; undefined when it does not tell. */
export async function readContexts(deps: BearerDeps): Promise<ContextDefinition[] | undefined> {
  const lines = await tolerant(bound(deps), 'AT+CGDCONT?');
  return lines?.map(parseCgdcont).filter((context) => context !== undefined);
}

/** True when the definition has to be written: it is missing, or the configuration names another access point. */
export function needsDefinition(options: BearerOptions, defined: ContextDefinition | undefined): boolean {
  if (!defined) return true;
  // Without an access point in the configuration the one in the module is the operator's choice and stays.
  if (options.apn === undefined) return false;
  return defined.apn.toLowerCase() !== options.apn.toLowerCase() || defined.type !== options.ipType;
}

const noBearer = (message: string, cause?: WaymarkError, hint?: string): WaymarkError =>
  new WaymarkError('network.no-bearer', message, { cause, evidence: cause?.evidence, hint });

/** Some logins carry the access point too: then the module's own, where the configuration leaves it to the module. */
function wantedContext(deps: BearerDeps, options: BearerOptions): { apn: string; ipType: BearerOptions['ipType'] } {
  const { own } = deps.once;
  if (options.apn !== undefined || !own) return { apn: options.apn ?? '', ipType: options.ipType };
  const known = (['IP', 'IPV6', 'IPV4V6'] as const).find((type) => type === own.type);
  return { apn: own.apn, ipType: known ?? options.ipType };
}

/** Gives user and password; the module does not read them back, so once a link is enough. */
async function writeLogin(deps: BearerDeps, options: BearerOptions): Promise<void> {
  const { auth, contextId } = options;
  if (!auth || deps.once.loginWritten) return;
  let refusal: WaymarkError | undefined;
  for (const command of deps.profile.login({ contextId, ...wantedContext(deps, options), ...auth })) {
    try {
      await deps.send(command);
    } catch (error) {
      if (!isWaymarkError(error, 'modem.error')) throw error;
      refusal = error;
      continue;
    }
    deps.once.loginWritten = true;
    if (STORED_LOGIN.test(command.text)) deps.onWrite();
    return;
  }
  throw noBearer(
    `context ${contextId}: the module takes no user and password`,
    refusal,
    'The module refuses the login of this context: check modem.bearer.auth against what the operator asks for.',
  );
}

/** Writes the definition; around that of the attach the module leaves the network and comes back. */
async function writeDefinition(deps: BearerDeps, options: BearerOptions, definition: string): Promise<void> {
  const run = bound(deps);
  const write = async (): Promise<void> => {
    await run(definition);
    deps.memory.definitions.add(definition);
    deps.onWrite();
  };
  if (options.contextId !== INITIAL) return write();
  await tolerant(run, 'AT+CGATT=0', ATTACH_MS);
  try {
    await write();
    await writeLogin(deps, options);
  } finally {
    await attach(deps);
  }
}

/** Back to the network, also when all is being stopped: a module left detached would stay so. */
async function attach(deps: BearerDeps): Promise<void> {
  if (deps.signal.aborted) void deps.run('AT+CGATT=1', { deadlineMs: ATTACH_MS }).catch(() => undefined);
  else await tolerant(bound(deps), 'AT+CGATT=1', ATTACH_MS);
}

/** The definition as the configuration has it. Tried once a link: each try may cost an attach. */
async function define(deps: BearerDeps, options: BearerOptions): Promise<void> {
  const { contextId } = options;
  const contexts = await readContexts(deps);
  const own = contexts?.find((context) => context.contextId === contextId);
  deps.once.own = own;
  // What cannot be compared is only written where the configuration says what is wanted.
  if (contexts === undefined ? options.apn === undefined : !needsDefinition(options, own)) return;
  if (contextId <= 2 && contexts?.some((context) => VERIZON_APN.test(context.apn)))
    throw noBearer(
      `context ${contextId} belongs to the operator and is not rewritten`,
      undefined,
      'On Verizon contexts 1 and 2 are the operator’s own: set modem.bearer.contextId to 3.',
    );
  const id = numeral(contextId, 1, 16, 'bearer.contextId');
  const definition = `AT+CGDCONT=${id},"${options.ipType}",${accessPoint(options.apn ?? '')}`;
  // A module that reads back something else would wear its flash out, and attach again each time.
  if (deps.memory.definitions.has(definition)) return;
  if (deps.once.definition instanceof Error) throw deps.once.definition;
  try {
    await writeDefinition(deps, options, definition);
    deps.once.definition = 'written';
  } catch (error) {
    if (!isWaymarkError(error, 'modem.error', 'network.no-bearer')) throw error;
    deps.once.definition = error.code === 'modem.error' ? noBearer(`context ${id}: ${error.message}`, error) : error;
    throw deps.once.definition;
  }
}

/** Runs the family's commands; the first refusal that does not mean "is up already" ends them. */
async function activate(deps: BearerDeps, contextId: number): Promise<WaymarkError | undefined> {
  const run = bound(deps);
  deps.memory.broughtUp = true;
  for (const command of deps.profile.activate(contextId)) {
    try {
      await run(command, ACTIVATE_MS);
    } catch (error) {
      if (!isWaymarkError(error, 'modem.error')) throw error;
      const cme = cmeOf(error);
      if (cme === undefined || !deps.profile.alreadyActive.includes(cme)) return error;
    }
  }
  return undefined;
}

/** Why the network refused the session, when the module knows. */
async function readReason(deps: BearerDeps): Promise<string | undefined> {
  const lines = (await tolerant(bound(deps), 'AT+CEER')) ?? [];
  return lines.map(parseCeer).find((said) => said?.layer === 'session')?.cause?.words;
}

/**
 * Brings the named context up if it is not. Errors: `network.no-bearer` (refused), `modem.injection`, `link.*`,
 * `modem.timeout`.
 */
export async function activateBearer(deps: BearerDeps, options: BearerOptions): Promise<Bearer> {
  const { contextId } = options;
  await define(deps, options);
  await deps.connect?.();
  const before = await readBearer(deps, contextId);
  if (before.active) return before;
  await writeLogin(deps, options);
  const refusal = await activate(deps, contextId);
  // On LTE the context of the attach is up whatever the module answers to its activation.
  const after = await readBearer(deps, contextId);
  if (after.active) return after;
  const why = await readReason(deps);
  const what = refusal ? `context ${contextId}: ${refusal.message}` : `context ${contextId} stays down`;
  throw noBearer(why === undefined ? what : `${what} (${why})`, refusal);
}

/** Takes the context down if it was brought up here. Refusals are no errors. */
export async function releaseBearer(deps: BearerDeps, options: BearerOptions): Promise<void> {
  if (options.mode !== 'activate' || !deps.memory.broughtUp) return;
  for (const command of deps.profile.deactivate(options.contextId)) await tolerant(bound(deps), command, ATTACH_MS);
  deps.memory.broughtUp = false;
}

/** Takes the named context down and up again (network ladder). Only in `activate` mode. */
export async function renewBearer(deps: BearerDeps, options: BearerOptions): Promise<void> {
  if (options.mode !== 'activate') return;
  const run = bound(deps);
  for (const command of deps.profile.deactivate(options.contextId)) await tolerant(run, command, ATTACH_MS);
  // The context of the attach only goes down with it.
  if ((await readBearer(deps, options.contextId)).active) {
    try {
      await tolerant(run, 'AT+CGATT=0', ATTACH_MS);
    } finally {
      await attach(deps);
    }
  }
  await activateBearer(deps, options);
}
