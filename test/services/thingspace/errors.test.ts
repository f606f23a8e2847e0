import { describe, expect, test } from 'vitest';
import { scrubber } from '../../../src/core/index.js';
import { classify, type ThingspaceCall } from '../../../src/services/index.js';
import { MAX_BODY_BYTES, readEnvelope } from '../../../src/services/thingspace/envelope.js';
import { errorOf } from '../../../src/services/thingspace/errors.js';

const fault = (code: string | number) => ({ fault: { code, message: 'Invalid Credentials' } });
const m2m = (code: string) => ({ errorCode: code, errorMessage: 'words that change' });
const loc = (words: string, code = 'INVALID_PARAMETER') => ({ errorCode: code, errorMessage: words });

const ROWS: readonly [name: string, call: ThingspaceCall, status: number, body: unknown, is: string][] = [
  ['ok', 'resource', 200, [], 'ok'],
  ['empty revoke', 'revoke', 204, '', 'ok'],
  ['bearer wrong or expired', 'resource', 401, fault('900901'), 'bearer-bad'],
  ['the same, code as a number', 'resource', 401, fault(900901), 'bearer-bad'],
  ['the same, unwrapped', 'resource', 401, { code: '900901', message: 'no' }, 'bearer-bad'],
  ['the same as XML', 'login', 401, '<ams:fault><ams:code>900901</ams:code></ams:fault>', 'bearer-bad'],
  ['header missing', 'resource', 401, fault('900902'), 'our-bug'],
  ['header missing at the token endpoint', 'token', 401, fault('900902'), 'our-bug'],
  ['wrong path', 'resource', 400, fault('900906'), 'config resource'],
  ['not subscribed, by code', 'resource', 403, fault('900908'), 'not-subscribed'],
  ['throttled by the gateway', 'resource', 429, fault('900800'), 'weather'],
  ['not subscribed', 'resource', 403, 'Resource not available', 'not-subscribed'],
  ['wrong endpoint', 'resource', 404, 'No matching resource', 'config resource'],
  ['session idle', 'resource', 400, m2m('UnifiedWebService.REQUEST_FAILED.SessionToken.Expired'), 'session-bad'],
  ['session idle as 403', 'resource', 403, m2m('Other.REQUEST_FAILED.SessionToken.Expired'), 'session-bad'],
  ['session replaced', 'resource', 400, m2m('UnifiedWebService.INPUT_INVALID.SessionToken.Invalid'), 'session-bad'],
  ['session absent', 'resource', 400, m2m('UnifiedWebService.REQUEST_FAILED.SessionToken.Format'), 'session-bad'],
  ['login refused', 'login', 400, m2m('UnifiedWebService.REQUEST_FAILED.UnexpectedError'), 'login-refused'],
  ['login refused as 403', 'login', 403, m2m('UnifiedWebService.REQUEST_FAILED.Whatever'), 'login-refused'],
  ['login, bare 401', 'login', 401, '', 'login-refused'],
  ['login during an outage', 'login', 503, '<html>', 'weather'],
  ['no such account', 'resource', 400, m2m('X.REQUEST_FAILED.AccountNotFound'), 'config account'],
  ['account name', 'resource', 400, m2m('X.INPUT_INVALID.AccountName'), 'config account'],
  ['several accounts', 'resource', 400, m2m('X.REQUEST_FAILED.MultipleAccounts'), 'config account'],
  ['no accounts', 'resource', 400, m2m('X.REQUEST_FAILED.NoAccounts'), 'config account'],
  ['no such device', 'resource', 400, m2m('X.REQUEST_FAILED.DeviceNotFound'), 'config device'],
  ['kind', 'resource', 400, m2m('X.INPUT_INVALID.Device.Kind.Invalid'), 'config device'],
  ['identifier', 'resource', 400, m2m('X.INPUT_INVALID.Device.Identifier.Invalid'), 'config device'],
  ['location: session', 'resource', 400, loc('UWS verification failure (The Session has expired.)'), 'session-bad'],
  ['location: account', 'resource', 400, loc('UWS verification failure (Could not find account 1)'), 'config account'],
  ['location: account name', 'resource', 400, loc('Invalid account name'), 'config account'],
  ['location: account, third', 'resource', 400, loc('Unregistered Account'), 'config account'],
  ['location: other UWS words', 'resource', 400, loc('UWS verification failure (new words)'), 'session-bad'],
  ['location: consent', 'resource', 400, loc('Consent check failed'), 'consent'],
  ['location: mdn', 'resource', 400, loc('Ownership or MDN validation failed'), 'config device'],
  ['location: device', 'resource', 400, loc('Device not found'), 'config device'],
  ['location: type', 'resource', 400, loc('Device type check failed'), 'config device'],
  ['location: accuracy', 'resource', 400, loc('Invalid accuracy mode'), 'our-bug'],
  ['location: cache mode', 'resource', 400, loc('Invalid cache mode'), 'our-bug'],
  ['location: json', 'resource', 400, loc('Invalid JSON'), 'our-bug'],
  ['location: list', 'resource', 400, loc('Conflicting device list'), 'our-bug'],
  ['location: cancel', 'resource', 400, loc('Unable to cancel'), 'our-bug'],
  ['location: unknown', 'resource', 400, loc('something new'), 'our-bug'],
  ['location: none cached', 'resource', 400, loc('none', 'CACHE_UNAVAILABLE'), 'cache-unavailable'],
  ['diagnostics', 'resource', 401, { responseCode: 'INVALID_ACCOUNT', message: 'no' }, 'config account'],
  ['connector', 'resource', 401, { error: 'unauthorized', cause: 'x' }, 'bearer-bad'],
  ['wrong secret', 'token', 401, { error: 'invalid_client' }, 'key-refused'],
  ['wrong grant', 'token', 400, { error: 'unsupported_grant_type' }, 'our-bug'],
  ['token endpoint, bare 401', 'token', 401, '<html>', 'key-refused'],
  ['too many', 'resource', 429, '', 'weather'],
  ['time-out', 'token', 408, '', 'weather'],
  ['outage', 'resource', 503, '<html>busy</html>', 'weather'],
  ['a list where an object should be', 'resource', 400, [1, 2], 'our-bug'],
];

const bytes = (body: unknown): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

describe('what an answer means', () => {
  test.each(ROWS)('%s', (_name, call, status, body, is) => {
    const verdict = classify({ status, body: bytes(body) }, call);
    expect(verdict.is === 'config' ? `config ${verdict.about}` : verdict.is).toBe(is);
  });

  test('a pause asked for is handed on with the weather', () => {
    const verdict = classify({ status: 429, body: Buffer.alloc(0), retryAfterMs: 7000 }, 'resource');
    if (verdict.is === 'ok') throw new Error('not ok');
    expect(errorOf(verdict, 'location')).toMatchObject({ code: 'thingspace.weather', retryAfterMs: 7000 });
  });

  test('only a code of the service itself makes a refusal certain', () => {
    const certain = (status: number, body: unknown) => {
      const verdict = classify({ status, body: bytes(body) }, 'login');
      return verdict.is === 'login-refused' && verdict.isCertain;
    };
    expect(certain(400, m2m('X.REQUEST_FAILED.No'))).toBe(true);
    expect(certain(401, '<html>portal</html>')).toBe(false);
  });

  test.each([
    ['an empty body', Buffer.alloc(0)],
    ['a body beyond the limit', Buffer.alloc(MAX_BODY_BYTES + 1, '{')],
    ['half a document', Buffer.from('{"fault":{"code":')],
    ['a prototype in place of members', Buffer.from('{"__proto__":{"errorCode":"A.B"}}')],
    ['a code that is an object', Buffer.from('{"errorCode":{}}')],
  ])('%s has no envelope', (_name, body) => {
    expect(readEnvelope(body).shape).toBe('none');
  });

  test.each([
    ['E3', (words: string) => ({ errorCode: 'UWS.Login.Failed', errorMessage: words }), 97],
    ['E3, longer than is read', (words: string) => ({ errorCode: 'UWS.Login.Failed', errorMessage: words }), 480],
    ['E1', (words: string) => ({ fault: { code: '900901', message: words } }), 97],
  ])('a secret at the edge of what is shown of %s leaves nothing of itself', (_name, make, at) => {
    const secret = 'edge-of-the-words-998877';
    scrubber.register('password', secret);
    const { words } = readEnvelope(bytes(make(`${'x'.repeat(at)} ${secret}`)));
    const verdict = classify({ status: 401, body: bytes(make(`${'x'.repeat(at)} ${secret}`)) }, 'login');
    expect(`${words} ${JSON.stringify(verdict)}`).not.toContain(secret.slice(0, 6));
  });

  test('long words are cut before they are shown', () => {
    const verdict = classify({ status: 400, body: bytes(loc('x'.repeat(5000))) }, 'resource');
    expect(verdict.is !== 'ok' && String(verdict.evidence['words']).length).toBe(120);
  });
});
