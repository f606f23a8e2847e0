// The running agent's doors as a bundle uses them: single answers, the events as they come, and the level of the log.
import { type IncomingMessage, request } from 'node:http';
import { type Clock, LOG_LEVELS, type LogLevel, WaymarkError, withDeadline } from '../../core/index.js';
import { socketPathIn } from '../../status/index.js';

const ANSWER_MS = 8000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_LINE = 262_144;

export interface Door {
  runtimeDir: string;
  clock: Clock;
}

interface Asked {
  path: string;
  body?: unknown;
  signal: AbortSignal;
}

const nobody = (socketPath: string, cause?: unknown): WaymarkError =>
  new WaymarkError('status.unavailable', `no agent answers at ${socketPath}`, { cause });

function send({ runtimeDir }: Door, { path, body, signal }: Asked): Promise<IncomingMessage> {
  const socketPath = socketPathIn(runtimeDir);
  return new Promise((resolve, reject) => {
    const isPost = body !== undefined;
    const headers = isPost ? { 'content-type': 'application/json' } : {};
    const made = request({ socketPath, path, method: isPost ? 'POST' : 'GET', headers, signal }, resolve);
    made.on('error', (error) => reject(nobody(socketPath, error)));
    made.end(isPost ? JSON.stringify(body) : undefined);
  });
}

async function textOf(response: IncomingMessage, socketPath: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > MAX_ANSWER_BYTES) throw new Error('too long an answer');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw nobody(socketPath, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One answer's text. Errors: `status.unavailable` (nobody, another status than 200, no answer in time). */
export function askDoor(door: Door, path: string, body?: unknown): Promise<string> {
  const socketPath = socketPathIn(door.runtimeDir);
  return withDeadline(
    { clock: door.clock, ms: ANSWER_MS, code: 'status.unavailable', what: `agent at ${socketPath}` },
    async (signal) => {
      const response = await send(door, { path, signal, ...(body === undefined ? {} : { body }) });
      const text = await textOf(response, socketPath);
      if (response.statusCode !== 200)
        throw new WaymarkError(
          'status.unavailable',
          `the running agent does not offer ${path} (HTTP ${response.statusCode ?? 0})`,
        );
      return text;
    },
  );
}

const isLevel = (value: unknown): value is LogLevel => (LOG_LEVELS as readonly unknown[]).includes(value);

/**
 * Sets the level of the running agent's log, with `forSeconds` for a time, 0 for the end of that; gives the one before,
 * where the agent says it. Errors: `status.unavailable`.
 */
export async function setLogLevel(door: Door, level: LogLevel, forSeconds?: number): Promise<LogLevel | undefined> {
  const body = { level, ...(forSeconds === undefined ? {} : { forSeconds }) };
  const answer: unknown = JSON.parse(await askDoor(door, '/api/v1/log/level', body));
  const { before } = (answer ?? {}) as Partial<Record<string, unknown>>;
  return isLevel(before) ? before : undefined;
}

/** Whether the failure says that no process listens there, unlike one that listens and is slow or refuses. */
export function isNobodyThere(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

/**
 * Follows `/events` with every line of the log, whatever its level; each event's name and data as text. Resolves when `signal` aborts, rejects with `status.unavailable`
 * when the agent ends or offers no events.
 */
export async function followEvents(
  door: Door,
  onEvent: (event: string, data: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const socketPath = socketPathIn(door.runtimeDir);
  try {
    const response = await send(door, { path: '/events?level=trace', signal });
    if (response.statusCode !== 200) {
      response.resume();
      throw nobody(socketPath);
    }
    response.setEncoding('utf8');
    let [rest, event] = ['', ''];
    for await (const chunk of response) {
      const lines = `${rest}${chunk as string}`.split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) onEvent(event, line.slice(5).trim());
      }
    }
    throw nobody(socketPath);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
