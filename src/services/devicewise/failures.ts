// What an error that ended a life is about: what is done about it follows from that (machine.ts).
import type { WaymarkError } from '../../core/index.js';
import type { Failure } from './machine.js';
import type { RoadName } from './types.js';

const CONFIG: readonly string[] = ['devicewise.config', 'devicewise.no-client', 'modem.unsupported'];

export function failureOf({ code }: Pick<WaymarkError, 'code'>, road: RoadName | undefined): Failure {
  if (code === 'devicewise.refused') return 'auth';
  if (CONFIG.includes(code)) return 'config';
  if (/^(?:secret|credential)\./.test(code)) return 'credential';
  // The module has a connection of its own; what the gateway has none of is the network.
  return road === 'module' && /^(?:network|sim)\./.test(code) ? 'bearer' : 'network';
}
