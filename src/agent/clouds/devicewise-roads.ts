// The roads of this gateway to deviceWISE: its own over MQTT and HTTPS, the module's client, and who they say we are. The
// thing is bound to the client id of its first connection, so whichever road that was is remembered.
import type { Duplex } from 'node:stream';
import type { Config } from '../../config/index.js';
import type { Clock, ClockTrust, Dialer, Logger } from '../../core/index.js';
import type { Modem } from '../../modem/index.js';
import { connectTls, createHttpsClient, createSessionCache } from '../../net/index.js';
import {
  type ApplicationIds,
  createApplicationIds,
  createHttpRoad,
  createModuleRoad,
  createMqttRoad,
  type GatewayIdentity,
  type HttpRoadOpener,
  type RoadName,
  type RoadOpener,
  tellConnected,
  thingRecordsCodec,
} from '../../services/index.js';
import type { Credential, Vault } from '../../vault/index.js';
import { addressOf } from './cloud.js';
import { moduleIdentifier } from './own-number.js';

export interface DeviceWiseRoadDeps {
  settings: NonNullable<Config['deviceWise']>;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  /** Counted. */
  dial: Dialer;
  modem: Modem | undefined;
  appToken: Credential;
  ca: readonly string[] | undefined;
}

export interface DeviceWiseRoads {
  readonly openers: Readonly<Partial<Record<RoadName, RoadOpener>>>;
  /** Its session, for status. */
  readonly http: HttpRoadOpener;
}

export function createDeviceWiseRoads(deps: DeviceWiseRoadDeps): DeviceWiseRoads {
  const { settings, clock, log, modem, ca, dial } = deps;
  const { gateway } = settings;
  const ids = createApplicationIds({ slot: deps.vault.slot('devicewise-things', thingRecordsCodec), log });
  const own = {
    ...{ clock, log },
    identity: ({ signal }: { signal: AbortSignal }) => identityOf(deps, ids, signal),
    onConnected: (first: GatewayIdentity) => ids.connected({ ...first, road: 'gateway', utcMs: clock.wall() }),
  };
  const server = addressOf(gateway.server ?? settings.server);
  const sessions = createSessionCache();
  const mqtt = createMqttRoad(
    {
      ...own,
      async connect(signal): Promise<Duplex> {
        const road = await dial(server, { signal });
        return settings.security === 'none'
          ? road
          : connectTls(road, { host: server.host, ca: ca && [...ca], sessions, clock, signal });
      },
    },
    {
      keepaliveSeconds: settings.heartbeatSeconds,
      maxRequestBytes: gateway.maxRequestBytes,
      compress: gateway.compress,
    },
  );
  const http = createHttpRoad(
    { ...own, http: createHttpsClient({ dial, clock, log }), appToken: deps.appToken },
    {
      url: gateway.httpUrl ?? `https://${server.host}/api`,
      pollSeconds: gateway.pollSeconds,
      maxRequestBytes: gateway.maxRequestBytes,
      ...(ca ? { ca } : {}),
    },
  );
  return {
    http,
    openers: {
      mqtt,
      http,
      ...(modem ? { module: moduleRoad(deps, modem, ids) } : {}),
    },
  };
}

/** Errors: the abort reason, `devicewise.config`, `vault.write`. */
async function identityOf(
  { settings: { gateway }, modem, trust }: DeviceWiseRoadDeps,
  ids: ApplicationIds,
  signal: AbortSignal,
): Promise<GatewayIdentity> {
  // The module's own TLS does not look at the date; ours does.
  await trust.whenTrusted(signal);
  const needsImei = gateway.thingKey === undefined || gateway.applicationId === 'imei';
  const imei = needsImei ? await moduleIdentifier(modem, 'imei', signal) : modem?.snapshot().imei;
  const thingKey = gateway.thingKey ?? imei ?? '';
  const applicationId = await ids.choose({ thingKey, imei, configured: gateway.applicationId });
  // Its own client has the same client id: left started by a killed process, it and we would throw each other out for ever.
  if (applicationId.is === 'imei') await modem?.deviceWise.release({ signal });
  return { thingKey, applicationId };
}

/** The module's client signs in with the IMEI as client id, whatever the thing key is. */
function moduleRoad({ settings, clock, log }: DeviceWiseRoadDeps, modem: Modem, ids: ApplicationIds): RoadOpener {
  const road = createModuleRoad({ clock, log, module: modem.deviceWise });
  return {
    name: road.name,
    async open(options) {
      const opened = await road.open(options);
      const { imei, iccid } = modem.snapshot();
      const thingKey = settings.module.deviceId === 'imei' ? imei : iccid;
      if (imei !== undefined && thingKey !== undefined)
        await tellConnected(
          { log, onConnected: (first) => ids.connected({ ...first, road: 'module', utcMs: clock.wall() }) },
          { thingKey, applicationId: { is: 'imei', value: imei } },
        );
      return opened;
    },
  };
}
