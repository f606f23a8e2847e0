// Commands to the simulated deviceWISE: its knobs, what goes wrong, methods to things, the lives of things and tokens.
import type { CallOptions, DefinitionRules, TokenRules } from './clouds/devicewise/control.js';
import {
  DEVICEWISE_FAULTS,
  DEVICEWISE_FRONTS,
  type DeviceWiseFault,
  type DeviceWiseFront,
} from './clouds/devicewise/faults.js';
import {
  DEVICEWISE_FRONT_KNOB_NAMES,
  DEVICEWISE_FRONT_KNOBS,
  type DeviceWiseFrontSettings,
} from './clouds/devicewise/front-settings.js';
import { DEVICEWISE_OUTAGES, type DeviceWiseOutage } from './clouds/devicewise/gate.js';
import { DEVICEWISE_KNOB_NAMES, DEVICEWISE_KNOBS, type DeviceWiseSettings } from './clouds/devicewise/settings.js';
import { SERVER_FACES, type ServerFace } from './clouds/pki.js';
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { type Fields, mistake, needed, present } from './fields.js';

type Settings = DeviceWiseSettings & DeviceWiseFrontSettings;

export type DeviceWiseCommand =
  | {
      do: 'devicewise';
      change: Partial<Settings>;
      outage?: DeviceWiseOutage;
      httpOutage?: DeviceWiseOutage;
      cut?: boolean;
      endSessions?: boolean;
      face?: ServerFace;
    }
  | { do: 'devicewise-fault'; fault: DeviceWiseFault | 'none'; times: number; front?: DeviceWiseFront }
  /** Without a thing: the one that was here last. */
  | {
      do: 'devicewise-method';
      name: string;
      params?: Readonly<Record<string, unknown>>;
      thing?: string;
      options: CallOptions;
    }
  | { do: 'devicewise-mail'; command: string; params?: unknown; thing?: string; options: CallOptions }
  /** Without a token: the ready one. */
  | { do: 'devicewise-token'; what: 'add' | 'remove' | 'rotate' | 'change'; token?: string; rules: Partial<TokenRules> }
  | { do: 'devicewise-thing'; what: 'create' | 'delete' | 'bind' | 'unbind'; thing?: string; application?: string }
  | { do: 'devicewise-definition'; rules: Partial<DefinitionRules> & { key: string } };

const scopes: readonly CommandScope[] = ['world', 'clouds'];
const MAX_TIMES = 1000;
const MAX_SECONDS = 31_536_000;

const KEY = { pattern: /^[\w-]{1,64}$/, words: 'at most 64 letters, digits, hyphens and underscores' };
const KEYS = { pattern: /^[\w-]+(,[\w-]+)*$/, words: 'keys, joined by commas' };
const TOKEN = { pattern: /^[\x21-\x7e]{1,256}$/, words: 'an app token' };
const ROLES = { pattern: /^\*$|^[\w.]+(,[\w.]+)*$/, words: 'commands, joined by commas, or *' };

/** Numbers of the settings: lowest and highest. */
const NUMBERS = {
  callsPerSecond: [1, 100_000],
  recordsPerThing: [1, 1_000_000],
  mailboxLimit: [1, 10_000],
  replyMs: [0, 600_000],
  sessionTtlS: [1, MAX_SECONDS],
  maxPayloadBytes: [16, 262_144],
  authErrorCode: [-999_999, -1],
} as const satisfies { [K in keyof Settings as Settings[K] extends number ? K : never]: readonly [number, number] };

const KNOBS: Readonly<Record<string, readonly string[]>> = { ...DEVICEWISE_KNOBS, ...DEVICEWISE_FRONT_KNOBS };
const KNOB_NAMES: readonly string[] = [...DEVICEWISE_KNOB_NAMES, ...DEVICEWISE_FRONT_KNOB_NAMES];
const KNOBS_USAGE = [
  ...KNOB_NAMES.map((name) => `[${name}=${(KNOBS[name] ?? []).join('|')}]`),
  ...Object.entries(NUMBERS).map(([name, [lowest, highest]]) => `[${name}=${lowest}..${highest}]`),
].join(' ');
const OUTAGES = DEVICEWISE_OUTAGES.join('|');

function changesOf(fields: Fields): Partial<Settings> {
  const knobs = KNOB_NAMES.map((name) => [name, fields.choice(name, KNOBS[name] ?? [])] as const);
  const numbers = Object.entries(NUMBERS).map(
    ([name, [lowest, highest]]) => [name, fields.whole(name, lowest, highest)] as const,
  );
  return present(Object.fromEntries<unknown>([...knobs, ...numbers]));
}

/** JSON as typed, or any value of a command that is JSON itself. */
function params(fields: Fields): { params?: unknown } {
  const text = fields.text('params');
  if (text === undefined) return {};
  try {
    return { params: JSON.parse(text) as unknown };
  } catch {
    throw mistake('params must be JSON');
  }
}

function objectParams(fields: Fields): { params?: Readonly<Record<string, unknown>> } {
  const { params: value } = params(fields);
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mistake('params must be a JSON object');
  return { params: value as Readonly<Record<string, unknown>> };
}

const thing = (fields: Fields): { thing?: string } => present({ thing: fields.text('thing', KEY) });
const list = (text: string | undefined): readonly string[] | undefined => text?.split(',');

const callOptions = (fields: Fields): CallOptions =>
  present({
    ttlS: fields.whole('ttl', -1, MAX_SECONDS),
    ackTimeoutS: fields.whole('ackTimeout', -1, 300),
    singleton: fields.flag('singleton'),
  });

function tokenRules(fields: Fields): Partial<TokenRules> {
  const definition = fields.text('definition', KEY);
  return {
    ...(definition === undefined ? {} : { definition: definition === 'none' ? null : definition }),
    ...present({
      name: fields.text('name', KEY),
      roles: list(fields.text('roles', ROLES)),
      tags: list(fields.text('tags', KEYS)),
    }),
  };
}

const CALL_USAGE = '[params=JSON] [thing=KEY] [ttl=60] [ackTimeout=60] [singleton=true]';

export const DEVICEWISE_COMMANDS: CommandTable<DeviceWiseCommand> = {
  devicewise: {
    scopes,
    usage: `devicewise ${KNOBS_USAGE} [outage=${OUTAGES}] [httpOutage=${OUTAGES}] [cut=true] [endSessions=true] [face=${SERVER_FACES.join('|')}]`,
    what: 'how deviceWISE answers where that is not known; outage: of MQTT; cut: MQTT sessions end; endSessions: those of HTTP',
    read(fields) {
      const change = changesOf(fields);
      const others = present({
        outage: fields.choice('outage', DEVICEWISE_OUTAGES),
        httpOutage: fields.choice('httpOutage', DEVICEWISE_OUTAGES),
        cut: fields.flag('cut'),
        endSessions: fields.flag('endSessions'),
        face: fields.choice('face', SERVER_FACES),
      });
      some({ ...change, ...others }, 'devicewise');
      return { do: 'devicewise', change, ...others };
    },
  },
  'devicewise-fault': {
    scopes,
    usage: `devicewise-fault ${DEVICEWISE_FAULTS.join('|')}|none [times=1] [front=${DEVICEWISE_FRONTS.join('|')}] [when=before|after] [code=3] [status=503] [body=…] [forMs=60000]`,
    what: 'the next requests get this (connack: the next CONNECT); after: they have their effect, only the answer is lost',
    words: ['name'],
    read(fields) {
      const name = needed(fields.choice('name', [...DEVICEWISE_FAULTS, 'none'] as const), 'name');
      const more = present({
        when: fields.choice('when', ['before', 'after']),
        code: fields.whole('code', 1, 5) as 1 | 2 | 3 | 4 | 5 | undefined,
        status: fields.whole('status', 200, 599),
        body: fields.text('body'),
        forMs: fields.whole('forMs', 1, MAX_SECONDS * 1000),
      });
      const times = fields.whole('times', 1, MAX_TIMES) ?? 1;
      const fault = name === 'none' ? name : { is: name, ...more };
      return { do: 'devicewise-fault', fault, times, ...present({ front: fields.choice('front', DEVICEWISE_FRONTS) }) };
    },
  },
  'devicewise-method': {
    scopes,
    usage: `devicewise-method NAME ${CALL_USAGE}`,
    what: 'a method for the thing, in its mailbox; gives its id',
    words: ['name'],
    read: (fields) => ({
      do: 'devicewise-method',
      name: needed(fields.text('name'), 'name'),
      ...objectParams(fields),
      ...thing(fields),
      options: callOptions(fields),
    }),
  },
  'devicewise-mail': {
    scopes,
    usage: `devicewise-mail COMMAND ${CALL_USAGE}`,
    what: 'any other message for its mailbox: diag.ping, module.exec, nonsense',
    words: ['command'],
    read: (fields) => ({
      do: 'devicewise-mail',
      command: needed(fields.text('command'), 'command'),
      ...params(fields),
      ...thing(fields),
      options: callOptions(fields),
    }),
  },
  'devicewise-token': {
    scopes,
    usage:
      'devicewise-token add|remove|rotate|change [token=TOKEN] [definition=KEY|none] [roles=a.b,c.d|*] [tags=a,b] [name=NAME]',
    what: 'an app token (default: the ready one); add: with that text, or one that is made up',
    words: ['what'],
    read: (fields) => ({
      do: 'devicewise-token',
      what: needed(fields.choice('what', ['add', 'remove', 'rotate', 'change']), 'what'),
      ...present({ token: fields.text('token', TOKEN) }),
      rules: tokenRules(fields),
    }),
  },
  'devicewise-thing': {
    scopes,
    usage: 'devicewise-thing create|delete|bind|unbind [thing=KEY] [application=ID]',
    what: 'a thing (default: the one that was here last); bind: to this application id',
    words: ['what'],
    read(fields) {
      const what = needed(fields.choice('what', ['create', 'delete', 'bind', 'unbind'] as const), 'what');
      const told = { ...thing(fields), ...present({ application: fields.text('application', TOKEN) }) };
      if (what === 'create') needed(told.thing, 'thing');
      if (what === 'bind') needed(told.application, 'application');
      return { do: 'devicewise-thing', what, ...told };
    },
  },
  'devicewise-definition': {
    scopes,
    usage: 'devicewise-definition KEY [autoDefProps=false] [autoDefAttrs=false] [properties=a,b] [attributes=a,b]',
    what: 'a thing definition: what it declares, and whether other keys are taken',
    words: ['key'],
    read: (fields) => ({
      do: 'devicewise-definition',
      rules: {
        key: needed(fields.text('key', KEY), 'key'),
        ...present({
          autoDefProps: fields.flag('autoDefProps'),
          autoDefAttrs: fields.flag('autoDefAttrs'),
          properties: list(fields.text('properties', KEYS)),
          attributes: list(fields.text('attributes', KEYS)),
        }),
      },
    }),
  },
};
