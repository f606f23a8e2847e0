// Commands to the simulated Losant: its knobs, what goes wrong, commands to devices, the lives of devices, keys and tokens.
import { LOSANT_OUTAGES, type LosantOutage } from './clouds/losant/broker.js';
import { LOSANT_ROUTES, type LosantRoute } from './clouds/losant/rest-call.js';
import { LOSANT_FAULTS, type LosantFault } from './clouds/losant/rest-faults.js';
import { LOSANT_KNOB_NAMES, LOSANT_KNOBS, type LosantSettings } from './clouds/losant/settings.js';
import { SERVER_FACES, type ServerFace } from './clouds/pki.js';
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { type Fields, mistake, needed, present } from './fields.js';

export type LosantCommand =
  | { do: 'losant'; change: Partial<LosantSettings>; outage?: LosantOutage; cut?: boolean; face?: ServerFace }
  | { do: 'losant-fault'; fault: LosantFault | 'none'; times: number; route?: LosantRoute }
  /** `raw` is sent as it is; `bytes`: a text of that length in the payload. */
  | { do: 'losant-command'; name?: string; payload?: unknown; raw?: string; bytes?: number; device?: string }
  | { do: 'losant-device'; what: 'delete' | 'restore' | 'duplicate'; device?: string }
  | { do: 'losant-key'; what: 'active' | 'inactive' | 'delete'; key?: string }
  | { do: 'losant-token'; what: 'active' | 'inactive' | 'delete' | 'expire'; which: 'application' | 'narrow' }
  | { do: 'losant-ban'; what: 'on' | 'off'; forS?: number; device?: string };

const scopes: readonly CommandScope[] = ['world', 'clouds'];
const MAX_TIMES = 1000;
const MAX_SECONDS = 86_400;
const MAX_BYTES = 1_000_000;

const ID = { pattern: /^[0-9a-f]{24}$/, words: 'an id of 24 hexadecimal digits' };
const KEY = { pattern: /^[0-9a-f-]{36}$/, words: 'an access key' };
const device = (fields: Fields): { device?: string } => present({ device: fields.text('device', ID) });

const KNOBS_USAGE = LOSANT_KNOB_NAMES.map((name) => `[${name}=${LOSANT_KNOBS[name].join('|')}]`).join(' ');

/** `a,cred_*`; `none`. */
function declared(fields: Fields): { declared?: readonly string[] } {
  const text = fields.text('declared', {
    pattern: /^[\w-]+\*?(,[\w-]+\*?)*$|^\*$/,
    words: 'attributes, joined by commas; a * at the end stands for anything',
  });
  if (text === undefined) return {};
  return { declared: text === 'none' ? [] : text.split(',') };
}

/** JSON as typed, or any value of a command that is JSON itself. */
function payload(fields: Fields): { payload?: unknown } {
  const text = fields.text('payload');
  if (text === undefined) return {};
  try {
    return { payload: JSON.parse(text) as unknown };
  } catch {
    throw mistake('payload must be JSON');
  }
}

export const LOSANT_COMMANDS: CommandTable<LosantCommand> = {
  losant: {
    scopes,
    usage: `losant ${KNOBS_USAGE} [declared=a,cred_*|none] [enrolRetryAfter=60] [outage=${LOSANT_OUTAGES.join('|')}] [cut=true] [face=${SERVER_FACES.join('|')}]`,
    what: 'how Losant answers where that is not known; outage: of its MQTT broker; cut: sessions end',
    read(fields) {
      const knobs = Object.fromEntries(
        LOSANT_KNOB_NAMES.map((name) => [name, fields.choice<string>(name, LOSANT_KNOBS[name])]),
      );
      const change = {
        ...present({ ...knobs, enrolRetryAfterS: fields.whole('enrolRetryAfter', 0, MAX_SECONDS) }),
        ...declared(fields),
      } as Partial<LosantSettings>;
      const others = present({
        outage: fields.choice('outage', LOSANT_OUTAGES),
        cut: fields.flag('cut'),
        face: fields.choice('face', SERVER_FACES),
      });
      some({ ...change, ...others }, 'losant');
      return { do: 'losant', change, ...others };
    },
  },
  'losant-fault': {
    scopes,
    usage: `losant-fault ${LOSANT_FAULTS.join('|')}|none [times=1] [route=${LOSANT_ROUTES.join('|')}] [when=before|after] [status=503] [body=…] [retryAfter=30] [forMs=60000]`,
    what: 'the next REST requests get this; after: they have their effect, only the answer is lost',
    words: ['name'],
    read(fields) {
      const name = needed(fields.choice('name', [...LOSANT_FAULTS, 'none'] as const), 'name');
      const more = present({
        when: fields.choice('when', ['before', 'after']),
        status: fields.whole('status', 200, 599),
        body: fields.text('body'),
        retryAfterS: fields.whole('retryAfter', 0, MAX_SECONDS),
        forMs: fields.whole('forMs', 1, MAX_SECONDS * 1000),
      });
      return {
        do: 'losant-fault',
        fault: name === 'none' ? name : { is: name, ...more },
        times: fields.whole('times', 1, MAX_TIMES) ?? 1,
        ...present({ route: fields.choice('route', LOSANT_ROUTES) }),
      };
    },
  },
  'losant-command': {
    scopes,
    usage: 'losant-command NAME [payload=JSON] [bytes=300000] [raw=…] [device=ID]',
    what: 'a command to the device; raw: sent as it is, whatever it is, instead of one',
    words: ['name'],
    read(fields) {
      const parts = present({
        name: fields.text('name'),
        raw: fields.text('raw'),
        bytes: fields.whole('bytes', 1, MAX_BYTES),
      });
      if ((parts.name === undefined) === (parts.raw === undefined)) throw mistake('either a name or raw is needed');
      return { do: 'losant-command', ...parts, ...payload(fields), ...device(fields) };
    },
  },
  'losant-device': {
    scopes,
    usage: 'losant-device delete|restore|duplicate [device=ID]',
    what: 'the device is deleted, there again, or there twice with the same tags',
    words: ['what'],
    read: (fields) => ({
      do: 'losant-device',
      what: needed(fields.choice('what', ['delete', 'restore', 'duplicate']), 'what'),
      ...device(fields),
    }),
  },
  'losant-key': {
    scopes,
    usage: 'losant-key active|inactive|delete [key=KEY]',
    what: 'the status of an access key',
    words: ['what'],
    read: (fields) => ({
      do: 'losant-key',
      what: needed(fields.choice('what', ['active', 'inactive', 'delete']), 'what'),
      ...present({ key: fields.text('key', KEY) }),
    }),
  },
  'losant-token': {
    scopes,
    usage: 'losant-token active|inactive|delete|expire [which=application|narrow]',
    what: 'the status of an application token',
    words: ['what'],
    read: (fields) => ({
      do: 'losant-token',
      what: needed(fields.choice('what', ['active', 'inactive', 'delete', 'expire']), 'what'),
      which: fields.choice('which', ['application', 'narrow']) ?? 'application',
    }),
  },
  'losant-ban': {
    scopes,
    usage: 'losant-ban on|off [forS=30] [device=ID]',
    what: 'the device is banned as if it had sent too much, or no longer',
    words: ['what'],
    read: (fields) => ({
      do: 'losant-ban',
      what: needed(fields.choice('what', ['on', 'off']), 'what'),
      ...present({ forS: fields.whole('forS', 1, MAX_SECONDS) }),
      ...device(fields),
    }),
  },
};
