// What the calls of the simulated Losant's REST API share: a request, an answer, refusals in Losant's form.
import { isRecord } from '../../fields.js';
import type { LosantTag } from './account.js';
import type { Caller, LosantCloud } from './cloud.js';
import type { LosantAction } from './scopes.js';
import type { Window } from './throttle.js';

export interface RestAnswer {
  status: number;
  body: string;
  headers?: Readonly<Record<string, string>>;
}

export interface RestCall {
  /** What the path's places hold, in turn. */
  ids: readonly string[];
  query: URLSearchParams;
  /** As parsed; undefined without a body. */
  body: unknown;
  bearer: string | undefined;
  caller: Caller | undefined;
}

export interface RestDeps {
  cloud: LosantCloud;
  /** 30 a device and call in 15 s. */
  window: Window;
  addresses: () => { broker: string; api: string };
}

export const LOSANT_ROUTES = [
  'auth',
  'state',
  'command',
  'status',
  'devices',
  'device',
  'keys',
  'key',
  'tokens',
  'token',
  'application',
  'enrol',
] as const;
export type LosantRoute = (typeof LOSANT_ROUTES)[number];

export interface RouteEntry {
  route: LosantRoute;
  method: string;
  /** `:A` and `:D` are looked at (application, device), any other place is handed on. */
  path: string;
  /** Absent: no token is asked for. */
  action?: LosantAction;
  answer(call: RestCall, deps: RestDeps): RestAnswer;
}

export const ok = (data: unknown, status = 200): RestAnswer => ({ status, body: JSON.stringify(data) });
export const SUCCESS = ok({ success: true });
export const refuse = (status: number, type: string, message: string): RestAnswer => ok({ type, message }, status);
export const invalid = (message: string): RestAnswer => refuse(400, 'Validation', message);
export const notFound = (what: string): RestAnswer => refuse(404, 'NotFound', `${what} was not found`);
export const unauthorized = (): RestAnswer => refuse(401, 'Unauthorized', 'Unauthorized');

export const isId = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{24}$/.test(text);
export const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= longest;
export const isTextList = (value: unknown, most: number): value is string[] =>
  Array.isArray(value) && value.length <= most && value.every((each) => typeof each === 'string');

export const isTagList = (value: unknown): value is LosantTag[] =>
  Array.isArray(value) &&
  value.length <= 100 &&
  value.every(
    (tag) =>
      isRecord(tag) &&
      typeof tag['key'] === 'string' &&
      /^[0-9a-zA-Z_-]{1,255}$/.test(tag['key']) &&
      isText(tag['value'], 255),
  );

/** The first member that is not among `known`, as an answer. */
export function strangers(body: Readonly<Record<string, unknown>>, known: readonly string[]): RestAnswer | undefined {
  const name = Object.keys(body).find((each) => !known.includes(each));
  return name === undefined ? undefined : invalid(`${name.slice(0, 40)} is not allowed`);
}

/** A list with Losant's counts around it. */
export function page(
  all: readonly unknown[],
  query: URLSearchParams,
  more: Readonly<Record<string, unknown>>,
): RestAnswer {
  const perPage = Math.min(1000, Math.max(1, Number(query.get('perPage') ?? 100) || 100));
  const at = Math.max(0, Number(query.get('page') ?? 0) || 0);
  const items = all.slice(at * perPage, (at + 1) * perPage);
  return ok({ items, count: items.length, totalCount: all.length, perPage, page: at, ...more });
}

export const iso = (ms: number): string => new Date(ms).toISOString();
