// Commands to the simulated clouds, alone or in a world: provisioning, Things, caster, broker, the network to them.
import { END_OF_SERVICE_FORMS, type EndOfService } from './clouds/broker.js';
import {
  BAD_PASSWORDS,
  CASTER_ANSWERS,
  CASTER_COVERAGES,
  CASTER_DOORS,
  CASTER_FAULTS,
  CASTER_GZIPS,
  CASTER_SEGMENTS,
  type CasterFault,
  type CasterSettings,
  ICY_ENDS,
  MGA_PLACES,
  MOUNT_POINTS,
  SECOND_CONNECTIONS,
} from './clouds/caster-settings.js';
import { SERVER_FACES, type ServerFace } from './clouds/pki.js';
import { ARMOURS, KEY_SPELLINGS, type UcenterSettings } from './clouds/ucenter.js';
import { ZTP_PLANS, type ZtpProfile } from './clouds/ztp-rules.js';
import { ZTP_FAULT_NAMES, type ZtpFault, ztpFault } from './command-faults.js';
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { type Fields, mistake, needed, present } from './fields.js';

const CONNACK_CODES = [0, 2, 3, 4, 5] as const;
type ConnackCode = (typeof CONNACK_CODES)[number];

/** What the clouds can be told, alone or in a world. */
export type CloudsCommand =
  | { do: 'ztp'; change: Partial<ZtpProfile>; rotate?: boolean; face?: ServerFace }
  | { do: 'ztp-fault'; fault: ZtpFault | 'none'; times: number }
  /** `last`: the one that got the last provisioning answer. */
  | { do: 'thing'; hardwareId: string; active?: boolean; revoke?: boolean; rotate?: boolean }
  /** A fault without `times` stays until `none`. */
  | {
      do: 'caster';
      change: Partial<CasterSettings>;
      fault?: CasterFault | 'none';
      times?: number;
      face?: ServerFace;
      cut?: boolean;
    }
  | {
      do: 'broker';
      stall?: boolean;
      connack?: ConnackCode;
      face?: ServerFace;
      cut?: boolean;
      ended?: EndOfService;
    }
  | { do: 'ucenter'; change: Partial<UcenterSettings> }
  | { do: 'reachable'; reachable: boolean };

const scopes: readonly CommandScope[] = ['world', 'clouds'];
const MAX_TIMES = 1000;
const MAX_SECONDS = 86_400;
const MAX_LIST = 100;

const face = (fields: Fields): ServerFace | undefined => fields.choice('face', SERVER_FACES);
const FACE = `[face=${SERVER_FACES.join('|')}]`;

/** `a,b`, or a list; `any` for no list at all. */
function allowList(fields: Fields): { allowList?: readonly string[] | undefined } {
  const text = fields.text('allowList', { pattern: /^[^\s,]+(,[^\s,]+)*$/, words: 'hardware ids, joined by commas' });
  if (text === undefined) return {};
  if (text === 'any') return { allowList: undefined };
  const list = text.split(',');
  if (list.length > MAX_LIST) throw mistake(`allowList must not be longer than ${MAX_LIST}`);
  return { allowList: list };
}

function connack(fields: Fields): ConnackCode | undefined {
  const code = fields.whole('connack', 0, 5);
  const known = CONNACK_CODES.find((each) => each === code);
  if (code !== undefined && known === undefined) throw mistake(`connack must be one of ${CONNACK_CODES.join(', ')}`);
  return known;
}

function station(fields: Fields): 1005 | 1006 | undefined {
  const message = fields.whole('station', 1005, 1006);
  if (message === undefined) return undefined;
  return message === 1006 ? 1006 : 1005;
}

export const CLOUDS_COMMANDS: CommandTable<CloudsCommand> = {
  ztp: {
    scopes,
    usage: `ztp [plan=${ZTP_PLANS.join('|')}] [existing=return-existing|error] [mandatory=true] [allowList=a,b|any] [incompleteAnswers=2] [httpPortAs=string|number] [httpsPort=sent|absent] [mountPoint=${MOUNT_POINTS.join('|')}] [rotate=true] ${FACE}`,
    what: 'how the device profile is set; with rotate the next answer brings a new password for the caster',
    read(fields) {
      const change = {
        ...present({
          plan: fields.choice('plan', ZTP_PLANS),
          existing: fields.choice('existing', ['return-existing', 'error']),
          hardwareIdIsMandatory: fields.flag('mandatory'),
          incompleteAnswers: fields.whole('incompleteAnswers', 0, MAX_TIMES),
          httpPortAs: fields.choice('httpPortAs', ['string', 'number']),
          httpsPort: fields.choice('httpsPort', ['sent', 'absent']),
          mountPoint: fields.choice('mountPoint', MOUNT_POINTS),
        }),
        ...allowList(fields),
      };
      const others = present({ rotate: fields.flag('rotate'), face: face(fields) });
      some({ ...change, ...others }, 'ztp');
      return { do: 'ztp', change, ...others };
    },
  },
  'ztp-fault': {
    scopes,
    usage: `ztp-fault ${ZTP_FAULT_NAMES.join('|')}|none [times=1] [status=503] [body=…] [contentType=…] [retryAfter=30] [location=…] [bytes=200000] [forMs=60000]`,
    what: 'the next provisioning requests get this; none: take away what is pushed',
    words: ['name'],
    read: (fields) => ({ do: 'ztp-fault', fault: ztpFault(fields), times: fields.whole('times', 1, MAX_TIMES) ?? 1 }),
  },
  thing: {
    scopes,
    usage: 'thing HARDWAREID|last [active=true|false] [revoke=true] [password=rotate]',
    what: 'take a Thing off its plan or put it back, withdraw its certificates, give it a new password at the caster',
    words: ['hardwareId'],
    read(fields) {
      const hardwareId = needed(fields.text('hardwareId'), 'hardwareId');
      const change = present({
        active: fields.flag('active'),
        revoke: fields.flag('revoke'),
        rotate: fields.choice('password', ['rotate']) && true,
      });
      return { do: 'thing', hardwareId, ...some(change, 'thing') };
    },
  },
  caster: {
    scopes,
    usage: `caster [answer=${CASTER_ANSWERS.join('|')}] [gzip=${CASTER_GZIPS.join('|')}] [segments=${CASTER_SEGMENTS.join('|')}] [icyEnd=${ICY_ENDS.join('|')}] [door=${CASTER_DOORS.join('|')}] [second=${SECOND_CONNECTIONS.join('|')}] [hold=30] [badPassword=${BAD_PASSWORDS.join('|')}] [mga=${MGA_PLACES.join('|')}] [coverage=${CASTER_COVERAGES.join('|')}] [rtcmPeriod=5] [station=1005|1006] [fault=${CASTER_FAULTS.join('|')}|none] [times=1] ${FACE} [cut=true]`,
    what: 'how the caster behaves; hold: seconds it keeps the slot of an ended connection; a fault without times stays',
    read(fields) {
      const change = present({
        answer: fields.choice('answer', CASTER_ANSWERS),
        gzip: fields.choice('gzip', CASTER_GZIPS),
        segments: fields.choice('segments', CASTER_SEGMENTS),
        icyEnd: fields.choice('icyEnd', ICY_ENDS),
        door: fields.choice('door', CASTER_DOORS),
        second: fields.choice('second', SECOND_CONNECTIONS),
        holdS: fields.number('hold', 0, MAX_SECONDS),
        badPassword: fields.choice('badPassword', BAD_PASSWORDS),
        mga: fields.choice('mga', MGA_PLACES),
        coverage: fields.choice('coverage', CASTER_COVERAGES),
        rtcmPeriodS: fields.number('rtcmPeriod', 1, 60),
        station: station(fields),
      });
      const fault = fields.choice('fault', [...CASTER_FAULTS, 'none'] as const);
      const times = fields.whole('times', 1, MAX_TIMES);
      if (times !== undefined && (fault === undefined || fault === 'none')) throw mistake('times needs a fault');
      const others = present({ fault, times, face: face(fields), cut: fields.flag('cut') });
      some({ ...change, ...others }, 'caster');
      return { do: 'caster', change, ...others };
    },
  },
  broker: {
    scopes,
    usage: `broker [stall=true] [connack=${CONNACK_CODES.join('|')}] ${FACE} [cut=true] [ended=${END_OF_SERVICE_FORMS.join('|')}]`,
    what: 'no message comes through; what CONNECT is answered with; which certificate it shows; sessions are cut; the service has ended for good',
    read(fields) {
      const change = present({
        stall: fields.flag('stall'),
        connack: connack(fields),
        face: face(fields),
        cut: fields.flag('cut'),
        ended: fields.choice('ended', END_OF_SERVICE_FORMS),
      });
      return { do: 'broker', ...some(change, 'broker') };
    },
  },
  ucenter: {
    scopes,
    usage: `ucenter [armour=${ARMOURS.join('|')}] [keys=${KEY_SPELLINGS.join('|')}]`,
    what: 'write the u-center file again, with the keys of now',
    read: (fields) => ({
      do: 'ucenter',
      change: present({ armour: fields.choice('armour', ARMOURS), keys: fields.choice('keys', KEY_SPELLINGS) }),
    }),
  },
  reachable: {
    scopes,
    usage: 'reachable on|off',
    what: 'off cuts every connection to the clouds, whatever the network does',
    words: ['reachable'],
    read: (fields) => ({ do: 'reachable', reachable: needed(fields.flag('reachable'), 'reachable') }),
  },
};
