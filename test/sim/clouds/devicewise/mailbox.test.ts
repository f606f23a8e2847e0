// Methods and other messages to a thing of the simulated deviceWISE: specs/devicewise.md 2.5 and 5.2.
import { describe, expect, test } from 'vitest';
import { bench, connect, type Speaker, SUCCESS, speak, THING } from './platform-helpers.js';

interface Message {
  id: string;
  command: string;
  thingKey: string;
  params?: Record<string, unknown>;
}

const check = ({ ask }: Speaker, params?: object): Message[] => {
  const answer = ask('mailbox.check', params);
  return answer.params?.['messages'] as Message[];
};

const GONE = { success: false, errorCodes: [-90008] };

describe('a method', () => {
  test('is handed out, reported on, and acked once', async () => {
    const all = bench();
    const { platform, ask, clock } = all;
    const rung: string[] = [];
    const stop = platform.onMailbox((thingKey) => rung.push(thingKey));
    const id = platform.method(THING, 'set_rate', { seconds: 30 }, { ackTimeoutS: 20 });
    expect(rung).toEqual([THING]);
    expect(id).toMatch(/^[0-9a-f]{24}$/);
    expect(platform.hasMail(THING)).toBe(true);
    expect(check(all)).toMatchObject([
      {
        ...{ id, thingKey: THING, command: 'method.exec' },
        params: {
          thingDefKey: 'gw_def',
          method: 'set_rate',
          params: { seconds: 30 },
          ackTimeout: 20,
          singleton: false,
        },
      },
    ]);
    expect(platform.hasMail(THING)).toBe(false);
    expect(check(all)).toEqual([]);
    await clock.advance(1000);
    expect(ask('mailbox.update', { id, msg: 'half way' })).toEqual(SUCCESS);
    expect(ask('mailbox.ack', { id, errorCode: 4, errorMessage: 'bad rate', params: { applied: 30 } })).toEqual(
      SUCCESS,
    );
    expect(platform.methodsOf(THING)).toMatchObject([
      {
        ...{ id, method: 'set_rate', state: 'acked', updates: [{ msg: 'half way' }] },
        deliveredMs: [clock.wall() - 1000],
        acked: { errorCode: 4, errorMessage: 'bad rate', params: { applied: 30 }, isLate: false, isAutomatic: false },
      },
    ]);
    expect(ask('mailbox.ack', { id })).toMatchObject(GONE);
    expect(ask('mailbox.update', { id, msg: 'x' })).toMatchObject(GONE);
    stop();
    platform.method(THING, 'again');
    expect(rung).toEqual([THING]);
  });

  test('without params has none', () => {
    const all = bench();
    all.platform.method(THING, 'reboot');
    expect(check(all)[0]?.params).not.toHaveProperty('params');
  });

  test('needs a thing that is there', () => {
    const { platform } = bench();
    expect(() => platform.method('nobody', 'reboot')).toThrow('there is no such thing');
    expect(platform.hasMail('nobody')).toBe(false);
  });

  test('is acked by its own thing only', () => {
    const all = bench();
    const other = speak(all.platform, 'other');
    const id = all.platform.method(THING, 'reboot');
    expect(check(other)).toEqual([]);
    expect(other.ask('mailbox.ack', { id })).toMatchObject(GONE);
    expect(other.ask('mailbox.ack', { id, thingKey: THING })).toMatchObject(GONE);
    expect(all.ask('mailbox.ack', { id })).toEqual(SUCCESS);
  });

  test('is done by handing it out when the thing says so', () => {
    const all = bench();
    all.platform.method(THING, 'reboot');
    expect(check(all, { autoComplete: true })).toHaveLength(1);
    connect(all.platform, { applicationId: 'application-1-of-thing-1' });
    expect(check(all)).toEqual([]);
    expect(all.platform.methodsOf(THING)).toMatchObject([{ state: 'acked', acked: { isAutomatic: true } }]);
  });

  test('stands for a later one of the same name when it is a singleton', () => {
    const all = bench();
    const first = all.platform.method(THING, 'reboot', {}, { singleton: true });
    expect(all.platform.method(THING, 'reboot', {}, { singleton: true })).toBe(first);
    expect(all.platform.method(THING, 'other', {}, { singleton: true })).not.toBe(first);
    all.ask('mailbox.ack', { id: first });
    expect(all.platform.method(THING, 'reboot', {}, { singleton: true })).not.toBe(first);
  });
});

describe('what was handed out and not acked', () => {
  const again = (platform: ReturnType<typeof bench>['platform']): number =>
    connect(platform, { applicationId: 'application-1-of-thing-1' });

  test('comes again after a new connection', () => {
    const all = bench();
    const id = all.platform.method(THING, 'reboot');
    expect([check(all).length, check(all).length]).toEqual([1, 0]);
    expect(again(all.platform)).toBe(0);
    expect(all.platform.hasMail(THING)).toBe(true);
    expect(check(all)).toMatchObject([{ id }]);
    expect(all.platform.methodsOf(THING)[0]?.deliveredMs).toHaveLength(2);
  });

  test('comes with every check, or never again', () => {
    const all = bench({ redelivery: 'every-check' });
    all.platform.method(THING, 'reboot');
    expect([check(all).length, check(all).length]).toEqual([1, 1]);
    all.platform.configure({ redelivery: 'never' });
    again(all.platform);
    expect(check(all)).toEqual([]);
  });
});

describe('time to live', () => {
  test('is that of the ack unless it is said; -1 is for ever', async () => {
    const all = bench();
    const { platform, clock } = all;
    const soon = platform.method(THING, 'soon', {}, { ackTimeoutS: 10 });
    const long = platform.method(THING, 'long', {}, { ackTimeoutS: 10, ttlS: 100 });
    const ever = platform.method(THING, 'ever', {}, { ttlS: -1 });
    await clock.advance(10_000);
    expect(check(all).map(({ id }) => id)).toEqual([long, ever]);
    await clock.advance(86_400_000);
    expect(platform.methodsOf(THING).map(({ id, state }) => [id, state])).toEqual([
      [soon, 'expired'],
      [long, 'expired'],
      [ever, 'delivered'],
    ]);
  });

  test('over, the ack is refused, or taken as a late one', async () => {
    const all = bench();
    const { platform, ask, clock } = all;
    const id = platform.method(THING, 'slow', {}, { ackTimeoutS: 5 });
    check(all);
    await clock.advance(5000);
    expect(ask('mailbox.ack', { id })).toMatchObject(GONE);
    platform.configure({ expiredAck: 'accepted' });
    expect(ask('mailbox.ack', { id })).toEqual(SUCCESS);
    expect(platform.methodsOf(THING)).toMatchObject([{ state: 'acked', acked: { errorCode: 0, isLate: true } }]);
  });

  test('longer than the caller waits, a late ack is still taken', async () => {
    const { platform, ask, clock } = bench();
    const id = platform.method(THING, 'slow', {}, { ackTimeoutS: 5, ttlS: 60 });
    await clock.advance(6000);
    expect(ask('mailbox.ack', { id })).toEqual(SUCCESS);
    expect(platform.methodsOf(THING)[0]?.acked?.isLate).toBe(true);
  });
});

describe('the mailbox', () => {
  test('hands out no more than is asked for', () => {
    const all = bench({ mailboxLimit: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) all.platform.method(THING, name);
    expect(check(all, { limit: 1 }).map(({ params }) => params?.['method'])).toEqual(['a']);
    expect(check(all, { limit: 0 })).toHaveLength(3);
    expect(check(all, { limit: 50 })).toHaveLength(1);
    expect(all.platform.things.get(THING)?.waiting).toBe(5);
  });

  test('holds two hundred; the eldest makes room', () => {
    const { platform } = bench();
    const ids = Array.from({ length: 201 }, (_, at) => platform.method(THING, `m${at}`));
    const expired = platform.methodsOf(THING).filter(({ state }) => state === 'expired');
    expect(expired.map(({ id }) => id)).toEqual([ids[0]]);
    expect(new Set(ids).size).toBe(201);
  });

  test('takes other commands and nonsense as they are', () => {
    const all = bench();
    all.platform.mail(THING, 'diag.ping');
    all.platform.mail(THING, 'module.exec', { timeout: 5, input: 'x' });
    all.platform.mail(THING, 'nonsense', [1, 'two']);
    expect(check(all)).toMatchObject([
      { command: 'diag.ping' },
      { command: 'module.exec', params: { timeout: 5, input: 'x' } },
      { command: 'nonsense', params: [1, 'two'] },
    ]);
  });

  test('a thing calls another one', () => {
    const all = bench();
    const other = speak(all.platform, 'other');
    const { params } = all.ask('method.exec', {
      thingKey: 'other',
      method: 'say',
      params: { text: 'hi' },
      ackTimeout: -1,
    });
    expect(check(other)).toMatchObject([{ id: params?.['id'], params: { method: 'say', params: { text: 'hi' } } }]);
    expect(all.ask('mailbox.send', { command: 'diag.ping', thingKey: 'other' }).success).toBe(true);
    expect(all.ask('method.exec', { thingKey: 'nobody', method: 'say' })).toMatchObject(GONE);
    expect(all.ask('method.exec', { thingKey: 'other', method: 'say', ackTimeout: 301 }).success).toBe(false);
    expect(all.ask('method.exec', { method: 'say' }).success).toBe(false);
  });

  test('refuses what is malformed', () => {
    const { ask } = bench();
    expect(ask('mailbox.ack').success).toBe(false);
    expect(ask('mailbox.ack', { id: 'x', errorCode: 'four' }).success).toBe(false);
    expect(ask('mailbox.check', { limit: -1 }).success).toBe(false);
    expect(ask('mailbox.check', { autoComplete: 'perhaps' }).success).toBe(false);
    expect(ask('mailbox.update', { id: 'x' }).success).toBe(false);
  });
});
