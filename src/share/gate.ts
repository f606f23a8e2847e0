// Who may pass to the shared page, and where to: one pure function over a request, so that every refusal can be read in one
// table. Only this page's own address is answered (a name that was rebound to it is not), and only what the page needs.
//
//   host ours? ─→ origin ours, or none? ─→ /open/KEY, the key? ──→ cookie set, page
//        │                │                    └─ wrong ──→ 403, counted: five a minute from one address
//       403              403               cookie? ─→ path and method of the list? ─→ forwarded
//                                             │                   │
//                                            403              403 / 404 / 405

/** What the page asks for by GET. */
const PATHS: ReadonlySet<string> = new Set([
  '/',
  '/events',
  '/healthz',
  '/metrics',
  '/readyz',
  ...['actions', 'config', 'history', 'log', 'openapi.json', 'schema', 'status'].map((name) => `/api/v1/${name}`),
]);
const ASSET = /^\/assets\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ACTIONS = '/api/v1/actions';
/** With the key behind it. */
export const OPEN = '/open/';
/** Longer queries are nobody's. */
const MAX_URL = 512;

/** With the double underscore browsers take it only over TLS and for this host. */
export const COOKIE = '__Host-waymark';
/** For the page’s own script: `act` or `look`; on a shared page no token is asked for. It opens nothing. */
export const FLAG = '__Host-waymark-shared';

export interface Visit {
  method: string;
  url: string;
  host: string | undefined;
  origin: string | undefined;
  cookie: string | undefined;
}

export interface GateRules {
  /** `192.168.1.5:41234`. */
  authority: string;
  isReadOnly: boolean;
  /** Compare in constant time. */
  isKey: (text: string) => boolean;
  isCookie: (text: string) => boolean;
  /** True when this address has tried wrong keys too often. */
  isTooMany: boolean;
}

export type Passage =
  | { is: 'open' }
  | { is: 'forward'; method: 'GET' | 'POST'; url: string }
  | { is: 'refused'; status: 403 | 404 | 405 | 429; why: string; isWrongKey?: boolean };

const refused = (status: 403 | 404 | 405 | 429, why: string): Passage => ({ is: 'refused', status, why });

function cookieOf(header: string | undefined): string {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE) return value ?? '';
  }
  return '';
}

/** Pure. */
export function passage(visit: Visit, rules: GateRules): Passage {
  if (visit.host?.toLowerCase() !== rules.authority) return refused(403, 'this is not the address of the shared page');
  if (visit.origin !== undefined && visit.origin.toLowerCase() !== `https://${rules.authority}`)
    return refused(403, 'another page may not ask this one');
  if (visit.url.length > MAX_URL || !visit.url.startsWith('/')) return refused(404, 'there is no such thing here');
  const [path = ''] = visit.url.split('?', 1);
  if (path.startsWith(OPEN)) {
    if (visit.method !== 'GET') return refused(405, 'only GET');
    if (rules.isTooMany) return refused(429, 'too many wrong keys; wait a minute');
    if (rules.isKey(path.slice(OPEN.length))) return { is: 'open' };
    return {
      is: 'refused',
      status: 403,
      why: 'this key is not, or no longer, valid: each opens the page once',
      isWrongKey: true,
    };
  }
  if (!rules.isCookie(cookieOf(visit.cookie)))
    return refused(403, 'open the page by the whole address that was printed beside the gateway');
  if (visit.method === 'POST') {
    if (path !== ACTIONS) return refused(404, 'there is no such thing here');
    if (rules.isReadOnly) return refused(403, 'the page is shared for looking only (--read-only)');
    // A browser always names the page that posts.
    if (visit.origin === undefined) return refused(403, 'another page may not ask this one');
    return { is: 'forward', method: 'POST', url: path };
  }
  if (visit.method !== 'GET' && visit.method !== 'HEAD') return refused(405, 'only GET');
  if (!PATHS.has(path) && !ASSET.test(path)) return refused(404, 'there is no such thing here');
  return { is: 'forward', method: 'GET', url: visit.url };
}
