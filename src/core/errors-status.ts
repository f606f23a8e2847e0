// Codes of the HTTP doors: what a visitor is told when a door stays shut.
import type { ErrorInfo } from './error-info.js';

export const STATUS_ERRORS = {
  'status.foreign': {
    retry: 'operator',
    exit: 77,
    hint: 'Open the page by the address it was given out with; another name, page or site is never answered.',
  },
  'status.local-only': {
    retry: 'operator',
    exit: 77,
    hint: 'Ask on the gateway itself, by the unix socket in its runtime directory: the verbs of `waymark` do.',
  },
  'status.token': {
    retry: 'operator',
    exit: 77,
    hint: 'Send `Authorization: Bearer TOKEN`; the token of this start is in the file page-token of the runtime directory.',
  },
  'status.not-found': {
    retry: 'never',
    exit: 69,
    hint: 'GET /api/v1/openapi.json lists what there is; this agent may lack the part it belongs to.',
  },
  'status.request': {
    retry: 'never',
    exit: 64,
    hint: 'Ask as GET /api/v1/openapi.json describes it.',
  },
  'status.method': { retry: 'never', exit: 64, hint: 'The header Allow of the answer names the methods.' },
  'status.crowded': {
    retry: 'backoff',
    exit: 75,
    hint: 'Close another page or reader of this gateway, or ask again in a minute.',
  },
} as const satisfies Record<string, ErrorInfo>;
