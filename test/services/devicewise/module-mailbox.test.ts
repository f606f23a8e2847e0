import { expect, test } from 'vitest';
import {
  AsyncQueue,
  createFakeClock,
  type MethodCall,
  silentLogger,
  type Tr50Command,
  type Tr50Outcome,
} from '../../../src/core/index.js';
import { createModuleMailbox } from '../../../src/services/devicewise/module-mailbox.js';

const listed = (id: string, method = 'ping', command = 'method.exec'): unknown => ({
  ...{ id, thingKey: 't', command },
  params: { method, params: { n: 1 } },
});

function bench(answer: (nth: number) => Tr50Outcome) {
  const clock = createFakeClock();
  const rung = new AsyncQueue<MethodCall>(8);
  const asked: Tr50Command[] = [];
  const mailbox = createModuleMailbox({
    ...{ clock, log: silentLogger, rung },
    request(command) {
      asked.push(command);
      return Promise.resolve(answer(asked.length));
    },
  });
  const handed: MethodCall[] = [];
  const reading = (async () => {
    for await (const call of mailbox.methods) handed.push(call);
  })();
  return { clock, rung, asked, mailbox, handed, reading };
}

const mail = (...messages: unknown[]): Tr50Outcome => ({ is: 'ok', params: { messages } });
const EMPTY = mail();

test('calls that wait are found without a ring, two at once, and again once they are answered', async () => {
  const at = bench((nth) => (nth === 1 ? mail(listed('a'), listed('b')) : nth === 2 ? mail(listed('c')) : EMPTY));
  await at.mailbox.check();
  await at.clock.advance(0);
  expect(at.handed.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(at.handed[0]).toMatchObject({ method: 'ping', params: { n: 1 } });
  at.mailbox.answered({ command: 'mailbox.ack', params: { id: 'a' } }, { is: 'ok', params: {} });
  await at.clock.advance(0);
  expect(at.asked).toHaveLength(1);
  at.mailbox.answered({ command: 'mailbox.ack', params: { id: 'b' } }, { is: 'timeout' });
  expect(at.asked).toHaveLength(1);
  at.mailbox.answered({ command: 'mailbox.ack', params: { id: 'b' } }, { is: 'ok', params: {} });
  await at.clock.advance(0);
  expect(at.handed.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  at.rung.end();
  await at.reading;
});

test('what is rung for and listed is one call; what is no call is left to the module', async () => {
  const at = bench(() => mail(listed('a'), listed('x', 'ping', 'module.exec'), 'nonsense', null));
  at.rung.push({ id: 'a', method: 'ping', params: {} });
  await at.clock.advance(0);
  await at.mailbox.check();
  await at.clock.advance(0);
  expect(at.handed.map(({ id }) => id)).toEqual(['a']);
  expect(at.asked.every(({ command }) => command === 'mailbox.check')).toBe(true);
  at.rung.end();
  await at.reading;
});

test.each<[string, Tr50Outcome]>([
  ['no answer', { is: 'timeout' }],
  ['no permission', { is: 'failed', codes: [], messages: ['Permission denied.'] }],
  ['no list', { is: 'ok', params: { messages: 'none' } }],
])('%s: it is looked into again half an hour later, and after the end never', async (_what, outcome) => {
  const at = bench(() => outcome);
  await at.mailbox.check();
  await at.clock.advance(1_700_000);
  expect(at.asked).toHaveLength(1);
  await at.clock.advance(200_000);
  expect(at.asked).toHaveLength(2);
  at.rung.end();
  await at.reading;
  await at.clock.advance(10_000_000);
  expect(at.asked).toHaveLength(2);
});
