// Relative paths in a configuration start at its folder, wherever the program was started.
import { resolve } from 'node:path';
import type { Config, SecretRef } from './schema.js';

/** The configuration with every path absolute, including those inside `file:` references. */
export function absolutePaths(config: Config, configDir: string): Config {
  const path = (name: string): string => resolve(configDir, name);
  const optional = (name: string | undefined): { caFile?: string } =>
    name === undefined ? {} : { caFile: path(name) };
  const secret = (ref: SecretRef): SecretRef =>
    ref.startsWith('file:') ? `file:${path(ref.slice('file:'.length))}` : ref;
  const port = (name: string): string => (name.startsWith('.') ? path(name) : name);
  const { modem, gnss, ztp, identity, corrections } = config;
  return {
    ...config,
    stateDir: path(config.stateDir),
    runtimeDir: path(config.runtimeDir),
    ...(modem && {
      modem: {
        ...modem,
        port: port(modem.port),
        sim: modem.sim.pin === undefined ? modem.sim : { ...modem.sim, pin: secret(modem.sim.pin) },
        ...(modem.bearer.auth && {
          bearer: {
            ...modem.bearer,
            auth: { ...modem.bearer.auth, password: secret(modem.bearer.auth.password) },
          },
        }),
        ...(modem.deviceWise && {
          deviceWise: { ...modem.deviceWise, appToken: secret(modem.deviceWise.appToken) },
        }),
      },
    }),
    ...(gnss && { gnss: { ...gnss, port: port(gnss.port) } }),
    ...(ztp && { ztp: { ...ztp, token: secret(ztp.token), ...optional(ztp.caFile) } }),
    ...(identity && {
      identity: {
        ...identity,
        certFile: path(identity.certFile),
        keyFile: path(identity.keyFile),
        ...optional(identity.caFile),
      },
    }),
    ...(corrections && { corrections: { ...corrections, ...optional(corrections.caFile) } }),
  };
}
