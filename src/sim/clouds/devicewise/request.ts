// The bytes of a request as commands with their ids (specs/devicewise.md 2.3), without any I/O.
import { isRecord } from '../../fields.js';
import type { RootCause } from './control.js';
import type { Json } from './types.js';

export interface RequestEntry {
  id: string;
  /** Undefined: the entry is no command. */
  command: string | undefined;
  params: Json;
}

export type RequestReading = { is: 'request'; entries: readonly RequestEntry[] } | { is: 'failed'; cause: RootCause };

const MAX_COMMANDS = 1000;
const MAX_COMMAND_NAME = 64;

/** Over HTTP the session stands beside the commands; the front has seen to it. */
const isAuthentication = (id: string, entry: unknown): boolean =>
  id === 'auth' && isRecord(entry) && (entry['command'] === undefined || entry['command'] === 'api.authenticate');

/** JSON without `__proto__`, at any depth; undefined when it is none. */
export function parseJson(payload: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
  } catch {
    return undefined;
  }
}

function entryOf(id: string, entry: unknown): RequestEntry {
  if (!isRecord(entry)) return { id, command: undefined, params: {} };
  const { command, params } = entry;
  const isNamed = typeof command === 'string' && command !== '' && command.length <= MAX_COMMAND_NAME;
  const isUsable = params === undefined || isRecord(params);
  return { id, command: isNamed && isUsable ? command : undefined, params: isRecord(params) ? params : {} };
}

export function readRequest(payload: Uint8Array): RequestReading {
  const body = parseJson(payload);
  if (!isRecord(body)) return { is: 'failed', cause: 'malformed' };
  const all = Object.entries(body);
  if (all.length === 0) return { is: 'failed', cause: 'empty' };
  if (all.length > MAX_COMMANDS) return { is: 'failed', cause: 'malformed' };
  const entries = all.filter(([id, entry]) => !isAuthentication(id, entry)).map(([id, entry]) => entryOf(id, entry));
  return { is: 'request', entries };
}
