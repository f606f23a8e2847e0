// How other processes ask a running agent: HTTP over its unix socket.
import { type IncomingMessage, request } from 'node:http';
import {
  abortReason,
  type Clock,
  ERRORS,
  type ErrorCode,
  onAbort,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import type { AtAnswer, AtRequest, TraceLine } from './actions.js';
import type { PersonActionName, PersonActionResult } from './person-actions.js';
import { socketPathIn } from './server.js';
import type { StatusSnapshot } from './snapshot.js';

const ANSWER_MS = 5000;
/** The agent keeps the limit; this only bounds an agent that hangs. */
const GRACE_MS = 5000;
const DEFAULT_COMMAND_MS = 10_000;
/** Longest line of a stream that is kept. */
const MAX_LINE = 65_536;

interface Call {
  runtimeDir: string;
  path: string;
  method?: 'GET' | 'POST';
  body?: unknown;
  signal: AbortSignal;
}

const unavailable = (socketPath: string, cause: unknown): WaymarkError =>
  new WaymarkError('status.unavailable', `no agent answers at ${socketPath}`, { cause });

/** The head of the answer; rejects with `status.unavailable` when nobody serves there. */
function call({ runtimeDir, path, method = 'GET', body, signal }: Call): Promise<IncomingMessage> {
  const socketPath = socketPathIn(runtimeDir);
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const made = request({ socketPath, path, method, headers, signal }, resolve);
    made.on('error', (error) => reject(signal.aborted ? abortReason(signal) : unavailable(socketPath, error)));
    made.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parsed(text: string, socketPath: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unavailable(socketPath, error);
  }
}

/** The error an agent answered with, as it was thrown over there. */
function errorOf(body: unknown, status: number): WaymarkError {
  const { error } = (body ?? {}) as { error?: { code?: unknown; message?: unknown; hint?: unknown } | null };
  if (
    typeof error === 'object' &&
    error !== null &&
    typeof error.code === 'string' &&
    Object.hasOwn(ERRORS, error.code)
  )
    return new WaymarkError(error.code as ErrorCode, String(error.message), {
      hint: typeof error.hint === 'string' ? error.hint : undefined,
    });
  return new WaymarkError('status.unavailable', `the running agent does not offer this (HTTP ${status})`, {
    hint: 'It is probably of another version than this program: restart it.',
  });
}

/** The running agent's snapshot. Errors: `status.unavailable` when nobody serves there. */
export function fetchStatus(runtimeDir: string, clock: Clock): Promise<StatusSnapshot> {
  const socketPath = socketPathIn(runtimeDir);
  return withDeadline(
    { clock, ms: ANSWER_MS, code: 'status.unavailable', what: `agent at ${socketPath}` },
    async (signal) => {
      const response = await call({ runtimeDir, path: '/api/v1/status', signal });
      const text = await textOf(response).catch((error: unknown) => {
        throw unavailable(socketPath, error);
      });
      return parsed(text, socketPath) as StatusSnapshot;
    },
  );
}

/**
 * Runs one AT command on the running agent's modem.
 * Errors: `status.unavailable`, `cli.usage` (refused), `modem.*`, `sim.*`, `link.*`, `core.timeout`, the abort reason.
 */
export function postModemAt(
  runtimeDir: string,
  clock: Clock,
  asked: AtRequest,
  signal?: AbortSignal,
): Promise<AtAnswer> {
  const socketPath = socketPathIn(runtimeDir);
  const ms = (asked.timeoutMs ?? DEFAULT_COMMAND_MS) + GRACE_MS;
  return withDeadline({ clock, ms, signal, what: `agent at ${socketPath}` }, async (limited) => {
    const path = '/api/v1/modem/at';
    const response = await call({ runtimeDir, path, method: 'POST', body: asked, signal: limited });
    const body = parsed(await textOf(response), socketPath);
    if (response.statusCode !== 200) throw errorOf(body, response.statusCode ?? 0);
    return body as AtAnswer;
  });
}

/** The agent keeps its own limit, shorter than this. */
const TOKEN_MS = 160_000;

/**
 * Has the running agent try a credential, or the new value beside it.
 * Errors: `status.unavailable`, `cli.usage`, `token.*`, `secret.*`, what the far side said, `core.timeout`.
 */
export function postToken(
  runtimeDir: string,
  clock: Clock,
  asked: { action: 'test' | 'rotate'; id: string },
  signal?: AbortSignal,
): Promise<void> {
  const socketPath = socketPathIn(runtimeDir);
  return withDeadline({ clock, ms: TOKEN_MS, signal, what: `agent at ${socketPath}` }, async (limited) => {
    const { action, id } = asked;
    const path = `/api/v1/tokens/${action}`;
    const response = await call({ runtimeDir, path, method: 'POST', body: { id }, signal: limited });
    const body = parsed(await textOf(response), socketPath);
    if (response.statusCode !== 200) throw errorOf(body, response.statusCode ?? 0);
  });
}

/** A module that restarts and registers anew; the agent keeps its own limit. */
const PERSON_MS = 300_000;

/**
 * Has the running agent do what a person asks for by name.
 * Errors: `status.unavailable`, `command.not-available`, what the part says that does it, `core.timeout`.
 */
export function postPersonAction(
  runtimeDir: string,
  clock: Clock,
  name: PersonActionName,
  signal?: AbortSignal,
): Promise<PersonActionResult> {
  const socketPath = socketPathIn(runtimeDir);
  return withDeadline({ clock, ms: PERSON_MS, signal, what: `agent at ${socketPath}` }, async (limited) => {
    const path = '/api/v1/actions';
    const response = await call({ runtimeDir, path, method: 'POST', body: { name }, signal: limited });
    const body = parsed(await textOf(response), socketPath);
    if (response.statusCode !== 200) throw errorOf(body, response.statusCode ?? 0);
    return body as PersonActionResult;
  });
}

export interface FollowOptions {
  onLine: (line: TraceLine) => void;
  /** So many lines were lost because they were not read in time. */
  onDropped?: (count: number) => void;
  /** Told once the agent has answered: from then on silence only means that nothing is said. */
  onOpen?: () => void;
  signal: AbortSignal;
}

/** Follows the running agent's AT dialogue until `signal` (then it resolves) or the agent's end (`status.unavailable`). */
export async function followTrace(runtimeDir: string, clock: Clock, options: FollowOptions): Promise<void> {
  const { signal } = options;
  const socketPath = socketPathIn(runtimeDir);
  const opening = new AbortController();
  const off = onAbort(signal, () => opening.abort(abortReason(signal)));
  try {
    const response = await withDeadline(
      { clock, ms: ANSWER_MS, code: 'status.unavailable', what: `agent at ${socketPath}` },
      () => call({ runtimeDir, path: '/api/v1/modem/trace', signal: opening.signal }),
    ).catch((error: unknown) => {
      opening.abort();
      throw error;
    });
    if (response.statusCode !== 200)
      throw errorOf(parsed(await textOf(response), socketPath), response.statusCode ?? 0);
    options.onOpen?.();
    await readLines(response, options);
    throw new WaymarkError('status.unavailable', 'the agent has stopped', {
      hint: 'Start it again, or see its log for why it ended.',
    });
  } catch (error) {
    if (!signal.aborted) throw toWaymarkError(error);
  } finally {
    off();
  }
}

async function readLines(response: IncomingMessage, { onLine, onDropped }: FollowOptions): Promise<void> {
  let rest = '';
  try {
    response.setEncoding('utf8');
    for await (const chunk of response) {
      const lines = `${rest}${chunk as string}`.split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) {
        const said = tryParse(line);
        if (said === undefined) continue;
        if ('dropped' in said) onDropped?.(said.dropped);
        else onLine(said);
      }
    }
  } catch {
    // A broken stream is the end of it, like an orderly one.
  }
}

function tryParse(line: string): TraceLine | { dropped: number } | undefined {
  try {
    return JSON.parse(line) as TraceLine | { dropped: number };
  } catch {
    return undefined;
  }
}
