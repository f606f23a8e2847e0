// What goes wrong in front of the healthy deviceWISE, before the request has its effect or after it.

/** Both fronts share a name where both can do it. */
export const DEVICEWISE_FAULTS = [
  'connack',
  'status',
  'html',
  'slow',
  'stall',
  'truncated',
  'garbage',
  'json',
  'mute',
  'reset',
] as const;

export const DEVICEWISE_FRONTS = ['mqtt', 'http'] as const;
export type DeviceWiseFront = (typeof DEVICEWISE_FRONTS)[number];

export interface DeviceWiseFault {
  /**
   * MQTT alone. `connack`: the next CONNECT is refused with `code`; `mute`: no answer ever.
   * HTTP alone. `status`: 503 or another, no body worth reading; `html`: 502 with a page; `slow`: half of the good body, the
   * rest after `forMs`; `stall`: nothing for that long, then cut; `truncated`: half of it, and the end.
   * Both. `garbage`: a sentence instead of the answer; `json`: good JSON that is no answer; `reset`: the connection is cut.
   */
  is: (typeof DEVICEWISE_FAULTS)[number];
  /** After: the request has its effect, only its answer is lost (default before). */
  when?: 'before' | 'after';
  code?: 1 | 2 | 3 | 4 | 5;
  status?: number;
  body?: string;
  forMs?: number;
}

const ONLY: Readonly<Partial<Record<DeviceWiseFault['is'], DeviceWiseFront>>> = {
  ...{ connack: 'mqtt', mute: 'mqtt' },
  ...{ status: 'http', html: 'http', slow: 'http', stall: 'http', truncated: 'http' },
};

/** Can this front show it? */
export const fitsFront = (is: DeviceWiseFault['is'], front: DeviceWiseFront): boolean => (ONLY[is] ?? front) === front;

/** Has the request its effect in spite of the fault? Half an answer needs a whole one. */
export const isCommitted = ({ is, when }: DeviceWiseFault): boolean =>
  when === 'after' || is === 'truncated' || is === 'slow';

export const garbageOf = ({ body }: DeviceWiseFault): string => body ?? 'the service is not available';
export const wrongJsonOf = ({ body }: DeviceWiseFault): string => body ?? '{"status":"ok","data":[]}';

export interface FaultQueue {
  /** At the next `times` requests of one front, or of any it fits; faults queue up. */
  push(fault: DeviceWiseFault, options: { times: number; front?: DeviceWiseFront }): void;
  /** The first that is meant for it; `connack` faults are for connections, all others for requests. */
  take(front: DeviceWiseFront, at: 'connect' | 'request'): DeviceWiseFault | undefined;
  clear(): void;
}

export function createFaultQueue(): FaultQueue {
  const queue: { fault: DeviceWiseFault; front: DeviceWiseFront | undefined }[] = [];
  return {
    push(fault, { times, front }) {
      for (let i = 0; i < times; i++) queue.push({ fault, front });
    },
    take(front, at) {
      const place = queue.findIndex(
        ({ fault, front: wanted }) =>
          (wanted ?? front) === front && fitsFront(fault.is, front) && (fault.is === 'connack') === (at === 'connect'),
      );
      return place < 0 ? undefined : queue.splice(place, 1)[0]?.fault;
    },
    clear: () => void (queue.length = 0),
  };
}
