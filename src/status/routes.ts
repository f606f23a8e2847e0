// Every door there is, declared once: the router answers by this table and the OpenAPI document is made from it, so that
// they cannot differ. `socket` doors are never open over TCP, whatever a visitor shows.
import type { SchemaName } from './openapi-schemas.js';

export interface RouteQuery {
  name: string;
  description: string;
  schema: Readonly<Record<string, unknown>>;
}

export interface Route {
  method: 'GET' | 'POST';
  /** `{name}` stands for one segment. */
  path: string;
  where: 'everywhere' | 'socket';
  tag: 'look' | 'act' | 'page' | 'health';
  summary: string;
  description?: string;
  query?: readonly RouteQuery[];
  body?: { schema: SchemaName; example: unknown };
  /** Over TCP only with the page’s token. */
  needsToken?: true;
  /** What it answers with when all is well. */
  answer: { type: string; schema?: SchemaName; description: string };
  /** Other codes it may answer with, beside those every door has. */
  refusals?: readonly number[];
}

const JSON_TYPE = 'application/json';
const LEVELS = { type: 'string', enum: ['trace', 'debug', 'info', 'warn', 'error'], default: 'info' };
const json = (schema: SchemaName, description: string): Route['answer'] => ({ type: JSON_TYPE, schema, description });

export const ROUTES = {
  page: {
    ...{ method: 'GET', path: '/', where: 'everywhere', tag: 'page' },
    summary: 'The page',
    answer: { type: 'text/html', description: 'The state as it is now, readable without a script.' },
    refusals: [404],
  },
  asset: {
    ...{ method: 'GET', path: '/assets/{name}', where: 'everywhere', tag: 'page' },
    summary: 'A file of the page',
    answer: { type: 'application/octet-stream', description: 'page.js, page.css, uPlot.js, uPlot.css or icon.svg.' },
    refusals: [404],
  },
  status: {
    ...{ method: 'GET', path: '/api/v1/status', where: 'everywhere', tag: 'look' },
    summary: 'What the gateway does and why not',
    answer: json('StatusSnapshot', 'The one status object; everything else shown is a view of it.'),
  },
  history: {
    ...{ method: 'GET', path: '/api/v1/history', where: 'everywhere', tag: 'look' },
    summary: 'The last minutes, hours or days',
    description: 'Columns of equal length, one row a step; null where nothing was known. At most a thousand rows.',
    query: [
      {
        name: 'seconds',
        description: 'How far back; a week at most.',
        schema: { type: 'integer', minimum: 1, maximum: 604_800, default: 3600 },
      },
    ],
    answer: json(
      'History',
      'Kept in memory since the start: seconds for 10 minutes, 10 s for 6 hours, minutes for a week.',
    ),
    refusals: [400, 404],
  },
  log: {
    ...{ method: 'GET', path: '/api/v1/log', where: 'everywhere', tag: 'look' },
    summary: 'The last lines of the log',
    query: [
      { name: 'level', description: 'This level and above.', schema: LEVELS },
      {
        name: 'limit',
        description: 'The newest so many.',
        schema: { type: 'integer', minimum: 1, maximum: 500, default: 200 },
      },
    ],
    answer: json('LogLines', 'The oldest first; secrets are scrubbed.'),
    refusals: [400, 404],
  },
  config: {
    ...{ method: 'GET', path: '/api/v1/config', where: 'everywhere', tag: 'look' },
    summary: 'The configuration in force',
    answer: json('ConfigAnswer', 'With its defaults; a secret is a reference, {"ref":"file:/…"}, never its value.'),
    refusals: [404],
  },
  schema: {
    ...{ method: 'GET', path: '/api/v1/schema', where: 'everywhere', tag: 'look' },
    summary: 'The JSON Schema of the configuration',
    answer: json('AnyObject', 'For editors and for checks before a file is rolled out.'),
    refusals: [404],
  },
  actions: {
    ...{ method: 'GET', path: '/api/v1/actions', where: 'everywhere', tag: 'act' },
    summary: 'What may be asked for by name',
    answer: json('ActionList', 'Each with its label, what happens, and whether service stops for a while.'),
  },
  act: {
    ...{ method: 'POST', path: '/api/v1/actions', where: 'everywhere', tag: 'act', needsToken: true },
    summary: 'Ask for one of them',
    body: { schema: 'ActionRequest', example: { name: 'resubscribe' } },
    answer: json('ActionAnswer', 'What came of it, one sentence.'),
    refusals: [400, 409, 413, 415, 502, 503, 504],
  },
  openapi: {
    ...{ method: 'GET', path: '/api/v1/openapi.json', where: 'everywhere', tag: 'look' },
    summary: 'This document',
    answer: json('AnyObject', 'OpenAPI 3.1.'),
  },
  events: {
    ...{ method: 'GET', path: '/events', where: 'everywhere', tag: 'look' },
    summary: 'Live events',
    description:
      'Server-sent events. `status`: the status object, at most once a second, on change. `log`: one line of the log. `history`: one new row of the histories. `lost`: {"count"} events went because they were not read in time. A comment every 15 s. At most six readers.',
    query: [{ name: 'level', description: 'Lines of the log of this level and above.', schema: LEVELS }],
    answer: { type: 'text/event-stream', description: 'Until either side ends it.' },
    refusals: [400, 503],
  },
  metrics: {
    ...{ method: 'GET', path: '/metrics', where: 'everywhere', tag: 'health' },
    summary: 'For Prometheus',
    answer: { type: 'text/plain', description: 'Text format 0.0.4.' },
    refusals: [404],
  },
  healthz: {
    ...{ method: 'GET', path: '/healthz', where: 'everywhere', tag: 'health' },
    summary: 'Is the program alive',
    description: 'Alive is not connected: a gateway without network is healthy.',
    answer: json('Health', 'It answers, so it is.'),
  },
  readyz: {
    ...{ method: 'GET', path: '/readyz', where: 'everywhere', tag: 'health' },
    summary: 'Does the program do its work',
    description: '200 once the lanes run; whether anything is connected is a field, never the code.',
    answer: json('Readiness', 'Ready.'),
    refusals: [503],
  },
  logLevel: {
    ...{ method: 'POST', path: '/api/v1/log/level', where: 'socket', tag: 'act' },
    summary: 'Change how much the log says, for good or for a time',
    body: { schema: 'LogLevelRequest', example: { level: 'debug', forSeconds: 600 } },
    answer: json('LogLevelAnswer', 'The level in force, and the one there was.'),
    refusals: [400, 404, 413, 415],
  },
  modemAt: {
    ...{ method: 'POST', path: '/api/v1/modem/at', where: 'socket', tag: 'act' },
    summary: 'One AT command on the running modem',
    body: { schema: 'AtRequest', example: { command: 'ATI', unsafe: false } },
    answer: json('AtAnswer', 'The lines of the answer and the final result.'),
    refusals: [400, 404, 413, 415, 502, 503, 504],
  },
  modemTrace: {
    ...{ method: 'GET', path: '/api/v1/modem/trace', where: 'socket', tag: 'look' },
    summary: 'The AT dialogue as it goes',
    answer: { type: 'application/x-ndjson', description: 'One {atMs, direction, text} a line, secrets scrubbed.' },
    refusals: [404, 503],
  },
  tokenTest: {
    ...{ method: 'POST', path: '/api/v1/tokens/test', where: 'socket', tag: 'act' },
    summary: 'Try a credential now',
    body: { schema: 'TokenRequest', example: { id: 'losant-access-key' } },
    answer: json('TokenAnswer', 'It works.'),
    refusals: [400, 404, 409, 413, 415, 502, 503, 504],
  },
  tokenRotate: {
    ...{ method: 'POST', path: '/api/v1/tokens/rotate', where: 'socket', tag: 'act' },
    summary: 'Put the new value beside a credential in force',
    body: { schema: 'TokenRequest', example: { id: 'losant-access-key' } },
    answer: json('TokenAnswer', 'It is in force.'),
    refusals: [400, 404, 409, 413, 415, 502, 503, 504],
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteId = keyof typeof ROUTES;

/** Paths that begin so exist on the unix socket only, also those nobody has declared. */
export const SOCKET_PREFIXES = ['/api/v1/modem/', '/api/v1/tokens/', '/api/v1/log/'] as const;

export interface Found {
  /** By method. */
  ids: Readonly<Partial<Record<string, RouteId>>>;
  /** What stands for `{name}`, still as it was written. */
  name: string;
}

/** The doors of a path; undefined when there is none. */
export function findRoutes(path: string): Found | undefined {
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const entries = Object.entries(ROUTES) as [RouteId, Route][];
  const at = (pattern: string): [RouteId, Route][] => entries.filter(([, route]) => route.path === pattern);
  const exact = at(path);
  const found = exact.length > 0 ? exact : at(`${parent}{name}`);
  if (found.length === 0) return undefined;
  return {
    ids: Object.fromEntries(found.map(([id, { method }]) => [method, id])),
    name: exact.length > 0 ? '' : path.slice(parent.length),
  };
}
