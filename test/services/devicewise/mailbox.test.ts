// The mailbox: when it is looked into, what is handed on, and what is refused at once.
import { describe, expect, test } from 'vitest';
import {
  createFakeClock,
  deferred,
  type MethodCall,
  silentLogger,
  type Tr50Command,
  type Tr50Outcome,
} from '../../../src/core/index.js';
import { createMailbox, readMessage } from '../../../src/services/devicewise/mailbox.js';

const exec = (id: string, params: unknown = { method: 'report' }) => ({ id, command: 'method.exec', params });
const listing = (...messages: unknown[]): Tr50Outcome => ({ is: 'ok', params: { messages } });
const EMPTY = listing();

/** Answers checks from a list, then with nothing new; acknowledgements with success. */
function rig(...answers: (Tr50Outcome | Promise<Tr50Outcome>)[]) {
  const clock = createFakeClock();
  const asked: Tr50Command[] = [];
  const got: MethodCall[] = [];
  const mailbox = createMailbox({
    clock,
    log: silentLogger,
    async request(command) {
      asked.push(command);
      return command.command === 'mailbox.check' ? ((await answers.shift()) ?? EMPTY) : { is: 'ok', params: {} };
    },
  });
  const reading = (async () => {
    for await (const call of mailbox.methods) got.push(call);
  })();
  const ack = (id: string, outcome: Tr50Outcome = { is: 'ok', params: {} }): void =>
    mailbox.answered([{ command: 'mailbox.ack', params: { id } }], [outcome]);
  return {
    clock,
    mailbox,
    asked,
    got,
    ack,
    reading,
    checks: () => asked.filter(({ command }) => command === 'mailbox.check').length,
    ids: () => got.map(({ id }) => id),
  };
}

describe('looking', () => {
  test('as long as something new is listed; each is handed on once', async () => {
    const { mailbox, ids, checks, asked } = rig(
      listing(exec('a'), exec('b')),
      listing(exec('a'), exec('b'), exec('c')),
    );
    expect(await mailbox.check()).toBe(3);
    expect([ids(), checks()]).toEqual([['a', 'b', 'c'], 3]);
    expect(asked[0]).toEqual({ command: 'mailbox.check', params: { autoComplete: false, limit: 16 } });
    mailbox.end();
  });

  test('one look at a time; a notification meanwhile makes one more', async () => {
    const slow = deferred<Tr50Outcome>();
    const { mailbox, checks } = rig(slow.promise);
    const looks = [mailbox.check(), mailbox.check(), mailbox.check()];
    await Promise.resolve();
    expect(checks()).toBe(1);
    slow.resolve(EMPTY);
    await Promise.all(looks);
    expect(checks()).toBe(2);
    mailbox.end();
  });

  test('once all that was listed is answered, it is looked into again', async () => {
    const { mailbox, clock, ack, checks, ids } = rig(listing(exec('a'), exec('b')), EMPTY, listing(exec('c')));
    await mailbox.check();
    ack('a', { is: 'timeout' });
    ack('a');
    await clock.advance(0);
    expect(checks()).toBe(2);
    // The cloud knows nothing of it any more: as good as answered.
    ack('b', { is: 'failed', codes: [-90_008], messages: [] });
    await clock.advance(0);
    expect([checks(), ids()]).toEqual([4, ['a', 'b', 'c']]);
    mailbox.end();
  });

  test('without an answer it is looked into later, with growing pauses', async () => {
    const { mailbox, clock, checks } = rig(
      { is: 'timeout' },
      { is: 'busy', retryAfterMs: 5 },
      {
        is: 'failed',
        codes: [],
        messages: ['Too many requests'],
      },
    );
    await mailbox.check();
    await clock.advance(29_000);
    expect(checks()).toBe(1);
    await clock.advance(1000);
    expect(checks()).toBe(2);
    await clock.advance(60_000);
    expect(checks()).toBe(3);
    await clock.advance(600_000);
    expect(checks()).toBe(4);
    mailbox.end();
    expect(clock.pending).toBe(0);
  });

  test('a thousand that are no methods are refused one after the other, and what is not heard once more', async () => {
    const clock = createFakeClock();
    const left = new Set(Array.from({ length: 1000 }, (_, n) => `b${n}`));
    const counts = { open: 0, most: 0, asked: 0 };
    const mailbox = createMailbox({
      clock,
      log: silentLogger,
      async request({ command, params }) {
        counts.most = Math.max(counts.most, ++counts.open);
        await Promise.resolve();
        counts.open--;
        if (command === 'mailbox.check') return listing(...[...left].slice(0, 16).map((id) => ({ id, command: 'x' })));
        if (++counts.asked === 500) return { is: 'busy', retryAfterMs: 1000 };
        left.delete(String(params?.['id']));
        return { is: 'ok', params: {} };
      },
    });
    await mailbox.check();
    await clock.advance(60_000);
    expect([left.size, counts.most]).toEqual([0, 1]);
    mailbox.end();
  });

  test('a permission that is missing is not asked for again by itself', async () => {
    const { mailbox, clock, checks } = rig({ is: 'failed', codes: [], messages: ['Permission denied'] });
    await mailbox.check();
    await clock.advance(3_600_000);
    expect(checks()).toBe(1);
    await mailbox.check();
    expect(checks()).toBe(2);
    mailbox.end();
  });

  // Some servers list a message once a connection, some until it is acknowledged, and some more than they are asked for.
  test.each([
    ['once', 16, 64],
    ['until acknowledged', 16, 16],
    ['until acknowledged', 1000, 64],
  ])(
    'more than can wait is left where it is, and comes once there is room (listed %s, %i at once)',
    async (how, most, first) => {
      let box = Array.from({ length: 150 }, (_, n) => exec(`m${n}`));
      const clock = createFakeClock();
      const mailbox = createMailbox({
        clock,
        log: silentLogger,
        async request() {
          const listed = box.slice(0, most);
          if (how === 'once') box = box.slice(most);
          return listing(...listed);
        },
      });
      await mailbox.check();
      expect(mailbox.facts().methods).toBe(first);
      const reader = mailbox.methods[Symbol.asyncIterator]();
      const seen: string[] = [];
      while (seen.length < 150) {
        const { id } = (await reader.next()).value as MethodCall;
        seen.push(id);
        box = box.filter((one) => one.id !== id);
        mailbox.answered([{ command: 'mailbox.ack', params: { id } }], [{ is: 'ok', params: {} }]);
        await Promise.resolve();
        await clock.advance(0);
      }
      expect(seen).toEqual(Array.from({ length: 150 }, (_, n) => `m${n}`));
      mailbox.end();
    },
  );

  test('at the end nothing is asked any more, and the methods end', async () => {
    const { mailbox, checks, reading } = rig();
    mailbox.end();
    await mailbox.check();
    await reading;
    expect(checks()).toBe(0);
  });
});

describe('messages', () => {
  test('what is no method is refused at once, once', async () => {
    const { mailbox, asked, got } = rig(
      listing({ id: 'x', command: 'module.exec', params: {} }, exec('y', { method: 5 }), 'junk', { command: 'a' }),
    );
    await mailbox.check();
    expect(got).toEqual([]);
    expect(asked.filter(({ command }) => command === 'mailbox.ack')).toEqual([
      { command: 'mailbox.ack', params: { id: 'x', errorCode: 4, errorMessage: 'Unknown command' } },
      { command: 'mailbox.ack', params: { id: 'y', errorCode: 7, errorMessage: 'Malformed method call' } },
    ]);
    expect(mailbox.facts()).toEqual({ methods: 0, refusedMessages: 4 });
    mailbox.end();
  });

  test.each<[string, unknown, unknown]>([
    ['no params of its own', exec('a', { method: 'm' }), { id: 'a', method: 'm', params: {} }],
    [
      'all there is',
      exec('a', { method: 'm', thingDefKey: 'gw', params: { n: 1 } }),
      { id: 'a', method: 'm', thingDefKey: 'gw', params: { n: 1 } },
    ],
    ['a number as id', { ...exec('a'), id: 7 }, { id: '7', method: 'report', params: {} }],
    ['null as params', exec('a', { method: 'm', params: null }), { id: 'a', method: 'm', params: {} }],
    ['a strange definition', exec('a', { method: 'm', thingDefKey: {} }), { id: 'a', method: 'm', params: {} }],
  ])('a method with %s', (_, message, call) => {
    expect(readMessage(message)).toEqual({ is: 'method', call });
  });

  test.each<[string, unknown]>([
    ['no params', { id: 'a', command: 'method.exec' }],
    ['params that are a list', exec('a', [])],
    ['no method', exec('a', {})],
    ['an empty method', exec('a', { method: '' })],
    ['a method over lines', exec('a', { method: 'a\nb' })],
    ['a very long method', exec('a', { method: 'm'.repeat(129) })],
    ['a list as the method’s params', exec('a', { method: 'm', params: [1] })],
    ['another command', { id: 'a', command: 5 }],
  ])('%s is refused', (_, message) => {
    expect(readMessage(message)).toMatchObject({ is: 'bad', id: 'a' });
  });

  test.each([[null], ['text'], [[]], [{}], [{ id: '' }], [{ id: 'a b' }], [{ id: 'x'.repeat(129) }], [{ id: {} }]])(
    '%j has nobody to answer to',
    (message) => {
      expect(readMessage(message)).toEqual({ is: 'nothing' });
    },
  );
});
