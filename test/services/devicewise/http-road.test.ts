// TR50 over HTTPS: signing in, a session that ends, who else may answer, and how often the mailbox is looked into.
import { describe, expect, test } from 'vitest';
import { sleep, type Tr50Outcome, WaymarkError } from '../../../src/core/index.js';
import { createHttpRoad, type HttpRoadOptions } from '../../../src/services/index.js';
import { base, fakeHttp, type HttpReply, never, type Posted, TOKEN } from './roads-fakes.js';

const PING = { command: 'diag.ping' };
const OK: Tr50Outcome = { is: 'ok', params: {} };
const EXPIRED: HttpReply = { json: { success: false, errorCodes: [-90_000], errorMessages: ['Session expired'] } };
const isCheck = ({ json }: Posted): boolean => json['1']?.command === 'mailbox.check';
const listing = (...ids: string[]): HttpReply => ({
  json: {
    '1': {
      success: true,
      params: { messages: ids.map((id) => ({ id, command: 'method.exec', params: { method: 'report' } })) },
    },
  },
});

function rig(
  script: (posted: Posted, n: number) => HttpReply | Promise<HttpReply> | undefined = () => undefined,
  options: Partial<HttpRoadOptions> = {},
) {
  const parts = base();
  let n = 0;
  const http = fakeHttp((posted) => script(posted, n++));
  const appToken = { status: () => ({ id: 'devicewise-app-token', state: 'valid' }) as never };
  const opener = createHttpRoad(
    { ...parts, http, appToken },
    { url: 'https://dw.example/api', pollSeconds: 60, maxRequestBytes: 32_768, ...options },
  );
  const open = (token = TOKEN) => opener.open({ appToken: token, signal: never });
  const requests = (): Posted[] => http.posted.filter((one) => !one.json['auth'] && !isCheck(one));
  const checks = (): number => http.posted.filter(isCheck).length;
  return { ...parts, http, opener, open, requests, checks };
}

describe('signing in', () => {
  test('app token, application id and thing key give a session, which every request shows', async () => {
    const { open, http, opener, requests } = rig();
    const road = await open();
    expect(http.posted[0]).toEqual({
      sessionId: undefined,
      json: {
        auth: {
          command: 'api.authenticate',
          params: { appToken: 'Abcd1234Efgh5678', appId: '0123456789abcdef'.repeat(2), thingKey: 'thing-1234' },
        },
      },
    });
    expect(await road.request([PING, PING], { signal: never })).toEqual([OK, OK]);
    expect(requests()).toMatchObject([{ sessionId: 'session-1' }]);
    expect(opener.session.status()).toMatchObject({
      id: 'devicewise-session',
      kind: 'devicewise-session',
      state: 'valid',
      tested: true,
    });
    expect(JSON.stringify([road.facts(), opener.session.status()])).not.toMatch(/session-1|0123456789abcdef/);
    await road.close();
  });

  test.each<[string, HttpReply, string]>([
    [
      'auth fails',
      { json: { auth: { success: false, errorCodes: [-7], errorMessages: ['No.'] } } },
      'devicewise.refused',
    ],
    [
      'auth fails, with a status of its own',
      { status: 401, json: { auth: { success: false, errorCodes: [-7] } } },
      'devicewise.refused',
    ],
    ['somebody else fails, with JSON', { status: 403, json: { error: 'blocked' } }, 'devicewise.malformed'],
    ['the whole fails', { json: { success: false, errorCodes: [-90_000] } }, 'devicewise.refused'],
    [
      'it is too much',
      { json: { auth: { success: false, errorMessages: ['Too many requests'] } } },
      'devicewise.unreachable',
    ],
    ['a page', { text: '<html>Welcome to our hotel</html>' }, 'devicewise.malformed'],
    ['other JSON', { json: { welcome: true } }, 'devicewise.malformed'],
    [
      'a session with blanks',
      { json: { auth: { success: true, params: { sessionId: 'a\nb' } } } },
      'devicewise.malformed',
    ],
    ['404', { status: 404, text: 'x' }, 'devicewise.malformed'],
    ['401 of somebody in between', { status: 401, text: 'x' }, 'devicewise.malformed'],
    ['502', { status: 502, text: 'x' }, 'devicewise.unreachable'],
    ['a road that is closed', new WaymarkError('net.refused', 'x'), 'net.refused'],
  ])('%s', async (_, reply, code) => {
    const { open } = rig(() => reply);
    await expect(open()).rejects.toMatchObject({ code });
  });

  test('a refusal says its code; another token is a new try', async () => {
    let isRefused = true;
    const { open, opener, http } = rig(({ json }) =>
      json['auth'] && isRefused
        ? { json: { auth: { success: false, errorCodes: [-7], errorMessages: ['No.'] } } }
        : undefined,
    );
    await expect(open()).rejects.toMatchObject({ code: 'devicewise.refused', evidence: { code: -7, text: 'No.' } });
    expect(opener.session.status().state).toBe('missing');
    isRefused = false;
    const first = await open();
    await first.close();
    await (await open()).close();
    // Each opening proves the token anew.
    expect(http.signIns).toBe(2);
  });
});

describe('a session that ends', () => {
  test('costs one sign-in and one replay', async () => {
    const { open, http, requests } = rig((one) =>
      one.sessionId === 'session-1' && !isCheck(one) ? EXPIRED : undefined,
    );
    const road = await open();
    expect(await road.request([PING], { signal: never })).toEqual([OK]);
    expect(requests().map(({ sessionId }) => sessionId)).toEqual(['session-1', 'session-2']);
    expect(http.signIns).toBe(2);
    expect(road.facts()).toMatchObject({ signIns: 2 });
    await road.close();
  });

  test('found forgotten by two requests at once it costs one sign-in all the same, and one is counted', async () => {
    let isForgotten = false;
    const { open, http, requests } = rig((one) => (isForgotten && one.sessionId === 'session-1' ? EXPIRED : undefined));
    const road = await open();
    await road.request([PING], { signal: never });
    isForgotten = true;
    const both = [road.request([PING], { signal: never }), road.request([PING], { signal: never })];
    expect(await Promise.all(both)).toEqual([[OK], [OK]]);
    expect(requests()).toHaveLength(5);
    expect(http.signIns).toBe(2);
    expect(road.facts()).toMatchObject({ signIns: 2 });
    await road.close();
  });

  test('a server that says so command by command means the same', async () => {
    const each = { success: false, errorCodes: [-90_000] };
    const { open, requests } = rig((one) =>
      one.sessionId === 'session-1' && !isCheck(one) ? { json: { '1': each, '2': each } } : undefined,
    );
    const road = await open();
    expect(await road.request([PING, PING], { signal: never })).toEqual([OK, OK]);
    expect(requests()).toHaveLength(2);
    await road.close();
  });

  test('so does one that says it of the signing in', async () => {
    const { open, requests } = rig((one) =>
      one.sessionId === 'session-1' && !isCheck(one)
        ? { json: { auth: { success: false, errorMessages: ['Not authenticated.'] } } }
        : undefined,
    );
    const road = await open();
    expect(await road.request([PING], { signal: never })).toEqual([OK]);
    expect(requests()).toHaveLength(2);
    await road.close();
  });

  test('a new one that is refused as well ends the road', async () => {
    const { open, requests } = rig((one) => (one.json['auth'] || isCheck(one) ? undefined : EXPIRED));
    const road = await open();
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({ code: 'devicewise.session-refused' });
    expect(requests()).toHaveLength(2);
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
  });

  test('a token that has been withdrawn meanwhile ends the road with that word', async () => {
    let isWithdrawn = false;
    const { open } = rig((one) => {
      if (one.json['auth']) return isWithdrawn ? { json: { success: false, errorCodes: [-7] } } : undefined;
      return isWithdrawn ? EXPIRED : undefined;
    });
    const road = await open();
    isWithdrawn = true;
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({ code: 'devicewise.refused', evidence: { code: -7 } });
  });
});

describe('trouble', () => {
  const then = (reply: HttpReply) => (one: Posted) => (one.json['auth'] || isCheck(one) ? undefined : reply);

  test.each<[string, HttpReply, Tr50Outcome]>([
    ['429 with a wish', { status: 429, text: '', retryAfterMs: 7000 }, { is: 'busy', retryAfterMs: 7000 }],
    ['503', { status: 503, text: '' }, { is: 'busy', retryAfterMs: 5000 }],
    ['502: it may have had its effect', { status: 502, text: '' }, { is: 'timeout' }],
    ['nothing in time', new WaymarkError('core.timeout', 'x'), { is: 'timeout' }],
    ['a cut', new WaymarkError('net.closed', 'x'), { is: 'link-lost' }],
    [
      'another root failure',
      { json: { success: false, errorCodes: [-1] } },
      { is: 'failed', codes: [-1], messages: [] },
    ],
  ])('%s leaves the road open', async (_, reply, outcome) => {
    const { open } = rig(then(reply));
    const road = await open();
    expect(await road.request([PING], { signal: never })).toEqual([outcome]);
    let isClosed = false;
    void road.closed.then(() => (isClosed = true));
    await Promise.resolve();
    expect(isClosed).toBe(false);
    await road.close();
  });

  test('three failures in a row end it; a success between begins anew', async () => {
    let isDown = true;
    const { open } = rig((one) => (isDown ? then(new WaymarkError('net.closed', 'cut'))(one) : undefined));
    const road = await open();
    const ask = () => road.request([PING], { signal: never });
    await ask();
    await ask();
    isDown = false;
    expect(await ask()).toEqual([OK]);
    isDown = true;
    await ask();
    await ask();
    await ask();
    expect(await road.closed).toMatchObject({ code: 'net.closed' });
  });

  test.each<[string, HttpReply, string]>([
    ['a captive portal', { text: '<html>' }, 'devicewise.malformed'],
    ['a redirect', new WaymarkError('http.redirect', 'x'), 'http.redirect'],
  ])('%s ends it at once', async (_, reply, code) => {
    const { open } = rig(then(reply));
    const road = await open();
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({ code });
  });

  test('a request has thirty seconds in all, whatever hangs; closing does not wait for it', async () => {
    const { open, clock } = rig((one) =>
      one.json['auth'] || isCheck(one) ? undefined : sleep(clock, 500_000).then(() => ({ json: {} })),
    );
    const road = await open();
    const [first, second] = [1, 2].map(() => road.request([PING], { signal: never }));
    await clock.advance(30_000);
    expect(await first).toEqual([{ is: 'timeout' }]);
    expect(await second).toEqual([{ is: 'timeout' }]);
    const third = road.request([PING], { signal: never });
    await clock.advance(10);
    await road.close();
    expect(await third).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({ code: 'devicewise.lost', message: 'closed by us' });
  });

  test('what is too long never leaves', async () => {
    const { open, requests } = rig(undefined, { maxRequestBytes: 1024 });
    const road = await open();
    const params = { text: 'x'.repeat(1024) };
    expect(await road.request([{ command: 'a', params }], { signal: never })).toMatchObject([{ is: 'unsendable' }]);
    expect(requests()).toEqual([]);
    await road.close();
  });
});

describe('the mailbox', () => {
  test('is looked into at once, then every so often, sooner after a method', async () => {
    const mail: string[] = [];
    const { open, clock, checks } = rig((one) => (isCheck(one) ? listing(...mail.splice(0)) : undefined));
    const road = await open();
    const ids: string[] = [];
    const reading = (async () => {
      for await (const { id } of road.methods) ids.push(id);
    })();
    await clock.advance(1);
    expect(checks()).toBe(1);
    await clock.advance(59_000);
    expect(checks()).toBe(1);
    mail.push('m1');
    await clock.advance(1000);
    // The one that found it, and one for what may stand behind it.
    expect([checks(), ids]).toEqual([3, ['m1']]);
    mail.push('m2');
    await clock.advance(10_000);
    expect([checks(), ids]).toEqual([5, ['m1', 'm2']]);
    const at: number[] = [];
    for (let s = 1, before = checks(); s <= 200; s++) {
      await clock.advance(1000);
      if (checks() > before) at.push(s);
      before = checks();
    }
    expect(at).toEqual([10, 30, 70, 130, 190]);
    await road.close();
    await reading;
    expect(clock.pending).toBe(0);
  });
});
