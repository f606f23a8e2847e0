// One JSON request to a running agent: content type, bounded body, shape, then the action with its deadline. Who may ask
// has been decided before.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, linkedController, toWaymarkError, WaymarkError, withDeadline } from '../core/index.js';
import { send, sendError } from './answer.js';

const MAX_BODY_BYTES = 4096;
const BODY_MS = 10_000;

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

/** The members of a JSON object, or undefined when the text is none. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export interface Post<Asked> {
  /** The request of a body, or undefined when it has another form. */
  parse(text: string): Asked | undefined;
  /** What to send instead. */
  form: string;
  /** How long the action may take, and what is waited for. */
  limit(asked: Asked): { ms: number; what: string };
  act(asked: Asked, signal: AbortSignal): Promise<unknown>;
}

/** Answers one POST; never rejects. */
export async function answerPost<Asked>(
  clock: Clock,
  { parse, form, limit, act }: Post<Asked>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  using gone = linkedController();
  response.once('close', () => gone.abort());
  const refuse = (status: number, message: string): void => {
    // What is left of the body is not read as the next request.
    response.setHeader('connection', 'close');
    sendError(response, new WaymarkError('cli.usage', message, { hint: `Send ${form} as application/json.` }), status);
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
    const asked = parse(text);
    if (asked === undefined) {
      refuse(400, 'the request is not of the form expected');
      return;
    }
    send(response, 200, await withDeadline({ clock, signal: gone.signal, ...limit(asked) }, (s) => act(asked, s)));
  } catch (error) {
    if (!response.destroyed && !response.headersSent) sendError(response, toWaymarkError(error));
  }
}
