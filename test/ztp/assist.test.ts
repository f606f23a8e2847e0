import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createFakeClock, deferred, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { HttpsResponse } from '../../src/net/index.js';
import type { Identity } from '../../src/vault/index.js';
import {
  type AssistProvisioner,
  createAssistProvisioner,
  encodeAssistRequest,
  type Prove,
  type ReceiverFrames,
  type ZtpMemory,
} from '../../src/ztp/index.js';
import { answer, DAY, fakeToken, HOUR, memorySlot, TOKEN } from './fakes.js';

const never = new AbortController().signal;
setMaxListeners(0, never);
const ASSIST_URL = 'https://api.test/ztp/assistnow/credentials';

/** A whole UBX frame; the checksum is the framer's business and stays zero. */
function ubx(cls: number, id: number, payload: Uint8Array): Uint8Array {
  const head = Buffer.from([0xb5, 0x62, cls, id, payload.length & 0xff, payload.length >> 8]);
  return Buffer.concat([head, payload, Buffer.alloc(2)]);
}
const framesOf = (unique: number, firmware = 'FWVER=HPG 1.50'): ReceiverFrames => ({
  secUniqid: ubx(0x27, 0x03, Buffer.from([1, 0, 0, 0, unique, 2, 3, 4, 5])),
  monVer: ubx(0x0a, 0x04, Buffer.from(firmware)),
});
const chipcode = (code: string): HttpsResponse =>
  answer(200, { chipcode: code, serviceUrl: 'https://assist.test/Get.ashx', allowedData: 'ualm, uporb_1' });

function assistWorld(answers: HttpsResponse[]) {
  const clock = createFakeClock();
  const w = {
    clock,
    answers,
    calls: [] as string[],
    token: fakeToken(),
    identity: memorySlot<Identity>(),
    memory: memorySlot<ZtpMemory>(),
    frames: Promise.resolve(framesOf(1)),
    prove: undefined as Prove | undefined,
    start: (): AssistProvisioner =>
      createAssistProvisioner(
        {
          http: {
            request: async (request) => {
              await request.beforeSend?.();
              w.calls.push(request.body ?? '');
              const next = w.answers.length > 1 ? w.answers.shift() : w.answers[0];
              if (!next) throw new Error('no answer prepared');
              return next;
            },
          },
          identitySlot: w.identity,
          memorySlot: w.memory,
          token: w.token.source,
          clock,
          log: silentLogger,
          random: () => 1,
          ...(w.prove ? { prove: w.prove } : {}),
        },
        { url: ASSIST_URL, receiver: { whenIdentified: () => w.frames } },
      ),
  };
  return w;
}

const code = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the request', () => {
  test('holds token and both whole frames in hex, and nothing else', () => {
    const { secUniqid, monVer } = framesOf(1);
    const body = encodeAssistRequest({
      token: new Secret('ztp-token', TOKEN.toUpperCase()),
      frames: { secUniqid, monVer },
    });
    expect(JSON.parse(body)).toEqual({
      token: TOKEN,
      messages: {
        'UBX-SEC-UNIQID': Buffer.from(secUniqid).toString('hex'),
        'UBX-MON-VER': Buffer.from(monVer).toString('hex'),
      },
    });
  });

  test.each([
    ['cut', (f: Uint8Array) => f.subarray(0, -1)],
    ['without its sync bytes', (f: Uint8Array) => f.subarray(2)],
    ['empty', () => new Uint8Array()],
    ['of another message', () => framesOf(1).monVer],
  ])('a frame that is %s is not sent', (_how, change) => {
    const frames = framesOf(1);
    const wrong = { ...frames, secUniqid: change(frames.secUniqid) };
    expect(() => encodeAssistRequest({ token: new Secret('ztp-token', TOKEN), frames: wrong })).toThrow(WaymarkError);
  });

  test('a location token is no ZTP token: it is never sent, and its credential hears of it', async () => {
    const w = assistWorld([chipcode('QUJD')]);
    w.token.replace('gQJx7-location-token');
    expect(await code(w.start().ensure({ signal: never, patience: 'once' }))).toBe('assist.wrong-kind');
    expect(w.calls).toEqual([]);
    expect(w.token.outcomes).toMatchObject([{ is: 'refused', state: 'rejected', reason: 'wrong-kind' }]);
  });
});

describe('the chipcode', () => {
  test('is asked for once, kept over restarts, and good without the service or the token', async () => {
    const w = assistWorld([chipcode('QUJD'), answer(503, '')]);
    const first = await w.start().ensure({ signal: never });
    expect(first).toMatchObject({ shape: 'chipcode', allowedData: ['ualm', 'uporb_1'] });
    await w.clock.advance(400 * DAY);
    w.token.replace(undefined);
    const again = await w.start().ensure({ signal: never });
    expect(again.chipcode.reveal()).toBe('QUJD');
    expect(w.calls).toHaveLength(1);
  });

  test('waits for the receiver to say who it is', async () => {
    const w = assistWorld([chipcode('QUJD')]);
    const shown = deferred<ReceiverFrames>();
    w.frames = shown.promise;
    const ensured = w.start().ensure({ signal: never });
    await w.clock.advance(HOUR);
    expect(w.calls).toHaveLength(0);
    shown.resolve(framesOf(1));
    await ensured;
    expect(w.calls).toHaveLength(1);
  });

  test('another receiver needs another one; a newer firmware does not', async () => {
    const w = assistWorld([chipcode('QUJD'), chipcode('REVG')]);
    const p = w.start();
    await p.ensure({ signal: never });
    await w.clock.advance(2 * HOUR);
    w.frames = Promise.resolve(framesOf(1, 'FWVER=HPG 1.51'));
    expect((await p.ensure({ signal: never })).chipcode.reveal()).toBe('QUJD');
    w.frames = Promise.resolve(framesOf(2));
    expect((await p.ensure({ signal: never })).chipcode.reveal()).toBe('REVG');
    expect(w.calls).toHaveLength(2);
  });

  test('another receiver is noticed without the token as well', async () => {
    const w = assistWorld([chipcode('QUJD')]);
    await w.start().ensure({ signal: never });
    await w.clock.advance(2 * HOUR);
    w.token.replace(undefined);
    w.frames = Promise.resolve(framesOf(2));
    expect(await code(w.start().ensure({ signal: never, patience: 'once' }))).toBe('secret.absent');
  });

  test('another token needs another one', async () => {
    const w = assistWorld([chipcode('QUJD'), chipcode('REVG')]);
    await w.start().ensure({ signal: never });
    await w.clock.advance(2 * HOUR);
    w.token.replace(TOKEN.replace('0', 'a'));
    expect((await w.start().ensure({ signal: never })).chipcode.reveal()).toBe('REVG');
  });

  test('the service’s refusal of it brings a new one at most once a day', async () => {
    const w = assistWorld([chipcode('QUJD'), chipcode('REVG')]);
    const p = w.start();
    await p.ensure({ signal: never });
    await expect(p.renew({ signal: never, reason: 'refused' })).rejects.toMatchObject({
      code: 'ztp.budget',
      retryAfterMs: DAY,
    });
    await w.clock.advance(DAY);
    const fresh = w.start();
    expect((await fresh.renew({ signal: never, reason: 'refused' })).chipcode.reveal()).toBe('REVG');
    expect(await code(fresh.renew({ signal: never, reason: 'refused' }))).toBe('ztp.budget');
    expect(w.calls).toHaveLength(2);
  });

  test('one got while the clock stood years ahead is replaced a day later all the same', async () => {
    const w = assistWorld([chipcode('QUJD'), chipcode('REVG')]);
    w.clock.stepWall(5 * 365 * DAY);
    await w.start().ensure({ signal: never });
    w.clock.stepWall(-5 * 365 * DAY);
    const p = w.start();
    await expect(p.renew({ signal: never, reason: 'refused' })).rejects.toMatchObject({ retryAfterMs: DAY });
    await w.clock.advance(DAY);
    expect((await p.renew({ signal: never, reason: 'refused' })).chipcode.reveal()).toBe('REVG');
  });

  test('is proved where a proof is given, and one refused there is not kept', async () => {
    const w = assistWorld([chipcode('QUJD')]);
    w.prove = () => Promise.reject(new WaymarkError('assist.token-refused', '403'));
    expect(await code(w.start().ensure({ signal: never, patience: 'once' }))).toBe('assist.token-refused');
    expect([w.identity.current, w.identity.next]).toEqual([undefined, undefined]);
  });
});

describe('refusals', () => {
  test('a 403 holds for an hour, then longer, like those of the other service', async () => {
    const w = assistWorld([answer(403, '')]);
    const p = w.start();
    const controller = new AbortController();
    void code(p.ensure({ signal: controller.signal }));
    await w.clock.advance(HOUR - 1000);
    expect(w.calls).toHaveLength(1);
    expect(p.status().reason?.hint).toContain('assistNow.token');
    await w.clock.advance(2 * HOUR);
    expect(w.calls).toHaveLength(2);
    controller.abort();
    await w.clock.advance(0);
  });

  test('a PointPerfect token in its place is told by the answer, and not asked with again', async () => {
    const w = assistWorld([answer(200, { certificate: 'x', clientId: 'y' })]);
    expect(await code(w.start().ensure({ signal: never, patience: 'once' }))).toBe('assist.wrong-kind');
    expect(w.token.outcomes).toMatchObject([{ is: 'refused', state: 'rejected', reason: 'wrong-kind' }]);
    expect(w.memory.current?.hold?.code).toBe('assist.wrong-kind');
  });
});
