// Commands to the simulated assistance services: what the account may have, how they answer, what goes wrong.
import { ASSIST_SERVICES, type AssistService } from './clouds/assistnow.js';
import { ASSIST_FAULTS, type AssistFault } from './clouds/assistnow-faults.js';
import {
  ASSIST_DATA_TYPES,
  type AssistDataType,
  type AssistNowSettings,
  LEGACY_TOKEN_STATES,
} from './clouds/assistnow-settings.js';
import { SERVER_FACES, type ServerFace } from './clouds/pki.js';
import { ZTP_FAULT_NAMES, type ZtpFault, ztpFault } from './command-faults.js';
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { type Fields, mistake, needed, present } from './fields.js';

export type AssistCommand =
  | { do: 'assistnow'; change: Partial<AssistNowSettings>; renewChipcodes?: boolean; face?: ServerFace }
  | { do: 'assistnow-fault'; fault: AssistFault | 'none'; times: number; service?: AssistService }
  | { do: 'assistnow-ztp-fault'; fault: ZtpFault | 'none'; times: number };

const scopes: readonly CommandScope[] = ['world', 'clouds'];
const MAX_TIMES = 1000;
const MAX_MS = 86_400_000;
const STATUSES = [400, 401, 404, 422] as const;

/** `ualm,uporb_3`; `all`. */
function allowedData(fields: Fields): { allowedData?: readonly AssistDataType[] } {
  const text = fields.text('allowedData', {
    pattern: /^[a-z0-9_]+(,[a-z0-9_]+)*$/,
    words: 'data types, joined by commas',
  });
  if (text === undefined) return {};
  if (text === 'all') return { allowedData: ASSIST_DATA_TYPES };
  return {
    allowedData: text.split(',').map((word) => {
      const known = ASSIST_DATA_TYPES.find((each) => each === word);
      if (!known) throw mistake(`allowedData: ${word} is none of ${ASSIST_DATA_TYPES.join(', ')}`);
      return known;
    }),
  };
}

function unknownChipcodeStatus(fields: Fields): AssistNowSettings['unknownChipcodeStatus'] | undefined {
  const status = fields.whole('unknownChipcodeStatus', 400, 499);
  const known = STATUSES.find((each) => each === status);
  if (status !== undefined && !known) throw mistake(`unknownChipcodeStatus must be one of ${STATUSES.join(', ')}`);
  return known;
}

function assistFault(fields: Fields): AssistFault | 'none' {
  const name = needed(fields.choice('name', [...ASSIST_FAULTS, 'none'] as const), 'name');
  switch (name) {
    case 'status': {
      const retryAfter = fields.whole('retryAfter', 0, MAX_MS / 1000);
      return {
        is: 'status',
        status: fields.whole('status', 200, 599) ?? 503,
        ...present({
          body: fields.text('body'),
          retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
        }),
      };
    }
    case 'oversized':
      return { is: 'oversized', bytes: fields.whole('bytes', 1, 64_000_000) ?? 2_000_000 };
    case 'stall':
      return { is: 'stall', forMs: fields.whole('forMs', 1, MAX_MS) ?? 60_000 };
    case 'none':
      return name;
    default:
      return { is: name };
  }
}

const times = (fields: Fields): number => fields.whole('times', 1, MAX_TIMES) ?? 1;

export const ASSIST_COMMANDS: CommandTable<AssistCommand> = {
  assistnow: {
    scopes,
    usage: `assistnow [allowedData=ualm,uporb_3|all] [allowedDataAs=text|array] [unknownChipcodeStatus=${STATUSES.join('|')}] [lowestProtocolVersion=15] [receiverSupported=true] [planActive=true] [framing=length|close] [legacyToken=${LEGACY_TOKEN_STATES.join('|')}] [renewChipcodes=true] [face=${SERVER_FACES.join('|')}]`,
    what: 'the account of the assistance services; renewChipcodes: every chipcode issued so far ends',
    read(fields) {
      const change = {
        ...present({
          allowedDataAs: fields.choice('allowedDataAs', ['text', 'array']),
          unknownChipcodeStatus: unknownChipcodeStatus(fields),
          lowestProtocolVersion: fields.number('lowestProtocolVersion', 0, 100),
          isReceiverSupported: fields.flag('receiverSupported'),
          isPlanActive: fields.flag('planActive'),
          framing: fields.choice('framing', ['length', 'close']),
          legacyToken: fields.choice('legacyToken', LEGACY_TOKEN_STATES),
        }),
        ...allowedData(fields),
      };
      const others = present({
        renewChipcodes: fields.flag('renewChipcodes'),
        face: fields.choice('face', SERVER_FACES),
      });
      some({ ...change, ...others }, 'assistnow');
      return { do: 'assistnow', change, ...others };
    },
  },
  'assistnow-fault': {
    scopes,
    usage: `assistnow-fault ${ASSIST_FAULTS.join('|')}|none [times=1] [service=${ASSIST_SERVICES.join('|')}] [status=503] [body=…] [retryAfter=30] [bytes=2000000] [forMs=60000]`,
    what: 'the next requests for data get this; none: take away what is pushed',
    words: ['name'],
    read: (fields) => ({
      do: 'assistnow-fault',
      fault: assistFault(fields),
      times: times(fields),
      ...present({ service: fields.choice('service', ASSIST_SERVICES) }),
    }),
  },
  'assistnow-ztp-fault': {
    scopes,
    usage: `assistnow-ztp-fault ${ZTP_FAULT_NAMES.join('|')} [times=1] [status=503] [body=…] …`,
    what: 'the next requests for a chipcode get this',
    words: ['name'],
    read: (fields) => ({ do: 'assistnow-ztp-fault', fault: ztpFault(fields), times: times(fields) }),
  },
};
