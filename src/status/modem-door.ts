// The part of the status door that talks to the modem: one command, and the dialogue as it goes. Only on the unix
// socket; a browser page must never reach it.
//
//   POST at     content-type → body ≤ 4 KiB → shape → action (which guards) → {lines, final} | {error}
//   GET trace   recent lines, then live ones; a reader that is slower than the module loses the oldest and is told
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, WaymarkError } from '../core/index.js';
import type { AtRequest, StatusActions, TraceLine } from './actions.js';
import { COMMON_HEADERS, safeJson, sendError } from './answer.js';
import { answerPost, objectOf, type Post } from './post.js';

const COMMAND_MS = 10_000;
const MAX_COMMAND_MS = 600_000;
const MAX_WAITING_LINES = 500;
/** The door has 16 places; some must stay free for those who only look. */
const MAX_FOLLOWERS = 4;

export interface ModemDoor {
  at(request: IncomingMessage, response: ServerResponse): void;
  trace(request: IncomingMessage, response: ServerResponse): void;
}

/** The request of a JSON text, or undefined when it is none. */
function parseRequest(text: string): AtRequest | undefined {
  const value = objectOf(text);
  if (!value) return undefined;
  const { command, unsafe = false, timeoutMs } = value;
  if (typeof command !== 'string' || typeof unsafe !== 'boolean') return undefined;
  if (timeoutMs === undefined) return { command, unsafe };
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MAX_COMMAND_MS)) return undefined;
  return { command, unsafe, timeoutMs };
}

const runAt = (modemAt: NonNullable<StatusActions['modemAt']>): Post<AtRequest> => ({
  parse: parseRequest,
  form: '{"command":"AT…","unsafe":false}',
  limit: ({ timeoutMs }) => ({ ms: timeoutMs ?? COMMAND_MS, what: 'the answer of the modem' }),
  async act(asked, signal) {
    const { lines, final } = await modemAt(asked, signal);
    return { lines, final };
  },
});

function streamTrace(
  followTrace: NonNullable<StatusActions['followTrace']>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', ...COMMON_HEADERS });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
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
  const { modemAt, followTrace } = actions;
  return {
    at(request, response) {
      if (modemAt) void answerPost(clock, runAt(modemAt), request, response);
      else absent(response);
    },
    trace(request, response) {
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
        streamTrace(followTrace, request, response);
      }
    },
  };
}
