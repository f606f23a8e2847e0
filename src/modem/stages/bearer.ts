// The data connection as a stage: observed, or brought up with what the configuration names.
import { WaymarkError } from '../../core/index.js';
import { activateBearer, readBearer, renewBearer } from '../bearer.js';
import type { Session } from '../session.js';
import { connectNetworkCard } from './data-path.js';
import type { Verdict } from './verdict.js';

export async function bearer(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store, options } = session;
  const connect = (): Promise<void> => connectNetworkCard(session, signal);
  const deps = { ...session.bearerDeps(signal), connect };
  if (options.bearer.mode === 'observe') await connect();
  const state =
    options.bearer.mode === 'activate'
      ? await activateBearer(deps, options.bearer)
      : await readBearer(deps, options.bearer.contextId);
  session.suspects.delete('bearer');
  store.patch({ bearer: state });
  return state.active ? 'done' : noBearer(session);
}

/** Down and up again (network ladder). */
export async function renew(session: Session, signal: AbortSignal): Promise<void> {
  const connect = (): Promise<void> => connectNetworkCard(session, signal);
  await renewBearer({ ...session.bearerDeps(signal), connect }, session.options.bearer);
}

export function noBearer(session: Session): WaymarkError {
  const { contextId, mode } = session.options.bearer;
  return new WaymarkError('network.no-bearer', `context ${contextId} is not active`, {
    hint:
      mode === 'observe'
        ? `Registered, but context ${contextId} is down: have the host bring its data path up, or set modem.bearer.mode to activate.`
        : undefined,
  });
}
