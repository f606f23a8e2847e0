// The part of the status door that talks to the modem: one command, and the dialogue as it goes. Only on the unix
// socket; a browser page must never reach it.
//
//   POST at     content-type → body ≤ 4 KiB → shape → action (which guards) → {lines, final} | {error}
//   GET trace   recent lines, then live ones; a reader that is slower than the module loses the oldest and is told
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, linkedController, toWaymarkError, WaymarkError, withDeadline } from '../core/index.js';
import type { AtRequest, StatusActions, TraceLine } from './actions.js';
import { COMMON_HEADERS, safeJson, send, sendError } from './answer.js';

const MAX_BODY_BYTES = 4096;
const BODY_MS = 10_000;
const COMMAND_MS = 10_000;
const MAX_COMMAND_MS = 600_000;
const MAX_WAITING_LINES = 500;
/** The door has 16 places; some must stay free for those who only look. */
const MAX_FOLLOWERS = 4;

export interface ModemDoor {
  /** Takes the request if it is for the modem; false when it is for somebody else. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

export const isModemPath = (path: string): boolean => path.startsWith('/api/v1/modem/');

/** The body as text; undefined when it is larger than allowed. */
function readBody(request: IncomingMessage, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      request.removeAllListeners('data');
      request.resume();
    };
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else {
        end();
        resolve(undefined);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** The request of a JSON text, or undefined when it is none. */
function parseRequest(text: string): AtRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { command, unsafe = false, timeoutMs } = value as Record<string, unknown>;
  if (typeof command !== 'string' || typeof unsafe !== 'boolean') return undefined;
  if (timeoutMs === undefined) return { command, unsafe };
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MAX_COMMAND_MS)) return undefined;
  return { command, unsafe, timeoutMs };
}

const wrong = (message: string): WaymarkError =>
  new WaymarkError('cli.usage', message, { hint: 'Send {"command":"AT…","unsafe":false} as application/json.' });

async function runAt(
  modemAt: NonNullable<StatusActions['modemAt']>,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  using gone = linkedController();
  response.once('close', () => gone.abort());
  const refuse = (status: number, message: string): void => {
    // What is left of the body is not read as the next request.
    response.setHeader('connection', 'close');
    sendError(response, wrong(message), status);
  };
  try {
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
      request.resume();
      refuse(415, 'the content type must be application/json');
      return;
    }
    const text = await withDeadline({ clock, ms: BODY_MS, signal: gone.signal, what: 'the request' }, (signal) =>
      readBody(request, signal),
    );
    if (text === undefined) {
      refuse(413, `the request is larger than ${MAX_BODY_BYTES} bytes`);
      return;
    }
    const asked = parseRequest(text);
    if (!asked) {
      refuse(400, 'the request is not of the form expected');
      return;
    }
    const ms = asked.timeoutMs ?? COMMAND_MS;
    const { lines, final } = await withDeadline(
      { clock, ms, signal: gone.signal, what: 'the answer of the modem' },
      (signal) => modemAt(asked, signal),
    );
    send(response, 200, { lines, final });
  } catch (error) {
    if (!response.destroyed && !response.headersSent) sendError(response, toWaymarkError(error));
  }
}

function streamTrace(followTrace: NonNullable<StatusActions['followTrace']>, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', ...COMMON_HEADERS });
  response.flushHeaders();
  const waiting: TraceLine[] = [];
  let dropped = 0;
  let isFull = false;
  const flush = (): void => {
    while (!isFull && waiting.length > 0) {
      const next = dropped > 0 ? { dropped } : waiting.shift();
      dropped = 0;
      isFull = !response.write(safeJson(next));
    }
  };
  const put = (line: TraceLine): void => {
    if (waiting.length >= MAX_WAITING_LINES) {
      waiting.shift();
      dropped++;
    }
    waiting.push(line);
    flush();
  };
  response.on('drain', () => {
    isFull = false;
    flush();
  });
  response.on('error', () => undefined);
  const { recent, stop } = followTrace(put);
  response.once('close', stop);
  for (const line of recent) put(line);
}

/** The modem's routes; without `actions` they answer that there is no modem. */
export function createModemDoor(actions: StatusActions, clock: Clock): ModemDoor {
  let followers = 0;
  const absent = (response: ServerResponse): void =>
    sendError(
      response,
      new WaymarkError('link.absent', 'this agent has no modem', {
        hint: 'Its configuration has no modem section: add one, or name the right configuration.',
      }),
      404,
    );
  const only = (method: string, request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method === method) return true;
    response.setHeader('allow', method);
    send(response, 405, { error: 'method not allowed' });
    return false;
  };
  return {
    handle(path, request, response) {
      const { modemAt, followTrace } = actions;
      if (path === '/api/v1/modem/at') {
        if (!only('POST', request, response)) return true;
        if (modemAt) void runAt(modemAt, clock, request, response);
        else absent(response);
        return true;
      }
      if (path !== '/api/v1/modem/trace') return false;
      if (!only('GET', request, response)) return true;
      if (!followTrace) absent(response);
      else if (followers >= MAX_FOLLOWERS)
        sendError(
          response,
          new WaymarkError('modem.busy', `${MAX_FOLLOWERS} others follow the dialogue already`, {
            hint: 'End one of the other `waymark modem trace` first.',
          }),
        );
      else {
        followers++;
        response.once('close', () => {
          followers--;
        });
        streamTrace(followTrace, response);
      }
      return true;
    },
  };
}
