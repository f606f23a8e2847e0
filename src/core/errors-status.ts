// Codes of the HTTP doors: what a visitor is told when a door stays shut.
import type { ErrorInfo } from './error-info.js';

export const STATUS_ERRORS = {
  'status.foreign': {
    means: 'A page, site or name that is not this gateway’s asked the status door, and was not answered.',
    retry: 'operator',
    exit: 77,
    hint: 'Open the page by an address or the host name of the gateway, with its port; another name, page or site is never answered.',
  },
  'status.local-only': {
    means: 'This can only be asked on the gateway’s unix socket, not over TCP.',
    retry: 'operator',
    exit: 77,
    hint: 'Ask on the gateway itself, by the unix socket in its runtime directory: the verbs of `waymark` do.',
  },
  'status.token': {
    means: 'An action was asked for over TCP without this gateway’s token, or with another one.',
    retry: 'operator',
    exit: 77,
    hint: 'Send `Authorization: Bearer TOKEN`; the token of this start is in the file page-token of the runtime directory.',
  },
  'status.not-found': {
    means: 'The status door has nothing of that name.',
    retry: 'never',
    exit: 69,
    hint: 'GET /api/v1/openapi.json lists what there is; this agent may lack the part it belongs to.',
  },
  'status.request': {
    means: 'The status door could not read the request.',
    retry: 'never',
    exit: 64,
    hint: 'Ask as GET /api/v1/openapi.json describes it.',
  },
  'status.method': {
    means: 'The status door knows the path, but not with this method.',
    retry: 'never',
    exit: 64,
    hint: 'The header Allow of the answer names the methods.',
  },
  'status.crowded': {
    means: 'As many connections or followers as the status door takes are open already.',
    retry: 'backoff',
    exit: 75,
    hint: 'Close another page or reader of this gateway, or ask again in a minute.',
  },
} as const satisfies Record<string, ErrorInfo>;
