// The clouds' sections of a gateway's configuration, with their secrets in files of their own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../src/sim/index.js';

export type Section = Record<string, unknown>;

/** Writes a private file and gives the reference to it. */
export function secretFile(dir: string, name: string, value: string): string {
  const folder = join(dir, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 });
  return `file:${join(folder, name)}`;
}

/** ThingSpace with everything on this gateway. */
export function directThingspace(dir: string, world: World, more: Section = {}): Section {
  const { url, key, secret, username, password, account, imei, mdn } = world.ready.clouds.thingspace;
  return {
    mode: 'direct',
    baseUrl: url,
    accountName: account,
    ...{ imei, mdn, acceptAccountWideRisk: true, caFile: world.ready.clouds.caFile },
    key: secretFile(dir, 'thingspace-key', key),
    secret: secretFile(dir, 'thingspace-secret', secret),
    user: secretFile(dir, 'thingspace-user', username),
    password: secretFile(dir, 'thingspace-password', password),
    ...more,
  };
}

/** The device of the simulated Losant that is there from the start. */
export function losantDevice(dir: string, world: World, more: Section = {}): Section {
  const { restUrl, mqtt, applicationId, deviceId, accessKey, accessSecret } = world.ready.clouds.losant;
  return {
    apiUrl: restUrl,
    broker: `${mqtt.host}:${mqtt.port}`,
    ...{ applicationId, deviceId, caFile: world.ready.clouds.caFile },
    accessKey: secretFile(dir, 'losant-key', accessKey),
    accessSecret: secretFile(dir, 'losant-secret', accessSecret),
    ...more,
  };
}

/** deviceWISE with the ready token; `more` is merged over it. Goes with `modem: { deviceWise: undefined }`. */
export function deviceWise(dir: string, world: World, more: Section = {}): Section {
  const { appToken, mqtt, http } = world.ready.clouds.devicewise;
  return {
    server: 'localhost:8883',
    caFile: world.ready.clouds.caFile,
    appToken: secretFile(dir, 'devicewise-token', appToken),
    gateway: { server: `${mqtt.host}:${mqtt.port}`, httpUrl: http.url },
    ...more,
  };
}
