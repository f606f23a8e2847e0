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
  /** The named members that are there, absolute. */
  const paths = <K extends string>(from: Readonly<Partial<Record<K, string>>>, ...keys: readonly K[]) =>
    Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, path(from[key])]]))) as {
      [P in K]?: string;
    };
  /** The named references that are there, absolute. */
  const secrets = <K extends string>(from: Readonly<Partial<Record<K, SecretRef>>>, ...keys: readonly K[]) =>
    Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, secret(from[key])]]))) as {
      [P in K]?: SecretRef;
    };
  const { modem, gnss, ztp, identity, corrections, assistNow, thingspace, losant, deviceWise, fleet } = config;
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
        ...(modem.cellLocate && {
          cellLocate: { ...modem.cellLocate, token: secret(modem.cellLocate.token) },
        }),
      },
    }),
    ...(gnss && { gnss: { ...gnss, port: port(gnss.port) } }),
    ...(ztp && { ztp: { ...ztp, token: secret(ztp.token), ...optional(ztp.caFile) } }),
    ...(identity && {
      identity: { ...identity, ...paths(identity, 'ucenterConfigFile', 'certFile', 'keyFile', 'caFile') },
    }),
    ...(corrections && {
      corrections: {
        ...corrections,
        ...optional(corrections.caFile),
        ntrip: {
          ...corrections.ntrip,
          ...(corrections.ntrip.password === undefined ? {} : { password: secret(corrections.ntrip.password) }),
        },
      },
    }),
    ...(assistNow && {
      assistNow: {
        ...assistNow,
        ...optional(assistNow.caFile),
        ...(assistNow.token === undefined ? {} : { token: secret(assistNow.token) }),
        ...(assistNow.legacy && { legacy: { ...assistNow.legacy, token: secret(assistNow.legacy.token) } }),
      },
    }),
    ...(thingspace && {
      thingspace: {
        ...thingspace,
        ...optional(thingspace.caFile),
        ...secrets(thingspace, 'key', 'secret', 'user', 'password'),
        ...(thingspace.identity && {
          identity: {
            ...thingspace.identity,
            ...paths(thingspace.identity, 'certFile', 'keyFile'),
            ...secrets(thingspace.identity, 'bearer'),
          },
        }),
      },
    }),
    ...(deviceWise && {
      deviceWise: { ...deviceWise, ...optional(deviceWise.caFile), appToken: secret(deviceWise.appToken) },
    }),
    ...(fleet && {
      fleet: { ...fleet, ...paths(fleet, 'caFile', 'certFile', 'keyFile'), ...secrets(fleet, 'password') },
    }),
    ...(losant && {
      losant: {
        ...losant,
        ...optional(losant.caFile),
        ...secrets(losant, 'accessKey', 'accessSecret', 'applicationToken'),
        ...(losant.enrol && { enrol: { ...losant.enrol, token: secret(losant.enrol.token) } }),
      },
    }),
  };
}
