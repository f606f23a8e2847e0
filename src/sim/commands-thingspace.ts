// Commands to the simulated ThingSpace: what its documentation leaves open, what goes wrong, the device, the user.
import { SERVER_FACES, type ServerFace } from './clouds/pki.js';
import {
  CONSENTS,
  ERROR_BODIES,
  EXPIRES_IN_FORMS,
  OPERATOR_EXPIRIES,
  OPERATOR_MOODS,
  RETRY_AFTERS,
  SESSION_ERROR_SHAPES,
  type SimDevice,
  type SimPlace,
  THINGSPACE_CALLS,
  THINGSPACE_FAULTS,
  type ThingSpaceCall,
  type ThingSpaceFault,
  type ThingSpaceSettings,
  UTC_OFFSETS,
  WRONG_PATHS,
} from './clouds/thingspace/index.js';
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { type Fields, mistake, needed, present } from './fields.js';

export interface DeviceChange {
  change: Partial<Pick<SimDevice, 'isReachable' | 'consent' | 'mdn'>>;
  place: Partial<SimPlace>;
  /** Where it is, found so many seconds ago; none: nothing is cached. */
  cacheAgeS?: number | 'none';
}

export type ThingSpaceCommand =
  | {
      do: 'thingspace';
      change: Partial<ThingSpaceSettings>;
      ageTokenS?: number;
      ageSessionsS?: number;
      revokeToken?: boolean;
      face?: ServerFace;
    }
  | { do: 'thingspace-fault'; fault: ThingSpaceFault | 'none'; times: number; call?: ThingSpaceCall }
  /** Without an IMEI: the gateway's own. */
  | ({ do: 'thingspace-device'; imei?: string } & DeviceChange)
  | { do: 'thingspace-user'; unlock: boolean };

const scopes: readonly CommandScope[] = ['world', 'clouds'];
const MAX_TIMES = 1000;
const MAX_SECONDS = 86_400;
const TEN_YEARS_S = 316_000_000;
const IMEI = { pattern: /^\d{14,16}$/, words: '14 to 16 digits' };
const MDN = { pattern: /^\d{10}$/, words: 'ten digits' };
const TAIL = { pattern: /^[\w.]{1,80}$/, words: 'words joined by dots' };

function sessionErrorStatus(fields: Fields): 400 | 403 | undefined {
  const status = fields.whole('sessionErrorStatus', 400, 403);
  if (status === undefined || status === 400 || status === 403) return status;
  throw mistake('sessionErrorStatus must be one of 400, 403');
}

const knobs = (fields: Fields): Partial<ThingSpaceSettings> =>
  present({
    expiresIn: fields.choice('expiresIn', EXPIRES_IN_FORMS),
    isScopeShown: fields.flag('scope'),
    isRevokedTokenShown: fields.flag('revokedHeader'),
    faultWrapped: fields.flag('faultWrapped'),
    faultCode: fields.choice('faultCode', ['text', 'number']),
    errorBody: fields.choice('errorBody', ERROR_BODIES),
    wrongPath: fields.choice('wrongPath', WRONG_PATHS),
    isSubscribed: fields.flag('subscribed'),
    singleSessionPerUser: fields.flag('singleSessionPerUser'),
    failedCallsSlide: fields.flag('failedCallsSlide'),
    sessionErrorStatus: sessionErrorStatus(fields),
    sessionErrorShape: fields.choice('sessionErrorShape', SESSION_ERROR_SHAPES),
    sessionExpiresInS: fields.whole('sessionExpiresIn', 0, MAX_SECONDS),
    loginErrorTail: fields.text('loginErrorTail', TAIL),
    checksCharacters: fields.flag('checksCharacters'),
    utcOffset: fields.choice('utcOffset', UTC_OFFSETS),
    zoneMinutes: fields.whole('zoneMinutes', -720, 840),
    callbackDelayMs: fields.whole('callbackDelayMs', 0, MAX_SECONDS * 1000),
    ratePerMinute: fields.whole('rate', 0, 100_000),
    retryAfter: fields.choice('retryAfter', RETRY_AFTERS),
    retryAfterS: fields.whole('retryAfterS', 0, MAX_SECONDS),
    hasMoreDevices: fields.flag('moreDevices'),
    operator: fields.choice('operator', OPERATOR_MOODS),
    operatorRetryAfter: fields.choice('operatorRetryAfter', RETRY_AFTERS),
    operatorRetryAfterS: fields.whole('operatorRetryAfterS', 0, MAX_SECONDS),
    operatorExpiresIn: fields.choice('operatorExpiresIn', OPERATOR_EXPIRIES),
    isOperatorStale: fields.flag('operatorStale'),
    doesOperatorSendSession: fields.flag('operatorSession'),
    operatorNotBeforeS: fields.whole('operatorNotBefore', 0, MAX_SECONDS),
  });

const KNOBS_USAGE = [
  `expiresIn=${EXPIRES_IN_FORMS.join('|')}`,
  'scope=true',
  'revokedHeader=true',
  'faultWrapped=true',
  'faultCode=text|number',
  `errorBody=${ERROR_BODIES.join('|')}`,
  `wrongPath=${WRONG_PATHS.join('|')}`,
  'subscribed=true',
  'singleSessionPerUser=false',
  'failedCallsSlide=false',
  'sessionErrorStatus=400|403',
  `sessionErrorShape=${SESSION_ERROR_SHAPES.join('|')}`,
  'sessionExpiresIn=0',
  'loginErrorTail=InvalidCredentials',
  'checksCharacters=true',
  `utcOffset=${UTC_OFFSETS.join('|')}`,
  'zoneMinutes=-300',
  'callbackDelayMs=2000',
  'rate=0',
  `retryAfter=${RETRY_AFTERS.join('|')}`,
  'retryAfterS=30',
  'moreDevices=false',
  `operator=${OPERATOR_MOODS.join('|')}`,
  `operatorRetryAfter=${RETRY_AFTERS.join('|')}`,
  'operatorRetryAfterS=30',
  `operatorExpiresIn=${OPERATOR_EXPIRIES.join('|')}`,
  'operatorStale=false',
  'operatorSession=true',
  'operatorNotBefore=0',
];

function thingSpaceFault(fields: Fields): ThingSpaceFault | 'none' {
  const name = needed(fields.choice('name', [...THINGSPACE_FAULTS, 'none'] as const), 'name');
  switch (name) {
    case 'status': {
      const as = fields.choice('retryAfter', RETRY_AFTERS);
      const seconds = fields.whole('retryAfterS', 0, MAX_SECONDS);
      return {
        is: 'status',
        status: fields.whole('status', 200, 599) ?? 503,
        ...present({
          body: fields.text('body'),
          retryAfter:
            as === undefined && seconds === undefined ? undefined : { as: as ?? 'seconds', seconds: seconds ?? 30 },
        }),
      };
    }
    case 'redirect':
      return {
        is: 'redirect',
        ...present({ location: fields.text('location', { pattern: /^[!-~]{1,500}$/, words: 'an address' }) }),
      };
    case 'stall':
      return { is: 'stall', forMs: fields.whole('forMs', 1, MAX_SECONDS * 1000) ?? 30_000 };
    case 'oversized':
      return { is: 'oversized', bytes: fields.whole('bytes', 1, 64_000_000) ?? 2_000_000 };
    case 'none':
      return name;
    default:
      return { is: name };
  }
}

function cacheAge(fields: Fields): number | 'none' | undefined {
  const age = fields.text('cacheAge', { pattern: /^(none|\d{1,9})$/, words: 'seconds, or none' });
  if (age === undefined || age === 'none') return age;
  const seconds = Number(age);
  if (seconds > TEN_YEARS_S) throw mistake(`cacheAge must be at most ${TEN_YEARS_S}`);
  return seconds;
}

export const THINGSPACE_COMMANDS: CommandTable<ThingSpaceCommand> = {
  thingspace: {
    scopes,
    usage: `thingspace ${KNOBS_USAGE.map((knob) => `[${knob}]`).join(' ')} [ageToken=3601] [ageSessions=1201] [revokeToken=true] [face=${SERVER_FACES.join('|')}]`,
    what: 'how the simulated ThingSpace behaves; ageToken, ageSessions: as if so many seconds had passed for them',
    read(fields) {
      const change = knobs(fields);
      const others = present({
        ageTokenS: fields.whole('ageToken', 1, TEN_YEARS_S),
        ageSessionsS: fields.whole('ageSessions', 1, TEN_YEARS_S),
        revokeToken: fields.flag('revokeToken'),
        face: fields.choice('face', SERVER_FACES),
      });
      some({ ...change, ...others }, 'thingspace');
      return { do: 'thingspace', change, ...others };
    },
  },
  'thingspace-fault': {
    scopes,
    usage: `thingspace-fault ${THINGSPACE_FAULTS.join('|')}|none [times=1] [call=${THINGSPACE_CALLS.join('|')}] [status=503] [body=…] [retryAfter=${RETRY_AFTERS.join('|')}] [retryAfterS=30] [location=…] [forMs=30000] [bytes=2000000]`,
    what: 'the next requests get this; none: take away what is pushed',
    words: ['name'],
    read: (fields) => ({
      do: 'thingspace-fault',
      fault: thingSpaceFault(fields),
      times: fields.whole('times', 1, MAX_TIMES) ?? 1,
      ...present({ call: fields.choice('call', THINGSPACE_CALLS) }),
    }),
  },
  'thingspace-device': {
    scopes,
    usage: `thingspace-device [imei=…] [reachable=true] [lat=38.98] [lon=-94.67] [radius=2400] [consent=${CONSENTS.join('|')}] [cacheAge=3600|none] [mdn=…]`,
    what: 'a device as the network sees it (default: the gateway); cacheAge: it was found where it is, so many seconds ago',
    read(fields) {
      const imei = fields.text('imei', IMEI);
      const change = present({
        isReachable: fields.flag('reachable'),
        consent: fields.choice('consent', CONSENTS),
        mdn: fields.text('mdn', MDN),
      });
      const place = present({
        latitudeDeg: fields.number('lat', -90, 90),
        longitudeDeg: fields.number('lon', -180, 180),
        radiusM: fields.number('radius', 0, 1_000_000),
      });
      const others = present({ cacheAgeS: cacheAge(fields) });
      some({ ...change, ...place, ...others }, 'thingspace-device');
      return { do: 'thingspace-device', change, place, ...others, ...present({ imei }) };
    },
  },
  'thingspace-user': {
    scopes,
    usage: 'thingspace-user unlock',
    what: 'what Verizon Support does for a locked user; the gateway’s own strikes stay',
    words: ['action'],
    read(fields) {
      needed(fields.choice('action', ['unlock']), 'action');
      return { do: 'thingspace-user', unlock: true };
    },
  },
};
