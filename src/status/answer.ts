// How the status door answers: JSON that holds no secret and nothing a terminal would obey, and errors with their cure.
import type { ServerResponse } from 'node:http';
import { escapeControls, scrubber, type WaymarkError } from '../core/index.js';

/** One value as a line of JSON. Valid JSON may hold C1 and direction controls; a terminal behind curl would obey them. */
export const safeJson = (value: unknown): string =>
  escapeControls(scrubber.scrub(`${JSON.stringify(value)}\n`), 'json');

export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
} as const;

export function send(response: ServerResponse, status: number, body: unknown): void {
  const text = safeJson(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...COMMON_HEADERS,
  });
  response.end(text);
}

/** The status code an error of an action goes out with. */
function statusOf({ code }: WaymarkError): number {
  if (code === 'cli.usage') return 403;
  if (code === 'modem.injection') return 400;
  if (code.startsWith('token.')) return 409;
  if (code === 'core.timeout' || code === 'modem.timeout') return 504;
  if (code === 'modem.error' || code.startsWith('sim.')) return 502;
  return code.startsWith('link.') || code.startsWith('modem.') ? 503 : 500;
}

export function sendError(response: ServerResponse, error: WaymarkError, status = statusOf(error)): void {
  const { code, message, hint } = error;
  send(response, status, { error: { code, message, hint } });
}
