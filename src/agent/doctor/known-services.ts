// The services of this visit, with the identity as the last run has left it, or as the running agent tells it.
import { inspectIdentity } from '../inspect.js';
import type { Desk } from './desk.js';
import { type KnownIdentity, type Service, servicesOf } from './services.js';

async function knownIdentity(desk: Desk): Promise<KnownIdentity | undefined> {
  const { config, configDir, machine } = desk;
  const kept = await inspectIdentity({ config, configDir, clock: machine.clock, env: machine.env });
  if (kept) return kept.shape === 'chipcode' ? undefined : kept;
  // Its files may be closed to whoever asks; the agent tells where it connects to.
  const { shape, host, port } = (await desk.status())?.identity ?? {};
  if (host === undefined || port === undefined || (shape !== 'keys' && shape !== 'ntrip')) return undefined;
  return { shape, host, port };
}

export const knownServices = async (desk: Desk): Promise<Service[]> =>
  servicesOf(desk.config, await knownIdentity(desk));
