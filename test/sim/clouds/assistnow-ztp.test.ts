// Rows 16 and 17: chipcodes from the simulated provisioning service.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAssistAccount } from '../../../src/sim/clouds/assistnow-account.js';
import { monVer, receiverProfile, secUniqid, ubxFrame } from '../../../src/sim/receiver/index.js';
import { askChipcode, hex, messagesOf, versionFrame } from './assistnow-helpers.js';
import { ask, provision, scratch, startClouds } from './helpers.js';

describe('the healthy call', () => {
  test('answers chipcode, service and plan, and nothing else', async () => {
    const clouds = await startClouds();
    const answer = await askChipcode(clouds);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      chipcode: expect.stringMatching(/^[A-Za-z0-9+/=]{1,511}$/),
      serviceUrl: clouds.description.assistnow.serviceUrl,
      allowedData: 'ualm, uporb_1, uporb_3, uporb_7, uporb_14, ulorb_l1, ukion, usvht',
    });
  });

  test('a chipcode holds what a query has to encode', async () => {
    const clouds = await startClouds();
    const chipcode = String((await askChipcode(clouds)).json()['chipcode']);
    for (const character of '+/=') expect(chipcode).toContain(character);
  });

  test('hex may be of either case', async () => {
    const clouds = await startClouds();
    const upper = Object.fromEntries(Object.entries(messagesOf()).map(([name, value]) => [name, value.toUpperCase()]));
    const [lower, capital] = [await askChipcode(clouds), await askChipcode(clouds, { messages: upper })];
    expect([capital.status, capital.text]).toEqual([200, lower.text]);
  });

  test('the plan may also come as a list', async () => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ allowedData: ['ualm', 'uporb_3'], allowedDataAs: 'array' });
    expect((await askChipcode(clouds)).json()['allowedData']).toEqual(['ualm', 'uporb_3']);
    clouds.assistnow.configure({ allowedDataAs: 'text' });
    expect((await askChipcode(clouds)).json()['allowedData']).toBe('ualm, uporb_3');
  });

  test('a receiver of version 2 has six bytes of id', async () => {
    const clouds = await startClouds();
    const frame = ubxFrame(0x27, 0x03, Uint8Array.from([2, 0, 0, 0, 1, 2, 3, 4, 5, 6]));
    const answer = await askChipcode(clouds, { messages: { ...messagesOf(), 'UBX-SEC-UNIQID': hex(frame) } });
    expect(answer.status).toBe(200);
  });
});

describe('whose chipcode', () => {
  test('the same receiver gets the same one, another receiver another, also over a restart', async () => {
    const stateDir = scratch();
    const first = await startClouds({ stateDir });
    const codes = [
      await askChipcode(first),
      await askChipcode(first),
      await askChipcode(first, { messages: messagesOf('two') }),
    ].map((answer) => answer.json()['chipcode']);
    expect(codes[1]).toBe(codes[0]);
    expect(codes[2]).not.toBe(codes[0]);
    const { token } = first.description.assistnow.ztp;
    await first[Symbol.asyncDispose]();
    const second = await startClouds({ stateDir });
    expect(second.description.assistnow.ztp.token).toBe(token);
    expect((await askChipcode(second)).json()['chipcode']).toBe(codes[0]);
  });

  test('after suspicion of compromise the next call answers a new one', async () => {
    const clouds = await startClouds();
    const before = (await askChipcode(clouds)).json()['chipcode'];
    clouds.assistnow.renewChipcodes();
    const after = (await askChipcode(clouds)).json()['chipcode'];
    expect(after).not.toBe(before);
    expect((await askChipcode(clouds)).json()['chipcode']).toBe(after);
  });

  test('the account file is 0600, and a damaged one starts anew', () => {
    const file = join(scratch(), 'assistnow.json');
    const first = openAssistAccount(file);
    first.chipFor('aa');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openAssistAccount(file).chips).toEqual(first.chips);
    for (const text of [
      '',
      '{',
      'null',
      '{"version":1}',
      readFileSync(file, 'utf8').replace('"chips": [', '"chips": [1,'),
    ]) {
      writeFileSync(file, text);
      expect(openAssistAccount(file).token).not.toBe(first.token);
    }
  });
});

describe('refusals', () => {
  const body = (answer: { status: number; text: string }): unknown[] => [answer.status, JSON.parse(answer.text)];
  const damaged = (text: string): string => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  const { 'UBX-SEC-UNIQID': uniqid, 'UBX-MON-VER': version } = messagesOf();

  test.each([
    ['a wrong checksum', damaged(uniqid!)],
    ['no hex', 'zz'],
    ['half a byte', uniqid!.slice(0, -1)],
    ['an empty text', ''],
    ['a frame cut short', uniqid!.slice(0, -2)],
    ['a byte too many', `${uniqid!}00`],
    ['two frames', uniqid! + uniqid!],
    ['the poll instead of the answer', 'b562270300002aa5'],
    ['another message', version],
    ['the payload alone', uniqid!.slice(12, -4)],
    ['version 1 with six bytes of id', hex(ubxFrame(0x27, 0x03, Uint8Array.from([1, 0, 0, 0, 1, 2, 3, 4, 5, 6])))],
    ['a number', 7],
    ['nothing', undefined],
  ])('SEC-UNIQID as %s is 400', async (_, value) => {
    const clouds = await startClouds();
    const answer = await askChipcode(clouds, { messages: { 'UBX-SEC-UNIQID': value, 'UBX-MON-VER': version } });
    expect(body(answer)).toEqual([400, { errors: ['UBX-SEC-UNIQID is not a valid message'] }]);
  });

  test.each([
    ['a wrong checksum', damaged(version!)],
    ['the poll instead of the answer', 'b5620a0400000e34'],
    ['another message', uniqid],
    ['half an extension', hex(ubxFrame(0x0a, 0x04, new Uint8Array(55)))],
    ['nothing', undefined],
  ])('MON-VER as %s is 400', async (_, value) => {
    const clouds = await startClouds();
    const answer = await askChipcode(clouds, { messages: { 'UBX-SEC-UNIQID': uniqid, 'UBX-MON-VER': value } });
    expect(body(answer)).toEqual([400, { errors: ['UBX-MON-VER is not a valid message'] }]);
  });

  test('no messages, no object and no JSON are 400', async () => {
    const clouds = await startClouds();
    expect((await askChipcode(clouds, { messages: undefined })).status).toBe(400);
    const path = '/ztp/assistnow/credentials';
    expect((await ask(clouds, { path, body: '[]' })).status).toBe(400);
    expect((await ask(clouds, { path, body: 'token=1' })).status).toBe(400);
  });

  test('an unknown token is 401, the PointPerfect profile’s included; and the other way round', async () => {
    const clouds = await startClouds();
    const { assistnow, ztp } = clouds.description;
    expect((await askChipcode(clouds, { token: '01234567-89ab-cdef-0123-456789abcdef' })).status).toBe(401);
    expect((await askChipcode(clouds, { token: ztp.token })).status).toBe(401);
    expect((await provision(clouds, { token: assistnow.ztp.token })).status).toBe(401);
  });

  test.each(['not-a-uuid', '', '01234567-89AB-CDEF-0123-456789ABCDEF', 5])('token %j is 422', async (token) => {
    const clouds = await startClouds();
    expect(body(await askChipcode(clouds, { token }))).toEqual([422, { errors: ['token invalid token format'] }]);
  });

  test.each([
    ['too old', versionFrame('PROTVER=14.00'), 403],
    ['too old, in the old spelling', versionFrame('PROTVER 14.00'), 403],
    ['without a protocol version', versionFrame(), 403],
    ['of the lowest supported version', versionFrame('FWVER=SPG 3.01', 'PROTVER=15.00'), 200],
    ['as simulated', monVer(receiverProfile('zed-f9p')), 200],
  ])('a receiver %s', async (_, frame, status) => {
    const clouds = await startClouds();
    const messages = { 'UBX-SEC-UNIQID': hex(secUniqid('one', 1)), 'UBX-MON-VER': hex(frame) };
    expect((await askChipcode(clouds, { messages })).status).toBe(status);
  });

  test('by a knob every receiver is of an unsupported generation', async () => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ isReceiverSupported: false });
    expect((await askChipcode(clouds)).status).toBe(403);
    clouds.assistnow.configure({ isReceiverSupported: true, lowestProtocolVersion: 30 });
    expect((await askChipcode(clouds)).status).toBe(403);
  });

  test('off its plan is 403 with the device’s id, and works again once active', async () => {
    const clouds = await startClouds();
    clouds.assistnow.configure({ isPlanActive: false });
    const answer = await askChipcode(clouds);
    expect(answer.status).toBe(403);
    expect(answer.text).toMatch(/No plan for device device:[0-9a-f-]{36}/);
    clouds.assistnow.configure({ isPlanActive: true });
    expect((await askChipcode(clouds)).status).toBe(200);
  });

  test('head rules are those of the other path: 405, 411, 415', async () => {
    const clouds = await startClouds();
    const path = '/ztp/assistnow/credentials';
    expect((await ask(clouds, { path, method: 'GET' })).status).toBe(405);
    expect((await ask(clouds, { path, body: '{}', chunked: true })).status).toBe(411);
    expect((await ask(clouds, { path, body: '{}', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect(clouds.assistnow.ztpCalls.map((call) => call.status)).toEqual([405, 411, 415]);
    expect(clouds.ztp.calls).toEqual([]);
  });
});

describe('faults in front', () => {
  test('have a queue of their own and answer as often as pushed', async () => {
    const clouds = await startClouds();
    clouds.assistnow.pushZtpFault({ is: 'status', status: 503, body: 'later', retryAfter: '7' }, 2);
    clouds.assistnow.pushZtpFault({ is: 'truncated' });
    expect((await provision(clouds)).status).toBe(200);
    const [a, b] = [await askChipcode(clouds), await askChipcode(clouds)];
    expect([a.status, b.status, a.headers['retry-after']]).toEqual([503, 503, '7']);
    const truncated = await askChipcode(clouds);
    expect(truncated.status).toBe(200);
    expect(() => truncated.json()).toThrow();
    expect((await askChipcode(clouds)).status).toBe(200);
    expect(clouds.assistnow.ztpCalls.map((call) => call.fault)).toEqual(['status', 'status', 'truncated', undefined]);
    clouds.assistnow.pushZtpFault({ is: 'cut' });
    await expect(askChipcode(clouds)).rejects.toThrow();
  });
});
