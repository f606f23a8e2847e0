// How the status door answers: JSON that holds no secret and nothing a terminal would obey, and errors with their cure.
import type { ServerResponse } from 'node:http';
import { type ErrorCode, escapeControls, scrubber, type WaymarkError } from '../core/index.js';

/** One value as a line of JSON. Valid JSON may hold C1 and direction controls; a terminal behind curl would obey them. */
export const safeJson = (value: unknown): string =>
  escapeControls(scrubber.scrub(`${JSON.stringify(value)}\n`), 'json');

export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
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

const DOORS: Readonly<Partial<Record<ErrorCode, number>>> = {
  'status.foreign': 403,
  'status.local-only': 403,
  'status.token': 401,
  'status.not-found': 404,
  'status.method': 405,
  'status.request': 400,
  'status.crowded': 503,
};

/** The status code an error goes out with. */
function statusOf({ code }: WaymarkError): number {
  const ofDoor = DOORS[code];
  if (ofDoor !== undefined) return ofDoor;
  if (code.startsWith('command.')) return 409;
  if (code === 'cli.usage') return 403;
  if (code === 'modem.injection') return 400;
  if (code.startsWith('token.')) return 409;
  if (code === 'core.timeout' || code === 'modem.timeout') return 504;
  if (code === 'modem.error' || code.startsWith('sim.')) return 502;
  return code.startsWith('link.') || code.startsWith('modem.') ? 503 : 500;
}

export function sendError(response: ServerResponse, error: WaymarkError, status = statusOf(error)): void {
  const { code, message, hint } = error;
  if (code === 'status.token') response.setHeader('www-authenticate', 'Bearer realm="waymark"');
  send(response, status, { error: { code, message, hint } });
}
