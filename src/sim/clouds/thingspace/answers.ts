// What a request and an answer of the simulated ThingSpace are, and the shapes its refusals have (specs/thingspace.md
// section 4: E1 gateway, E2 token endpoint, E3 connectivity, E4 location).
import type { IncomingHttpHeaders } from 'node:http';
import { isRecord } from '../../fields.js';
import type { ThingSpaceSettings } from './settings.js';

export interface ThingSpaceAsk {
  method: string;
  /** Without its query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** Did the client show a certificate of the simulated authority? */
  hasCertificate: boolean;
}

export interface ThingSpaceAnswer {
  status: number;
  contentType: string;
  body: string;
  headers?: Readonly<Record<string, string>>;
  /** Why not, for the log; no secret in it. */
  reason?: string;
}

export type ApiCode = '900901' | '900902' | '900906' | '900908' | '900800';

const FAULTS: Readonly<Record<ApiCode, { message: string; description: string }>> = {
  '900901': { message: 'Invalid Credentials', description: 'Access failure: the access token is not valid.' },
  '900902': { message: 'Missing Credentials', description: 'Required OAuth credentials not provided.' },
  '900906': { message: 'No matching resource found', description: 'No matching resource for the given request.' },
  '900908': { message: 'Resource not available', description: 'The key is not subscribed to this API.' },
  '900800': { message: 'Message throttled out', description: 'You have exceeded your quota.' },
};

export const json = (
  value: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): ThingSpaceAnswer => ({
  status: options.status ?? 200,
  contentType: 'application/json',
  body: JSON.stringify(value),
  ...(options.headers ? { headers: options.headers } : {}),
});

export const text = (status: number, body: string, contentType = 'text/plain'): ThingSpaceAnswer => ({
  status,
  contentType,
  body,
  ...(status >= 400 ? { reason: `${status}` } : {}),
});

/** E1. */
export function apiFault(status: number, code: ApiCode, settings: ThingSpaceSettings): ThingSpaceAnswer {
  const fault = { code: settings.faultCode === 'number' ? Number(code) : code, ...FAULTS[code] };
  return { ...json(settings.faultWrapped ? { fault } : fault, { status }), reason: code };
}

/** E2. */
export const oauthError = (status: number, error: string, error_description: string): ThingSpaceAnswer => ({
  ...json({ error, error_description }, { status }),
  reason: error,
});

/** E3; `code` without the service's name. */
export const uwsError = (code: string, errorMessage: string, status = 400): ThingSpaceAnswer => ({
  ...json({ errorCode: `UnifiedWebService.${code}`, errorMessage }, { status }),
  reason: code,
});

/** E4. */
export const locationError = (
  errorMessage: string,
  errorCode = 'INVALID_PARAMETER',
  status = 400,
): ThingSpaceAnswer => ({
  ...json({ errorCode, errorMessage }, { status }),
  reason: errorMessage,
});

/** A refusal in the dress that the knob says; good answers stay. */
export function dressed(answer: ThingSpaceAnswer, errorBody: ThingSpaceSettings['errorBody']): ThingSpaceAnswer {
  if (answer.status < 400 || errorBody === 'json') return answer;
  switch (errorBody) {
    case 'xml': {
      const code = answer.reason ?? `${answer.status}`;
      const body = `<ams:fault xmlns:ams="http://wso2.org/apimanager/security"><ams:code>${code}</ams:code></ams:fault>`;
      return { ...answer, contentType: 'application/xml', body };
    }
    case 'html':
      return { ...answer, contentType: 'text/html', body: `<html><body><h1>Error ${answer.status}</h1></body></html>` };
    case 'empty':
      return { ...answer, contentType: 'application/json', body: '' };
  }
}

/** The body as an object; undefined when it is none. */
export function objectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const data: unknown = JSON.parse(body);
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** `Bearer x` → x; undefined for anything else. */
export function credentialOf(headers: IncomingHttpHeaders, scheme: 'basic' | 'bearer'): string | undefined {
  const [, found, value] = /^(\w+) +(\S+)$/.exec(headers.authorization ?? '') ?? [];
  return found?.toLowerCase() === scheme ? value : undefined;
}

export const SESSION_HEADER = 'vz-m2m-token';

export function sessionOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[SESSION_HEADER];
  return typeof value === 'string' ? value : undefined;
}

/** Content type without parameters. */
export const mediaType = (headers: IncomingHttpHeaders): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
