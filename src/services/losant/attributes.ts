// Which attributes of the Losant device a record fills. Attributes that are not declared on the device are not stored,
// so their names are fixed here and listed in the manual (specs/losant.md section 3).
import type { CloudRecord } from '../../core/index.js';

export type AttributeValue = number | string | boolean;
export type Attributes = Record<string, unknown>;

const KEY = /^[0-9a-zA-Z_-]{1,255}$/;
const MAX_STRING_BYTES = 65_536;
const NOT_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Number of the body to attribute; anything else in the body stays here. */
const OF_POSITION: Readonly<Record<string, string>> = {
  accuracyM: 'accuracy',
  hdop: 'hdop',
  satellites: 'satellites',
  quality: 'fix_type',
  source: 'position_source',
};
const OF_STATE: Readonly<Record<string, string>> = {
  agentState: 'agent_state',
  agentWhy: 'agent_why',
  uptimeS: 'uptime',
  operator: 'operator',
  rsrpDbm: 'rsrp',
  rsrqDb: 'rsrq',
  modemTemperatureC: 'modem_temp',
  queueDepth: 'queue_depth',
};

type Body = CloudRecord['body'];

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function renamed(body: Body, names: Readonly<Record<string, string>>): Attributes {
  const out: Attributes = {};
  for (const [from, to] of Object.entries(names)) if (Object.hasOwn(body, from)) out[to] = body[from];
  return out;
}

function credentials(body: Body): Attributes {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key.startsWith('cred_')));
}

/** The GPS string: plain decimals, never an exponent; undefined without a fix. */
function location({ latitudeDeg, longitudeDeg }: Body): string | undefined {
  if (!isNumber(latitudeDeg) || !isNumber(longitudeDeg)) return undefined;
  if (Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return undefined;
  return `${latitudeDeg.toFixed(7)},${longitudeDeg.toFixed(7)}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function alarmText({ subject, code, message, isOver }: Body): string {
  const head = [textOf(subject), textOf(code)].filter((part) => part !== '').join(' ');
  return `${isOver === true ? 'over: ' : ''}${head}${textOf(message) === '' ? '' : `: ${textOf(message)}`}`;
}

function resultText({ commandId, end, code, message, data }: Body): string {
  return JSON.stringify({ id: commandId, end, code, message, data });
}

/** What the record says, under the names of the device's attributes. Values are not checked yet. */
export function attributesOf({ kind, body }: Pick<CloudRecord, 'kind' | 'body'>): Attributes {
  switch (kind) {
    case 'position': {
      const place = location(body);
      // Without a place the rest of a position says nothing.
      return place === undefined ? {} : { location: place, ...renamed(body, OF_POSITION) };
    }
    case 'state':
      return { ...renamed(body, OF_STATE), ...credentials(body), ...eventOf(body) };
    case 'alarm':
      return { alarm: alarmText(body) };
    case 'result':
      return { last_command: textOf(body['name']), last_command_result: resultText(body) };
    case 'gap':
      return { gap_count: body['count'] };
    case 'log':
      return {};
  }
}

/** An event without a position has nowhere else to go than the attribute people watch. */
const eventOf = ({ event }: Body): Attributes => (typeof event === 'string' ? { alarm: `event: ${event}` } : {});

/** Only what Losant takes: good names, and finite numbers, strings up to 64 KiB, booleans. */
export function checkedAttributes(attributes: Attributes): {
  data: Record<string, AttributeValue>;
  dropped: readonly string[];
} {
  const data: Record<string, AttributeValue> = {};
  const dropped: string[] = [];
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const isGood =
      KEY.test(key) &&
      !NOT_KEYS.includes(key) &&
      (isNumber(value) ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && Buffer.byteLength(value) <= MAX_STRING_BYTES));
    if (isGood) data[key] = value;
    else dropped.push(key.slice(0, 64));
  }
  return { data, dropped };
}
