// The data connection. `observe` only reads. `activate` writes the one context that was named, and only what differs;
// it never touches another one (on some networks contexts 1 and 2 belong to the operator: specs/modem.md 2.6).
import { isWaymarkError, WaymarkError } from '../core/index.js';
import type { AtChannel, AtResult } from './at.js';
import { type ContextDefinition, parseActivation, parseCgdcont, parseCgpaddr } from './codec/context.js';
import { cmeOf } from './codec/errors.js';
import { type AtCommand, accessPoint, numeral } from './command.js';
import type { Profile } from './profile.js';

export interface BearerOptions {
  mode: 'observe' | 'activate';
  contextId: number;
  apn?: string;
  ipType: 'IP' | 'IPV6' | 'IPV4V6';
}

export interface Bearer {
  contextId: number;
  active: boolean;
  address?: string;
}

type Run = (command: string | AtCommand) => Promise<AtResult>;

export interface BearerDeps {
  run: AtChannel['run'];
  profile: Profile;
  signal?: AbortSignal | undefined;
  /** A setting was written to the module. */
  onWrite: () => void;
}

const bound =
  (deps: BearerDeps): Run =>
  (command) =>
    deps.run(command, { signal: deps.signal });

/** Lines of a command that a module may not know; the port and time-outs still throw. */
async function tolerant(run: Run, command: string): Promise<readonly string[] | undefined> {
  try {
    return (await run(command)).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}

/** Whether the context is up, and with which address. Errors: `link.*`, `modem.*`, `sim.*`. */
export async function readBearer(deps: BearerDeps, contextId: number): Promise<Bearer> {
  const run = bound(deps);
  let active = false;
  for (const query of deps.profile.activationQueries) {
    for (const line of (await tolerant(run, query)) ?? []) {
      const state = parseActivation(line);
      if (state?.contextId === contextId && state.active) active = true;
    }
    if (active) break;
  }
  if (!active) return { contextId, active };
  let address: string | undefined;
  for (const line of (await tolerant(run, `AT+CGPADDR=${contextId}`)) ?? []) {
    const found = parseCgpaddr(line);
    if (found?.contextId === contextId) address ??= found.address;
  }
  return { contextId, active, ...(address === undefined ? {} : { address }) };
}

/** The contexts as defined in the module. */
export async function readContexts(deps: BearerDeps): Promise<ContextDefinition[]> {
  const lines = (await tolerant(bound(deps), 'AT+CGDCONT?')) ?? [];
  return lines.map(parseCgdcont).filter((context) => context !== undefined);
}

const VERIZON_APN = /^vzw/i;

/** True when the definition has to be written: it is missing, or the configuration names another access point. */
export function needsDefinition(options: BearerOptions, defined: ContextDefinition | undefined): boolean {
  if (!defined) return true;
  // Without an access point in the configuration the one in the module is the operator's choice and stays.
  if (options.apn === undefined) return false;
  return defined.apn.toLowerCase() !== options.apn.toLowerCase() || defined.type !== options.ipType;
}

/**
 * Brings the named context up if it is not. Errors: `network.no-bearer` (refused), `modem.injection`, `link.*`,
 * `modem.timeout`.
 */
export async function activateBearer(deps: BearerDeps, options: BearerOptions): Promise<Bearer> {
  const run = bound(deps);
  const { contextId } = options;
  const id = numeral(contextId, 1, 16, 'bearer.contextId');
  const contexts = await readContexts(deps);
  if (
    needsDefinition(
      options,
      contexts.find((context) => context.contextId === contextId),
    )
  ) {
    if (contextId <= 2 && contexts.some((context) => VERIZON_APN.test(context.apn)))
      throw new WaymarkError('network.no-bearer', `context ${contextId} belongs to the operator and is not rewritten`, {
        hint: 'On Verizon contexts 1 and 2 are the operator’s own: set modem.bearer.contextId to 3.',
      });
    await run(`AT+CGDCONT=${id},"${options.ipType}",${accessPoint(options.apn ?? '')}`);
    deps.onWrite();
  }
  const before = await readBearer(deps, contextId);
  if (before.active) return before;
  try {
    await run(deps.profile.activate(contextId));
  } catch (error) {
    if (!isWaymarkError(error, 'modem.error')) throw error;
    const cme = cmeOf(error);
    // 553: already active.
    if (cme !== 553)
      throw new WaymarkError('network.no-bearer', `context ${contextId}: ${error.message}`, {
        cause: error,
        evidence: error.evidence,
      });
  }
  const after = await readBearer(deps, contextId);
  if (!after.active) throw new WaymarkError('network.no-bearer', `context ${contextId} stays down`);
  return after;
}

/** Takes the named context down and up again (network ladder). Only in `activate` mode. */
export async function renewBearer(deps: BearerDeps, options: BearerOptions): Promise<void> {
  if (options.mode !== 'activate') return;
  await tolerant(bound(deps), deps.profile.deactivate(options.contextId));
  await activateBearer(deps, options);
}
