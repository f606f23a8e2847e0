// What an answer of TR50 is read as, however it is written, and what its failures mean.
import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { deflated, inflated } from '../../../src/services/devicewise/deflate.js';
import {
  encodeTr50,
  MAX_REPLY_BYTES,
  outcomesOf,
  readTr50Reply,
} from '../../../src/services/devicewise/tr50-answer.js';
import { meaningOf } from '../../../src/services/index.js';

const read = (text: string, count = 1) => outcomesOf(readTr50Reply(Buffer.from(text)), count);

describe('answers by command id', () => {
  test.each<[string, string, unknown]>([
    ['bare', '{"1":{"success":true}}', { is: 'ok', params: {} }],
    ['with params', '{"1":{"success":true,"params":{"time":5}}}', { is: 'ok', params: { time: 5 } }],
    ['in other cases', '{"1":{"SUCCESS":true,"Params":{"time":5}}}', { is: 'ok', params: { time: 5 } }],
    ['as text', '{"1":{"success":"true","params":[1]}}', { is: 'ok', params: {} }],
    [
      'failed, with lists',
      '{"1":{"success":false,"errorCodes":[-90008,"-22",{}],"errorMessages":["No.",7,"Really."]}}',
      { is: 'failed', codes: [-90_008, -22], messages: ['No.', 'Really.'] },
    ],
    [
      'failed, with scalars, all lower case',
      '{"1":{"success":false,"errorcode":-5,"errormessage":"No."}}',
      { is: 'failed', codes: [-5], messages: ['No.'] },
    ],
    ['failed without a word', '{"1":{"success":false}}', { is: 'failed', codes: [], messages: [] }],
    ['failed with null', '{"1":{"success":false,"errorCodes":null}}', { is: 'failed', codes: [], messages: [] }],
    ['not answered', '{"2":{"success":true}}', { is: 'timeout' }],
    ['no object', '{"1":true}', { is: 'timeout' }],
    ['neither success nor failure', '{"1":{"success":"perhaps"}}', { is: 'timeout' }],
    ['an inherited name', '{"constructor":{"success":true}}', { is: 'timeout' }],
    ['success at the root beside answers', '{"success":true,"1":{"success":true}}', { is: 'ok', params: {} }],
  ])('%s', (_, text, outcome) => {
    expect(read(text)).toEqual([outcome]);
  });

  test('each command has its own', () => {
    const text = '{"1":{"success":true},"2":{"success":false,"errorCodes":[-90008],"errorMessages":["Not found."]}}';
    expect(read(text, 3)).toEqual([
      { is: 'ok', params: {} },
      { is: 'failed', codes: [-90_008], messages: ['Not found.'] },
      { is: 'timeout' },
    ]);
  });

  test('a failure at the root is everybody’s', () => {
    const failure = { is: 'failed', codes: [-90_000], messages: ['Session expired'] };
    const text = '{"success":false,"errorCodes":[-90000],"errorMessages":["Session expired"],"1":{"success":true}}';
    expect(read(text, 2)).toEqual([failure, failure]);
  });
});

describe('hostile answers', () => {
  test.each<[string, string]>([
    ['no JSON', '{oops'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['nothing', ''],
    ['a page', '<html>Please log in</html>'],
    ['a depth that ends whoever walks it', `${'{"1":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['a great depth of lists', '['.repeat(100_000)],
    ['too long', `{"1":{"success":true,"params":{"t":"${'x'.repeat(MAX_REPLY_BYTES)}"}}}`],
  ])('%s is nobody’s answer', (_, text) => {
    expect(readTr50Reply(Buffer.from(text)).is).toBe('malformed');
    expect(read(text)).toEqual([{ is: 'timeout' }]);
  });

  test('__proto__ is nothing but a name, and not kept', () => {
    const [outcome] = read('{"__proto__":{"success":false},"1":{"success":true,"params":{"__proto__":{"a":1},"b":2}}}');
    expect(outcome).toEqual({ is: 'ok', params: { b: 2 } });
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('texts are few, short, in one line and free of secrets', () => {
    const messages = ['token=verysecretvalue', 'a\r\nb', 'x'.repeat(5000), ...Array.from({ length: 20 }, () => 'more')];
    const [outcome] = read(JSON.stringify({ '1': { success: false, errorMessages: messages } }));
    expect(outcome).toMatchObject({ is: 'failed', messages: { length: 8, 0: 'token=[secret]', 1: 'a b' } });
    expect(outcome?.is === 'failed' && outcome.messages[2]?.length).toBe(200);
  });
});

describe('requests', () => {
  test('ids count from one, and empty params are left out', () => {
    const commands = [{ command: 'diag.ping' }, { command: 'a', params: {} }, { command: 'b', params: { k: 1 } }];
    expect(encodeTr50(commands, 1000)).toEqual({
      json: '{"1":{"command":"diag.ping"},"2":{"command":"a"},"3":{"command":"b","params":{"k":1}}}',
    });
  });

  test('what is too long, no JSON or nothing at all is not sendable', () => {
    const round: Record<string, unknown> = {};
    round['self'] = round;
    expect(encodeTr50([{ command: 'a', params: { text: 'ü'.repeat(50) } }], 100)).toEqual({
      unsendable: '142 bytes, at most 100',
    });
    expect(encodeTr50([{ command: 'a', params: round }], 100)).toEqual({ unsendable: 'no JSON' });
    expect(encodeTr50([{ command: 'a', params: { n: 1n } }], 100)).toEqual({ unsendable: 'no JSON' });
    expect(encodeTr50([], 100)).toEqual({ unsendable: 'no command' });
  });
});

describe('deflate', () => {
  const long = JSON.stringify({ text: 'again and again '.repeat(50) });

  test('both kinds are read, and what would grow beyond a reply is not', () => {
    expect(inflated(deflateSync(long))?.toString()).toBe(long);
    expect(inflated(deflateRawSync(long))?.toString()).toBe(long);
    expect(inflated(deflateSync(Buffer.alloc(MAX_REPLY_BYTES)))?.length).toBe(MAX_REPLY_BYTES);
    expect(inflated(deflateSync(Buffer.alloc(4 * MAX_REPLY_BYTES)))).toBeUndefined();
    expect(inflated(Buffer.from('plain'))).toBeUndefined();
  });

  test('only what gains by it is deflated', () => {
    expect(deflated('{"1":{"command":"diag.ping"}}')).toBeUndefined();
    expect(inflated(deflated(long) ?? Buffer.alloc(0))?.toString()).toBe(long);
  });
});

describe('what a failure means', () => {
  test.each<[string, number[], string[]]>([
    ['session', [-90_000], []],
    ['session', [-7], ['Session expired.']],
    ['session', [], ['The session is invalid']],
    ['session', [], ['Not authenticated']],
    ['permission', [], ['Permission denied.']],
    ['permission', [-3], ['You are not authorized to run this command']],
    ['permission', [-90_041], ['MFA']],
    ['weather', [], ['Operation timed out.']],
    ['weather', [], ['API rate limit exceeded']],
    ['weather', [-1], ['Too many requests']],
    ['weather', [], ['Service temporarily down']],
    ['gone', [-90_008], ['Permission denied']],
    ['gone', [-22], ['Device not found']],
    ['gone', [], ['Thing not found.']],
    ['refused', [-5], []],
    ['refused', [], []],
    ['refused', [-6], ['The value is not a number']],
    ['refused', [-6], ['Property "timeout" is not declared']],
    ['refused', [-6], ["Attribute 'permission' has a wrong type"]],
    ['refused', [-6], ['heartRate out of range']],
    ['refused', [-6], ['The timestamp has expired']],
  ])('%s: %j %j', (meaning, codes, messages) => {
    expect(meaningOf({ codes, messages })).toBe(meaning);
  });
});
