// The gateway's own service, as far as it is known.
import type { Config } from '../config/index.js';
import type { Identity } from '../vault/index.js';
import type { ProbeTarget } from './data-path.js';

/** What the data path is tried with: the service the gateway lives on, or the one that makes it known. */
export function serviceOf(identity: Identity | undefined, config: Config): ProbeTarget | undefined {
  const { host, port } = config.corrections?.ntrip ?? {};
  if (host !== undefined) return { host, port: port ?? (config.corrections?.ntrip.tls === 'required' ? 2102 : 2101) };
  if (identity && identity.shape !== 'chipcode') return { host: identity.host, port: identity.port };
  if (!config.ztp) return undefined;
  const url = new URL(config.ztp.url);
  return { host: url.hostname, port: url.port === '' ? 443 : Number(url.port) };
}
