// The demo runs a real configuration file, so that what is shown is what a gateway does: this writes it, with its
// secret files, into the state directory.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { WorldReady } from './sim-process.js';

export interface DemoFiles {
  configFile: string;
}

export function writeDemoFiles(stateDir: string, runtimeDir: string, world: WorldReady, region: string): DemoFiles {
  const { caFile, losant, thingspace, devicewise } = world.clouds;
  const secrets = join(stateDir, 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const secretFile = (name: string, value: string): string => {
    const path = join(secrets, name);
    writeFileSync(path, `${value}\n`, { mode: 0o600 });
    return `file:${path}`;
  };
  const config = {
    version: 1,
    stateDir: join(stateDir, 'agent'),
    runtimeDir,
    // Another port when this one is taken: see demo.ts.
    status: { http: { host: '127.0.0.1', port: 8787 } },
    modem: {
      port: world.modem.address,
      bearer: { mode: 'observe', contextId: 1 },
    },
    gnss: { port: world.receiver.address },
    ztp: {
      url: world.clouds.ztp.url,
      token: secretFile('ztp-token', world.clouds.ztp.token),
      givenName: 'waymark-demo',
      caFile,
    },
    corrections: { region, caFile },
    assistNow: {
      token: secretFile('assistnow-token', world.clouds.assistnow.ztp.token),
      url: world.clouds.assistnow.ztp.url,
      caFile,
    },
    location: { raw: { port: 0 }, jsonLines: { port: 0 } },
    losant: {
      apiUrl: losant.restUrl,
      broker: `${losant.mqtt.host}:${losant.mqtt.port}`,
      ...{ applicationId: losant.applicationId, deviceId: losant.deviceId, caFile },
      accessKey: secretFile('losant-key', losant.accessKey),
      accessSecret: secretFile('losant-secret', losant.accessSecret),
    },
    deviceWise: {
      server: 'localhost:8883',
      caFile,
      appToken: secretFile('app-token', devicewise.appToken),
      gateway: { server: `${devicewise.mqtt.host}:${devicewise.mqtt.port}`, httpUrl: devicewise.http.url },
    },
    thingspace: {
      mode: 'proxy',
      locateEndpoint: thingspace.locateEndpoint,
      identity: { bearer: secretFile('enrolment-token', thingspace.enrolmentToken) },
      caFile,
    },
  };
  const configFile = join(stateDir, 'gateway.yaml');
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  return { configFile };
}
