// Parts that provisioning answers and the u-center file have in common: hosts, ports, topics, decryption keys
// (specs/ublox.md sections 1.3 and 1.9). Errors: `ztp.malformed`, naming the member and never its value.
import { Secret } from '../core/index.js';
import type { SpartnKey } from '../vault/index.js';
import { asFields, malformed, member } from './fields.js';

const MQTT_TLS_PORT = 8883;
const MAX_TOPICS = 128;

export const PRINTABLE = /^[\x21-\x7e]+$/;
export const HOST = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** A port as JSON number or string. */
export function decodePort(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** `host`, `host:port`, or either with a scheme in front. `name` is the member it was read from. */
export function decodeBroker(broker: string, name: string): { host: string; port: number } {
  const bare = broker.replace(/^[a-z]{2,5}:\/\//i, '');
  const colon = bare.lastIndexOf(':');
  const host = colon < 0 ? bare : bare.slice(0, colon);
  const port = colon < 0 ? MQTT_TLS_PORT : decodePort(bare.slice(colon + 1));
  if (!HOST.test(host) || port === undefined) throw malformed(`${name} has a wrong shape`);
  return { host, port };
}

/** Every single topic once: entries made for people join several by `;`. */
export function splitTopics(entries: readonly string[]): string[] {
  const topics = new Set<string>();
  for (const entry of entries)
    for (const part of entry.split(';')) {
      const topic = part.trim();
      if (topic === '') continue;
      if (topic.length > 256 || !PRINTABLE.test(topic)) throw malformed('a topic has a wrong shape');
      topics.add(topic);
      if (topics.size > MAX_TOPICS) throw malformed(`more than ${MAX_TOPICS} topics`);
    }
  return [...topics];
}

export function decodeDynamicKeys(value: unknown): { current?: SpartnKey; next?: SpartnKey } {
  if (value === undefined) return {};
  const fields = asFields(value);
  if (!fields) throw malformed('dynamickeys has a wrong shape');
  const current = decodeKey(member(fields, 'current'));
  const next = decodeKey(member(fields, 'next'));
  return { ...(current ? { current } : {}), ...(next ? { next } : {}) };
}

/** Well past any date a key can have; larger numbers are not milliseconds. */
const MAX_UTC_MS = 8.64e15;

function decodeKey(value: unknown): SpartnKey | undefined {
  if (value === undefined) return undefined;
  const fields = asFields(value);
  if (!fields) throw malformed('a dynamic key has a wrong shape');
  const startUtcMs = Number(member(fields, 'start'));
  const durationMs = Number(member(fields, 'duration'));
  const hex = member(fields, 'value');
  const isGood =
    Number.isInteger(startUtcMs) &&
    startUtcMs > 0 &&
    Number.isInteger(durationMs) &&
    durationMs > 0 &&
    startUtcMs + durationMs < MAX_UTC_MS &&
    typeof hex === 'string' &&
    /^[0-9a-f]{32}$/i.test(hex);
  if (!isGood) throw malformed('a dynamic key has a wrong shape');
  return { startUtcMs, durationMs, value: new Secret('spartn-key', hex.toLowerCase()) };
}
