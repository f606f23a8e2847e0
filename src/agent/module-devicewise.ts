// What the module is told of deviceWISE, from whichever section says it.
import type { Config } from '../config/index.js';
import type { DeviceWiseOptions } from '../modem/index.js';

/** Without the token, which its file holds. Undefined where the module is to be left alone. */
export function moduleDeviceWise({ deviceWise, modem }: Config): Omit<DeviceWiseOptions, 'appToken'> | undefined {
  if (deviceWise?.road === 'gateway') return undefined;
  const from = deviceWise
    ? { ...deviceWise.module, ...pick(deviceWise) }
    : modem?.deviceWise && { ...modem.deviceWise, ...pick(modem.deviceWise) };
  if (!from) return undefined;
  return {
    server: from.server,
    deviceIdSelector: from.deviceId === 'imei' ? 0 : 1,
    security: from.security === 'tls' ? 1 : 0,
    heartbeatSeconds: from.heartbeatSeconds,
    // The schema bounds it; the type it gives is any whole number.
    autoReconnect: from.autoReconnect as 0 | 1 | 2 | 3,
    overflowHandling: from.overflow === 'fifo' ? 0 : 1,
    atrunInstanceId: from.atInstance,
    serviceTimeoutSeconds: from.serviceTimeoutSeconds,
    ...(deviceWise ? { remoteAt: deviceWise.module.remoteAt, pollSeconds: deviceWise.module.pollSeconds } : {}),
  };
}

const pick = <T extends { server: string; security: 'tls' | 'none'; heartbeatSeconds: number }>({
  server,
  security,
  heartbeatSeconds,
}: T): Pick<T, 'server' | 'security' | 'heartbeatSeconds'> => ({ server, security, heartbeatSeconds });
