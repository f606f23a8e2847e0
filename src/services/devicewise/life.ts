// One life on one road, from CONNACK or its like to the end: records up through the outbox, methods down, until the road
// closes, the token is another, HTTPS has had its time, or somebody wants to prove a token.
import { deferred, linkedController, onAbort, toWaymarkError, type WaymarkError } from '../../core/index.js';
import type { Lease } from '../../vault/index.js';
import { createDeviceWiseLink, type DeviceWiseLink } from './link.js';
import type { DeviceWiseDeps } from './service-types.js';
import type { Tr50Road } from './types.js';

export interface LifeOptions {
  deps: DeviceWiseDeps;
  road: Tr50Road;
  lease: Pick<Lease<unknown>, 'generation'>;
  maxCallsPerSecond: number;
  /** Absent: as long as it lasts. */
  maxLifeMs: number | undefined;
  signal: AbortSignal;
  onLink(link: DeviceWiseLink): void;
  /** Methods of this life, one after the other; never rejects. */
  readMethods(methods: Tr50Road['methods']): Promise<void>;
}

/** Everything else is an error; aborted, the abort reason. */
export type LifeEnd = 'renewed' | 'rested';

export async function liveOn(options: LifeOptions): Promise<LifeEnd> {
  const { deps, road, lease, signal } = options;
  const { clock, credential } = deps;
  using life = linkedController(signal);
  const ended = deferred<WaymarkError | LifeEnd>();
  const failed = deferred<never>();
  failed.promise.catch(() => undefined);
  const offs = [
    onAbort(signal, () => failed.reject(toWaymarkError(signal.reason))),
    credential.onChange(() => {
      if (credential.status().generation !== lease.generation) ended.resolve('renewed');
    }),
  ];
  if (credential.status().generation !== lease.generation) ended.resolve('renewed');
  const timer =
    options.maxLifeMs === undefined ? undefined : clock.after(options.maxLifeMs, () => ended.resolve('rested'));
  void road.closed.then((error) => ended.resolve(error));
  const link = createDeviceWiseLink({ ...deps, road, maxCallsPerSecond: options.maxCallsPerSecond });
  options.onLink(link);
  void options.readMethods(road.methods);
  deps.outbox.drain(link, { signal: life.signal }).catch((error: unknown) => failed.reject(toWaymarkError(error)));
  try {
    const end = await Promise.race([ended.promise, failed.promise]);
    signal.throwIfAborted();
    if (typeof end !== 'string') throw end;
    return end;
  } finally {
    timer?.cancel();
    for (const off of offs) off();
    life.abort();
  }
}
