// Codes of the operator's own broker, where the gateway says how it is.
import type { ErrorInfo } from './error-info.js';

export const FLEET_ERRORS = {
  'fleet.refused': {
    means: 'The operator’s own MQTT broker refused this gateway.',
    retry: 'operator',
    hint: 'The fleet’s broker does not accept this gateway: compare fleet.user, its password file or its certificate with the broker’s list, and that it may write below fleet.topicPrefix.',
    exit: 77,
  },
  'fleet.twin': {
    means: 'The operator’s own broker ends each session within seconds, as when two gateways have one name.',
    retry: 'backoff',
    hint: 'Another gateway uses this name at the fleet’s broker: two were made from one image, or fleet.name is the same in both; give each its own. Or this broker hangs up on who may not write below fleet.topicPrefix: its log says which.',
    exit: 75,
  },
} as const satisfies Readonly<Record<string, ErrorInfo>>;
