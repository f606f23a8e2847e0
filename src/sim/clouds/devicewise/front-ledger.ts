// What the fronts of the simulated deviceWISE have seen, for assertions; never a token, never an application id.

export interface DeviceWiseConnectSeen {
  thingKey: string;
  atMs: number;
  /** 3 = MQTT 3.1, 4 = 3.1.1. */
  level: number;
  isClean: boolean;
  keepaliveS: number;
  isTls: boolean;
  /** `welcome`, or the CONNACK code. */
  answer: 'welcome' | number;
  /** Why it was refused. */
  reason?: string;
  /** On `api` and the like. */
  requests: number;
  /** Of them, those that came deflated. */
  packedRequests: number;
  replies: number;
  notifications: number;
  /** Once it is over. */
  endedMs?: number;
  endReason?: string;
}

export interface DeviceWiseCallSeen {
  atMs: number;
  method: string;
  /** Without its query. */
  path: string;
  /** 0: the answer never left. */
  status: number;
  /** Asked for a session. */
  isAuth: boolean;
  /** Failed at the root, with this code. */
  rootCode?: number;
  fault?: string;
  /** Had the request its effect although its answer was spoilt? */
  isCommitted?: boolean;
}

export interface DeviceWiseFrontLedger {
  connects: DeviceWiseConnectSeen[];
  calls: DeviceWiseCallSeen[];
  /** Messages on topics nobody reads. */
  strayMessages: number;
}

const MAX_SEEN = 20_000;

export const createFrontLedger = (): DeviceWiseFrontLedger => ({ connects: [], calls: [], strayMessages: 0 });

export function note<T>(list: T[], entry: T): T {
  list.push(entry);
  if (list.length > MAX_SEEN) list.shift();
  return entry;
}
