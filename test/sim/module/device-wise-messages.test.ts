// What the module's deviceWISE client sends, and what waits in its inbox (specs/devicewise.md 1.7 to 1.9, 5.3 rows 13 to 29).
import { describe, expect, test } from 'vitest';
import { deviceWise as behaving } from '../../../src/sim/module/index.js';
import { linesOf } from './bench.js';
import { type DeviceWiseBench, deviceWiseBench } from './device-wise-bench.js';

const ID = '650f0000000000000000a001';
const GOOD = { success: true };

async function connected(...args: Parameters<typeof deviceWiseBench>): Promise<DeviceWiseBench> {
  const made = deviceWiseBench(...args);
  await made.connect();
  return made;
}

/** Puts messages into the thing's mailbox and tells the module. */
async function mail({ server, settle }: DeviceWiseBench, ...messages: readonly unknown[]): Promise<void> {
  let waiting = messages;
  server.answer = ({ command }) => {
    if (command !== 'mailbox.check') return GOOD;
    const params = { messages: waiting };
    waiting = [];
    return { success: true, params };
  };
  server.say('notify/mailbox_activity', '{}');
  await settle();
}
const call = (method: string, params?: unknown, id = ID) => ({
  id,
  thingKey: 't',
  command: 'method.exec',
  params: { method, thingDefKey: 'gw_def', ...(params === undefined ? {} : { params }) },
});
const acks = ({ server }: DeviceWiseBench) =>
  server.asked.filter(({ command }) => command === 'mailbox.ack').map(({ params }) => params);

describe('the delimited form', () => {
  test('rows 13, 14: printed id, number on the wire, ring, fetched once', async () => {
    const { lines, server } = await connected();
    expect(await lines('AT#DWSEND=0,property.publish,key,temp,value,22.5')).toEqual([
      '#DWSEND: 2',
      'OK',
      '#DWRING: 1,2,2',
    ]);
    expect(server.asked[1]?.text).toBe(
      '{"1":{"command":"property.publish","params":{"key":"temp","value":22.500000}}}',
    );
    expect(await lines('AT#DWRCV=2')).toEqual(['#DWDATA: 2,0,2,OK', 'OK']);
    expect(await lines('AT#DWRCV=2')).toEqual(['ERROR']);
  });
  test.each([
    ['row 15', '0,property.publish,key,temp,value', '-18108'],
    ['row 16', '0,property.publish,key,,value,1', '-18108'],
    ['no command', '0', '-18001'],
    ['nothing', '', '-18001'],
    ['another type', '7,a', '-18102'],
    ['no method', '1,thing,5', '-18001'],
    ['uneven for a method', '1,thing,5,run,0,k', '-18108'],
    ['no message', '2,id', '-18001'],
    ['no text', `3,${ID},4`, '-18001'],
    ['uneven for an acknowledgement', `3,${ID},0,k`, '-18108'],
    ['no code', `3,${ID}`, '-18001'],
    ['33 tokens', `0,cmd${',k'.repeat(31)}`, '-19001'],
  ])('%s is an error, and nothing is sent', async (_, text, code) => {
    const { lines, server, module } = await connected();
    expect(await lines(`AT#DWSEND=${text}`)).toEqual(['ERROR']);
    module.push(behaving({ failedLine: true }));
    expect(await lines(`AT#DWSEND=${text}`)).toEqual([`#DWSEND: Failed: ${code}`, 'ERROR']);
    expect(server.asked).toHaveLength(1);
  });
  test.each([
    ['row 17', 'location.publish,lat,26.394056,lng,-80.11554', { lat: 26.394056, lng: '-80.11554' }],
    ['row 18', 'thing.attr.set,key,note,value,"a,b"', { key: 'note', value: 'a,b' }],
    ['row 19', 'thing.attr.set,key,serial,value,"00123"', { key: 'serial', value: '00123' }],
    ['unquoted zeros', 'c,a,00123', { a: 123 }],
    ['two dots', 'c,a,1.2.3', { a: 1.2 }],
    ['beyond 32 bits', 'c,a,3000000000', { a: -1294967296 }],
    ['words', 'c,a,true,b,+5,d,1e3,e,null', { a: 'true', b: '+5', d: '1e3', e: 'null' }],
    ['dots alone', 'c,a,.,b,.5,d,7.', { a: 0, b: 0.5, d: 7 }],
    ['text in UTF-8', 'c,a,Größe', { a: 'Größe' }],
    ['quotes inside', 'c,a,x"y,b,"z', { a: 'x"y', b: '"z' }],
    ['an empty quoted value', 'c,a,""', { a: '' }],
    ['a long quoted value with a comma', `c,a,"b,${'x'.repeat(258)}"`, { a: 'b,xx' }],
    ['a long quoted value without one', `c,a,"${'x'.repeat(260)}"`, { a: 'x'.repeat(260) }],
  ])('%s', async (_, text, params) => {
    const { server, settle, type } = await connected();
    type(`${Buffer.from(`AT#DWSEND=0,${text}`).toString('latin1')}\r`);
    await settle();
    expect(server.asked.at(-1)?.params).toEqual(params);
  });
  test('a command without parameters, a method of another thing, progress', async () => {
    const { lines, server } = await connected();
    await lines('AT#DWSEND=0,diag.time');
    expect(await lines('AT#DWSEND=1,other,30,run,1,k,5')).toContain('#DWSEND: 3');
    expect(await lines(`AT#DWSEND=2,${ID},half way`)).toEqual(['#DWSEND: 0', 'OK']);
    expect(server.asked.slice(1).map(({ command, params }) => [command, params])).toEqual([
      ['diag.time', undefined],
      ['method.exec', { thingKey: 'other', ackTimeout: 30, method: 'run', singleton: true, params: { k: 5 } }],
      ['mailbox.update', { id: ID, msg: 'half way' }],
    ]);
  });
  test('parameters of a reply are flattened', async () => {
    const { lines, server } = await connected();
    const params = { a: 1, o: { x: 1 }, f: 22.5, t: true, s: 'Hello, world', n: 1767323045000, u: null };
    server.answer = () => ({ success: true, params });
    const flat = 'a,1,o,,f,22.500000,t,true,s,Hello, world,n,1767323045000.000000,u,';
    await lines('AT#DWSEND=0,diag.time');
    expect(await lines('AT#DWRCV=2')).toEqual([`#DWDATA: 2,0,${flat.length},${flat}`, 'OK']);
  });
  test('rows 20, 23: a failure is its first text alone', async () => {
    const { lines, server } = await connected();
    server.answer = () => ({ success: false, errorCodes: [-90008], errorMessages: ['Thing not found.', 'x'] });
    expect(await lines('AT#DWSEND=0,property.publish,key,a,value,1')).toContain('#DWRING: 1,2,24');
    expect(await lines('AT#DWRCV=2')).toContain('#DWDATA: 2,1,24,Failed: Thing not found.');
    server.answer = () => ({ success: false });
    await lines('AT#DWSEND=0,diag.ping');
    expect(await lines('AT#DWRCV=3')).toContain('#DWDATA: 3,1,23,Failed without message.');
  });
  test('a failure at the root, in any case of its names; bytes that are nothing', async () => {
    const { lines, server, settle } = await connected();
    server.answer = () => undefined;
    await lines('AT#DWSEND=0,diag.ping');
    server.say('reply/2', '{"Success":false,"ErrorMessages":["Größe"]}');
    await settle();
    expect((await lines('AT#DWRCV=2'))[0]).toBe(`#DWDATA: 2,1,15,Failed: ${Buffer.from('Größe').toString('latin1')}`);
    await lines('AT#DWSEND=0,diag.ping');
    server.say('reply/3', 'oops');
    await settle();
    expect((await lines('AT#DWRCV=3'))[0]).toBe('#DWDATA: 3,1,23,Failed without message.');
  });
  test('row 21: half a minute without an answer is one, too', async () => {
    const { lines, server, clock, heard, settle } = await connected();
    server.answer = () => undefined;
    await lines('AT#DWSEND=0,diag.ping');
    await clock.advance(29_999);
    expect(heard()).toBe('');
    await clock.advance(1);
    expect(heard()).toBe('\r\n#DWRING: 1,2,28\r\n');
    server.say('reply/2', '{"1":{"success":true}}');
    await settle();
    expect(heard()).toBe('');
    expect(await lines('AT#DWRCV=2')).toContain('#DWDATA: 2,1,28,Failed: Operation timed out.');
  });
  test('an answer behind its time can ring once more', async () => {
    const { lines, server, clock, heard, settle } = await connected({ lateReply: 'deliver', replyTimeoutMs: 1000 });
    server.answer = () => undefined;
    await lines('AT#DWSEND=0,diag.ping');
    await clock.advance(1000);
    server.say('reply/2', '{"1":{"success":true}}');
    await settle();
    expect(linesOf(heard())).toEqual(['#DWRING: 1,2,28', '#DWRING: 1,2,2']);
    server.say('reply/2', '{"1":{"success":true}}');
    await settle();
    expect(heard()).toBe('');
  });
  test('nothing is sent while stopped, and an id is used up while not connected', async () => {
    const { lines, server, module, settle } = await connected();
    module.push(behaving({ failedLine: true }));
    server.dialError = new Error('gone');
    server.hangUp();
    await settle();
    expect(await lines('AT#DWSEND=0,diag.ping')).toEqual(['#DWSEND: Failed: -18010', 'ERROR']);
    await lines('AT#DWCONN=0');
    expect(await lines('AT#DWSEND=0,diag.ping')).toEqual(['#DWSEND: Failed: -18003', 'ERROR']);
    server.dialError = undefined;
    await lines('AT#DWCONN=1');
    expect(await lines('AT#DWSEND=0,diag.ping')).toContain('#DWSEND: 3');
  });
});

describe('the raw form', () => {
  test('row 22: a prompt without a line end, counted bytes, the reply as it is', async () => {
    const { type, heard, settle, lines, server, clock } = await connected();
    type('AT#DWSENDR=29\r');
    await settle();
    expect(heard()).toBe('\r\n> ');
    type('{"1":{"command":"diag.ping"}');
    await clock.advance(5000);
    expect(heard()).toBe('');
    type('}');
    await settle();
    expect(linesOf(heard())).toEqual(['#DWSENDR: 2', 'OK', '#DWRING: 2,2,22']);
    expect(server.asked.at(-1)?.text).toBe('{"1":{"command":"diag.ping"}}');
    expect(await lines('AT#DWRCV=2')).toEqual(['ERROR']);
    expect(await lines('AT#DWRCVR=2')).toEqual(['#DWRDATA: 2,0,22,{"1":{"success":true}}', 'OK']);
  });
  test('row 23: another command id is carried out and called a failure', async () => {
    const { sendRaw, lines, server, settle } = await connected();
    server.answer = () => undefined;
    await sendRaw('{"cmd":{"command":"diag.ping"}}');
    server.say('reply/2', '{"cmd":{"success":true}}');
    await settle();
    expect(await lines('AT#DWRCVR=2')).toContain('#DWRDATA: 2,1,23,Failed without message.');
  });
  test.each(['not JSON!!', '12345', '"text"', 'null', '[1,2]'])('row 24: %s is an error', async (text) => {
    const { sendRaw, server, module } = await connected();
    expect(await sendRaw(text)).toEqual(['ERROR']);
    module.push(behaving({ failedLine: true }));
    expect(await sendRaw(text)).toEqual(['#DWSENDR: Failed: -18007', 'ERROR']);
    expect(server.asked).toHaveLength(1);
  });
  test.each(['1501', '0', '', 'x', '5,5'])('row 25: a length of "%s" gets no prompt', async (length) => {
    const { lines } = await connected();
    expect(await lines(`AT#DWSENDR=${length}`)).toEqual(['ERROR']);
    expect(await lines('AT')).toEqual(['OK']);
  });
  test('ESC gives it up; what is typed can come back; a ring waits for its end', async () => {
    const { type, heard, settle, lines, module, server } = await connected();
    type('AT#DWSENDR=20\r{"1"');
    module.urc('#DWRING: 1,9,2');
    await settle();
    expect(heard()).toBe('\r\n> ');
    type('\x1b');
    await settle();
    expect(linesOf(heard())).toEqual(['ERROR', '#DWRING: 1,9,2']);
    expect(await lines('AT')).toEqual(['OK']);
    module.push(behaving({ echoesPayload: true }));
    type('AT#DWSENDR=2\r{}');
    await settle();
    expect(heard()).toMatch(/^\r\n> \{\}\r\n#DWSENDR: 2/);
    expect(server.asked.at(-1)?.text).toBe('{}');
  });
  test('bytes are counted, not characters; numbers lose what they lose', async () => {
    const { sendRaw, server } = await connected();
    const params = {
      a: 1700000000.5,
      b: 26.39405678,
      c: -80.1,
      d: 1767323045000,
      e: 1e-7,
      f: 'ü',
      g: [true, null],
      h: 3,
    };
    await sendRaw(JSON.stringify({ 1: { command: 'c', params } }));
    expect(server.asked.at(-1)?.text).toBe(
      '{"1":{"command":"c","params":{"a":1.700000e+09,"b":26.394057,"c":-80.100000,"d":1767323045000,' +
        '"e":1.000000e-07,"f":"ü","g":[true,null],"h":3}}}',
    );
  });
});

describe('the inbox', () => {
  test('holds twenty; what comes then is dropped without a ring', async () => {
    const { lines, server } = await connected();
    let rings = 0;
    for (let i = 0; i < 23; i++)
      if ((await lines('AT#DWSEND=0,diag.ping')).some((line) => line.startsWith('#DWRING'))) rings++;
    expect(rings).toBe(20);
    expect(server.asked).toHaveLength(24);
    expect((await lines('AT#DWLRCV'))[0]).toMatch(/^#DWLRCV: 20,2,2,3,2,.*,21,2$/);
    await lines('AT#DWRCV=2');
    expect(await lines('AT#DWSEND=0,diag.ping')).toContain('#DWRING: 1,25,2');
  });
  test('row 29: is listed', async () => {
    const made = await connected({ firstSeq: 10 });
    expect(await made.lines('AT#DWLRCV')).toEqual(['#DWLRCV: 0', 'OK']);
    await made.lines('AT#DWSEND=0,diag.ping');
    await made.sendRaw('{"1":{"command":"diag.ping"}}');
    expect(await made.lines('AT#DWLRCV')).toEqual(['#DWLRCV: 2,11,2,12,22', 'OK']);
  });
  test.each([
    ['error', ['ERROR'], ['ERROR']],
    ['text', ['#DWDATA: Failed : -18103', 'OK'], ['#DWRDATA: Failed : -18104', 'OK']],
    ['bare', ['Failed : -18103', 'OK'], ['Failed : -18104', 'OK']],
  ] as const)('a fetch of nothing, and of a reply in the other form: %s', async (unknownIdAnswer, unknown, other) => {
    const { lines } = await connected({ unknownIdAnswer });
    expect(await lines('AT#DWRCV=77')).toEqual(unknown);
    await lines('AT#DWSEND=0,diag.ping');
    expect(await lines('AT#DWRCVR=2')).toEqual(other);
    expect(await lines('AT#DWRCV=2')).toContain('#DWDATA: 2,0,2,OK');
    expect(await lines('AT#DWRCV=x')).toEqual(['ERROR']);
  });
  test('every reply can have id 1, and the first goes first', async () => {
    const { lines, sendRaw } = await connected({ constantMsgId: true });
    expect(await lines('AT#DWSEND=0,diag.ping')).toEqual(['#DWSEND: 2', 'OK', '#DWRING: 1,1,2']);
    expect(await sendRaw('{"1":{"command":"diag.ping"}}')).toEqual(['#DWSENDR: 3', 'OK', '#DWRING: 2,1,22']);
    expect(await lines('AT#DWRCV=1')).toContain('#DWDATA: 1,0,2,OK');
    expect(await lines('AT#DWRCVR=1')).toContain('#DWRDATA: 1,0,22,{"1":{"success":true}}');
  });
  test('ids end at 65536 and begin again', async () => {
    const { lines, module } = await connected();
    module.push(behaving({ firstSeq: 65_536 }));
    expect(await lines('AT#DWSEND=0,diag.ping')).toContain('#DWSEND: 65536');
    expect(await lines('AT#DWSEND=0,diag.ping')).toContain('#DWRING: 1,1,2');
    expect(await lines('AT#DWRCV=65536')).toContain('#DWDATA: 65536,0,2,OK');
  });
});

describe('methods called by the cloud', () => {
  test('row 26: ring in the delimited form, and the acknowledgement', async () => {
    const made = await connected();
    await mail(made, call('set_rate', { seconds: 30 }));
    expect(linesOf(made.heard())).toEqual(['#DWRING: 3,3,51']);
    expect(await made.lines('AT#DWRCVR=3')).toEqual(['ERROR']);
    expect(await made.lines('AT#DWRCV=3')).toEqual([`#DWDATA: 3,0,51,${ID},gw_def,set_rate,seconds,30`, 'OK']);
    // The mailbox is looked into until there is nothing more.
    expect(made.server.asked.map(({ n, command }) => `${n} ${command}`).slice(1)).toEqual([
      '2 mailbox.check',
      '4 mailbox.check',
    ]);
    expect(await made.lines(`AT#DWSEND=3,${ID},0,applied,30`)).toEqual(['#DWSEND: 0', 'OK']);
    expect(await made.lines(`AT#DWSEND=3,${ID},0`)).toEqual(['#DWSEND: 0', 'OK']);
    // Row 28.
    made.module.push(behaving({ ackPrintsFailed0: true }));
    expect(await made.lines(`AT#DWSEND=3,${ID},4,bad rate`)).toEqual(['#DWSEND: Failed: 0', 'OK']);
    expect(acks(made)).toEqual([
      { id: ID, params: { applied: 30 } },
      { id: ID },
      { id: ID, errorCode: 4, errorMessage: 'bad rate' },
    ]);
    expect(await made.lines('AT#DWLRCV')).toContain('#DWLRCV: 0');
  });
  test('row 27: text comes as it is, commas, line ends and all', async () => {
    const made = await connected();
    await mail(made, call('say', { text: 'Hello, world\r\nOK\r\n' }));
    const data = `${ID},gw_def,say,text,Hello, world\r\nOK\r\n`;
    made.heard();
    made.type('AT#DWRCV=3\r');
    await made.settle();
    expect(made.heard()).toBe(`\r\n#DWDATA: 3,0,${data.length},${data}\r\n\r\nOK\r\n`);
  });
  test('without parameters it is lost, or comes without any', async () => {
    const made = await connected();
    await mail(made, call('reboot'), { id: 'x', command: 'method.exec', params: { method: 'm', params: {} } });
    expect(made.heard()).toBe('');
    expect(acks(made)).toEqual([]);
    made.module.push(behaving({ dropParamless: false }));
    await mail(made, call('reboot'));
    expect(await made.lines('AT#DWRCV=5')).toContain(`#DWDATA: 5,0,38,${ID},gw_def,reboot`);
  });
  test('with a full inbox it is refused', async () => {
    const made = await connected();
    const calls = Array.from({ length: 21 }, (_, i) => call('m', { i }, `id${i}`));
    await mail(made, ...calls);
    expect(acks(made)).toEqual([{ id: 'id20', errorCode: -18101, errorMessage: 'Inbox is full.' }]);
  });
  test('a message that stays in the mailbox is handed on once a look', async () => {
    const made = await connected();
    made.server.answer = ({ command }) =>
      command === 'mailbox.check' ? { success: true, params: { messages: [call('m', { a: 1 })] } } : GOOD;
    made.server.say('notify/mailbox_activity', '{}');
    await made.settle();
    expect(linesOf(made.heard())).toHaveLength(1);
    made.server.say('notify/mailbox_activity', '{}');
    await made.settle();
    expect(linesOf(made.heard())).toHaveLength(1);
  });
  test('what the client answers itself', async () => {
    const made = await connected();
    await mail(
      made,
      { id: 'a', command: 'diag.ping' },
      { id: 'b', command: 'module.diag' },
      { id: 'c', command: 'module.exec', params: { input: 'AT+CGMM' } },
      { id: 'd', command: 'thing.dance' },
      'no message',
      { command: 'diag.ping' },
    );
    expect(made.heard()).toBe('');
    expect(acks(made)).toEqual([
      { id: 'a' },
      { id: 'b', params: { memory: 65_536, bytesIn: expect.any(Number), bytesOut: expect.any(Number), reconnects: 0 } },
      { id: 'c', errorCode: -18004, errorMessage: 'Unknown command' },
      { id: 'd', errorCode: -18004, errorMessage: 'Unknown command' },
    ]);
  });
  test('commands by the air are carried out when that is on, one at a time', async () => {
    const made = await connected();
    await made.lines('AT#DWEN=0,1');
    const exec = (id: string, input: string, timeout = 5) => ({
      id,
      command: 'module.exec',
      params: { input, timeout },
    });
    await mail(made, exec('a', 'AT+CGMM'), exec('b', 'AT#DWSTATUS', 60), exec('c', 'AT'));
    expect(acks(made)).toEqual([
      { id: 'a', params: { output: 'LE910C1-EUX\r\n\r\nOK' } },
      { id: 'c', errorCode: -18109, errorMessage: 'Remote AT is running.' },
      { id: 'b', params: { output: expect.stringMatching(/^#DWSTATUS: 2,0,/) } },
    ]);
    await mail(made, exec('d', 'rm -rf'), exec('e', 'AT+CMGS="+1"'), exec('f', 'AT#DWSENDR=5'));
    expect(acks(made).slice(3)).toEqual([
      { id: 'd', errorCode: -18107, errorMessage: 'Remote AT failed.' },
      { id: 'e', params: { output: expect.any(String) } },
      { id: 'f', params: { output: 'ERROR' } },
    ]);
    made.server.answer = ({ command }) =>
      command === 'mailbox.check' ? { success: true, params: { messages: [exec('g', 'AT#DWSTATUS', 2)] } } : undefined;
    made.server.say('notify/mailbox_activity', '{}');
    await made.settle();
    await made.clock.advance(2000);
    expect(acks(made).at(-1)).toEqual({ id: 'g', errorCode: -18107, errorMessage: 'Remote AT failed.' });
  });
});
