// Which servers a configuration makes the gateway talk to, and how: from the configuration, and from the identity that
// provisioning has brought. Nothing about logins: the doctor never makes one.
import type { Config } from '../../config/index.js';

export interface Service {
  /** In words: `provisioning`. */
  name: string;
  /** The key to correct. */
  key: string;
  host: string;
  port: number;
  tls: boolean;
  /** It speaks HTTP, so that it can be asked for the time. */
  isHttp: boolean;
  caFile?: string;
  /** Authorities that came with the identity. */
  caPem?: string;
}

/** What is known of the identity that provisioning brought. */
export interface KnownIdentity {
  shape: 'keys' | 'ntrip';
  host: string;
  port: number;
  caPem?: string;
}

const TLS_PORT = 2102;
const PLAIN_PORT = 2101;
const UBLOX = /(?:^|\.)(?:u-blox\.com|thingstream\.io)$/;

function ofUrl(name: string, key: string, url: string, caFile: string | undefined): Service {
  const { hostname, port } = new URL(url);
  return {
    ...{ name, key, host: hostname, port: port === '' ? 443 : Number(port), tls: true, isHttp: true },
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function ofPair(name: string, key: string, pair: string, tls: boolean, caFile: string | undefined): Service {
  const colon = pair.lastIndexOf(':');
  return {
    ...{ name, key, host: pair.slice(0, colon), port: Number(pair.slice(colon + 1)), tls, isHttp: false },
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function corrections(config: Config, known: KnownIdentity | undefined): Service[] {
  const { corrections: wanted, identity } = config;
  if (!wanted) return [];
  const { host, port, tls } = wanted.ntrip;
  const ca = wanted.caFile === undefined ? {} : { caFile: wanted.caFile };
  if (host !== undefined) {
    const isTls = tls === 'required' || (tls === 'auto' && port === undefined && UBLOX.test(host));
    const at = port ?? (isTls ? TLS_PORT : PLAIN_PORT);
    return [{ name: 'caster', key: 'corrections.ntrip.host', host, port: at, tls: isTls, isHttp: false, ...ca }];
  }
  if (identity?.host !== undefined) {
    const caFile = identity.caFile ?? wanted.caFile;
    return [ofPair('broker', 'identity.host', `${identity.host}:${identity.port}`, true, caFile)];
  }
  // A caster of the provisioning answer may have a port of its own for TLS; only its name and the port are tried then.
  if (!known) return [];
  const isBroker = known.shape === 'keys';
  const { host: name, port: at, caPem } = known;
  const own = wanted.caFile === undefined && caPem !== undefined ? { caPem } : ca;
  return [
    { name: isBroker ? 'broker' : 'caster', key: 'ztp', host: name, port: at, tls: isBroker, isHttp: false, ...own },
  ];
}

/** Each server once, in the order of the configuration. */
export function servicesOf(config: Config, known?: KnownIdentity): Service[] {
  const { ztp, assistNow, thingspace, losant, deviceWise, fleet, modem } = config;
  const all: Service[] = [
    ...(ztp ? [ofUrl('provisioning', 'ztp.url', ztp.url, ztp.caFile)] : []),
    ...corrections(config, known),
    ...(assistNow?.token === undefined ? [] : [ofUrl('AssistNow', 'assistNow.url', assistNow.url, assistNow.caFile)]),
    ...(assistNow?.legacy?.primary === undefined
      ? []
      : [ofUrl('old AssistNow', 'assistNow.legacy.primary', assistNow.legacy.primary, assistNow.caFile)]),
    ...thingspaceOf(thingspace),
    ...(losant
      ? [
          ...(losant.transport === 'mqtt'
            ? [ofPair('Losant broker', 'losant.broker', losant.broker, true, losant.caFile)]
            : []),
          ofUrl('Losant', 'losant.apiUrl', losant.apiUrl, losant.caFile),
        ]
      : []),
    ...(deviceWise && (deviceWise.road === 'gateway' || (deviceWise.road === 'auto' && !modem))
      ? [
          ofPair(
            'deviceWISE',
            'deviceWise.server',
            deviceWise.gateway.server ?? deviceWise.server,
            deviceWise.security === 'tls',
            deviceWise.caFile,
          ),
        ]
      : []),
    ...(fleet ? [ofPair('fleet broker', 'fleet.broker', fleet.broker, fleet.security === 'tls', fleet.caFile)] : []),
  ];
  return all.filter((one, i) => all.findIndex(({ host, port }) => host === one.host && port === one.port) === i);
}

function thingspaceOf(thingspace: Config['thingspace']): Service[] {
  if (!thingspace) return [];
  const { mode, baseUrl, tokenEndpoint, locateEndpoint, caFile } = thingspace;
  return [
    ...(mode === 'proxy' ? [] : [ofUrl('ThingSpace', 'thingspace.baseUrl', baseUrl, caFile)]),
    ...(tokenEndpoint === undefined
      ? []
      : [ofUrl('the operator’s token endpoint', 'thingspace.tokenEndpoint', tokenEndpoint, caFile)]),
    ...(locateEndpoint === undefined
      ? []
      : [ofUrl('the operator’s endpoint', 'thingspace.locateEndpoint', locateEndpoint, caFile)]),
  ];
}
