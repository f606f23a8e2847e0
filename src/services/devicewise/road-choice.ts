// Which road is taken next: the module's own client or this gateway, and of the gateway's two transports which. Never two
// at once: the cloud knows the gateway by one client id, and two connections with it would throw each other out for ever
// (specs/devicewise.md section 0).
//
//   road      module's client      taken
//   auto      supported            module
//   auto      not known yet        none yet: the module is waited for
//   auto      unsupported, none    gateway, and it is said why
//   auto      cannot be told       gateway: the app token holds what no line of the module carries
//   module    unsupported, none    none: devicewise.no-client
//   gateway   whatever             gateway
//
//   transport auto: MQTT; while its port seems to be blocked, HTTPS for a while
import type { RoadName } from './types.js';

/** `unfit`: it has a client, or may have one, that cannot be told this app token. */
export type ModuleSupport = 'unknown' | 'supported' | 'unsupported' | 'unfit' | 'absent';

const BECAUSE: Partial<Record<ModuleSupport, string>> = {
  unsupported: ', because the module has no client of its own',
  absent: ', because there is no module with a client of its own',
  unfit: ', because the module cannot be told this app token',
};

export interface ChoiceInput {
  road: 'auto' | 'module' | 'gateway';
  transport: 'auto' | 'mqtt' | 'http';
  /** `absent`: there is no module of that kind in this gateway. */
  support: ModuleSupport;
  /** MQTT has failed on the network again and again. */
  isMqttBlocked: boolean;
}

export type RoadChoice =
  | { is: 'take'; name: RoadName; why: string }
  | { is: 'wait'; why: string }
  | { is: 'none'; why: string };

export function chooseRoad({ road, transport, support, isMqttBlocked }: ChoiceInput): RoadChoice {
  if (road !== 'gateway') {
    if (support === 'supported') return { is: 'take', name: 'module', why: 'by the module’s own client' };
    if (support === 'unknown') return { is: 'wait', why: 'the module has not said yet whether it has a client' };
    if (road === 'module') return { is: 'none', why: 'the module has no deviceWISE client of its own' };
  }
  const because = BECAUSE[road === 'gateway' ? 'supported' : support] ?? '';
  if (transport === 'http') return { is: 'take', name: 'http', why: `by this gateway over HTTPS${because}` };
  if (transport === 'auto' && isMqttBlocked)
    return { is: 'take', name: 'http', why: 'by this gateway over HTTPS, because MQTT does not get through' };
  return { is: 'take', name: 'mqtt', why: `by this gateway over MQTT${because}` };
}
