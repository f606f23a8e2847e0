// Server topics: a plain text value instead of a command, stored without an answer (specs/devicewise.md 2.2; row 40).
import { looksNumeric } from './params.js';
import type { Json } from './types.js';

const TOPIC = /^thing\/([^/]{1,64})\/(property|attribute|alarm)\/([^/]{1,64})$/;
const MAX_PAYLOAD = 65_536;

export interface TopicReading {
  command: string;
  params: Json;
}

/** The command it stands for; undefined when it is none. A number as text is a number here, not a coercion. */
export function readTopic(topic: string, payload: Uint8Array): TopicReading | undefined {
  const [, thingKey, kind, key] = TOPIC.exec(topic) ?? [];
  if (kind === undefined || payload.byteLength > MAX_PAYLOAD) return undefined;
  const text = new TextDecoder().decode(payload);
  const trimmed = text.trim();
  const number = looksNumeric(trimmed) ? Number(trimmed) : text;
  switch (kind) {
    case 'property':
      return { command: 'property.publish', params: { thingKey, key, value: number } };
    case 'alarm':
      return { command: 'alarm.publish', params: { thingKey, key, state: number } };
    default:
      return { command: 'attribute.publish', params: { thingKey, key, value: text } };
  }
}
