// The module's own deviceWISE client: settings, connecting, status (specs/devicewise.md 1.2 to 1.6, 5.3 rows 1 to 12).
import { afterEach, describe, expect, test } from 'vitest';
import { deviceWise as behaving, NAMED_FAULTS } from '../../../src/sim/module/index.js';
import { createModuleDesk } from '../../../src/sim/module-desk.js';
import { deviceWiseBench, TOKEN } from './device-wise-bench.js';

const SET = `AT#DWCFG=h.example:1883,0,${TOKEN},0,60,2,0,4,5`;
const open: ReturnType<typeof deviceWiseBench>[] = [];
const made: typeof deviceWiseBench = (...args) => {
  const each = deviceWiseBench(...args);
  open.push(each);
  return each;
};
afterEach(async () => {
  for (const { module, clock, settle } of open.splice(0)) {
    await module[Symbol.asyncDispose]();
    await settle();
    expect(clock.pending).toBe(0);
  }
});
const failing = (code: string): Error => Object.assign(new Error(code), { code });

describe('settings', () => {
  test('row 1: a module without the client knows none of its commands', async () => {
    const { lines, module } = made({ hasClient: false });
    await lines('AT+CMEE=1');
    for (const line of ['AT#DWCFG=?', 'AT#DWCFG?', SET, 'AT#DWCONN=1', 'AT#DWSTATUS', 'AT#DWSENDR=5', 'AT#DWLRCV'])
      expect(await lines(line)).toEqual(['ERROR']);
    module.push(behaving({ hasClient: true }));
    expect((await lines('AT#DWCFG=?')).at(-1)).toBe('OK');
    expect(await lines('AT#DWSTATUS=?')).toEqual(['OK']);
  });
  test('rows 2 to 5: written once, read back, refused out of range', async () => {
    const { lines } = made();
    expect(await lines(SET)).toEqual(['OK']);
    expect(await lines(`AT#DWCFG=h.example,2,${TOKEN}`)).toEqual(['ERROR']);
    expect(await lines('AT#DWCFG=h.example,0,T,0,9')).toEqual(['ERROR']);
    expect(await lines('AT#DWCFG?')).toEqual([`#DWCFG: h.example:1883,0,${TOKEN},0,60,2,0,4,5,0,0,0`, 'OK']);
  });
  test('what is left out takes its default or stays, and the read form can be another', async () => {
    const { lines, module } = made();
    await lines('AT#DWCFG=h.example:1883,1,T,1,90,0,1,2,30');
    module.push(behaving({ dwcfgOmitted: 'keep', dwcfgReadForm: 'quotes' }));
    await lines('AT#DWCFG=i.example');
    expect((await lines('AT#DWCFG?'))[0]).toBe('#DWCFG: "i.example",1,"T",1,90,0,1,2,30,0,0,0');
    module.push(behaving({ dwcfgOmitted: 'default', dwcfgReadForm: 'blanks' }));
    await lines('AT#DWCFG=i.example');
    expect((await lines('AT#DWCFG?'))[0]).toBe('#DWCFG: i.example, 0, , 0, 60, 2, 0, 4, 5, 0, 0, 0');
  });
  test('remote commands are switched with up to five options', async () => {
    const { lines } = made();
    expect(await lines('AT#DWEN=0,1,a,b,c,d,e')).toEqual(['OK']);
    expect((await lines('AT#DWEN?'))[0]).toMatch(/^#DWEN: 0,1/);
    expect(await lines('AT#DWEN=0,1,a,b,c,d,e,f')).toEqual(['ERROR']);
    expect(await lines('AT#DWEN=1,1')).toEqual(['ERROR']);
  });
});

describe('connecting', () => {
  test('rows 6, 8: IMEI as user and client id, MQTT 3.1, and the module tells about itself once', async () => {
    const { lines, server, module, settle } = made();
    const { imei } = module.state.identity;
    expect(await lines('AT#DWCONN?')).toEqual(['#DWCONN: 0,0', 'OK']);
    await lines(SET);
    expect(await lines('AT#DWCONN=1')).toEqual(['OK']);
    expect(await lines('AT#DWCONN?')).toEqual(['#DWCONN: 1,2', 'OK']);
    expect(server.targets).toEqual([{ host: 'h.example', port: 1883, isTls: false }]);
    expect(server.connects).toEqual([
      { is: 'connect', level: 3, isClean: false, keepaliveS: 60, clientId: imei, userName: imei, password: TOKEN },
    ]);
    const about = { make: 'Telit', model: 'LE910C1-EUX', fwVersion: '25.21.226', remAt: false };
    expect(server.asked.map(({ n, command, params }) => [n, command, params])).toEqual([
      ['1', 'module.register', about],
    ]);
    await lines('AT#DWCONN=0');
    await lines('AT#DWCONN=1');
    expect(server.asked).toHaveLength(1);
    module.reset();
    await settle();
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 0,0');
    await lines('AT#DWCONN=1');
    expect(server.asked.map(({ n }) => n)).toEqual(['1', '1']);
  });
  test('the card number can be the thing; a heartbeat of a day overflows', async () => {
    const { connect, server, module } = made();
    await connect(`h.example:1883,1,${TOKEN},0,86400`);
    expect(server.connects[0]).toMatchObject({ userName: module.state.card.iccid, keepaliveS: 20_864 });
    expect(server.connects[0]?.clientId).toBe(module.state.identity.imei);
  });
  test('row 7: without the context it is refused, or starts and tries in vain', async () => {
    const { lines, module, server, clock } = made();
    await lines('AT+CMEE=1');
    await lines(SET);
    module.setPdpActive(false);
    expect(await lines('AT#DWCONN=1')).toEqual(['+CME ERROR: 556']);
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 0,0');
    module.push(behaving({ pdpGuard: false, errorForm: 'bare' }));
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 1,3');
    expect(await lines('AT#DWSTATUS')).toContain('#DWSTATUS: 3,-18304,-1,0,0,0,0');
    expect(server.targets).toEqual([]);
    module.setPdpActive(true);
    await clock.advance(130_000);
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 1,2');
  });
  test('rows 9, 10: a refused token fails twice at once and leaves the client started', async () => {
    const { lines, server } = made();
    server.connack = 4;
    await lines(SET);
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    expect(server.connects).toHaveLength(2);
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 1,3');
    expect(await lines('AT#DWSTATUS')).toEqual(['#DWSTATUS: 3,-18207,-1,0,0,0,0', 'OK']);
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    expect(await lines('AT#DWSEND=0,diag.ping')).toEqual(['ERROR']);
  });
  test.each([
    [1, 1],
    [2, -18205],
    [3, -18206],
    [4, -18207],
    [5, -18208],
    [9, -18203],
  ])('a refusal %i of the server is told as %i', async (connack, code) => {
    const { lines, server } = made();
    server.connack = connack;
    await lines(SET);
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch(`#DWSTATUS: 3,${code},-1,`);
  });
  test('the code of a refused token can be another one', async () => {
    const { lines, server } = made({ authFailCode: -18208 });
    server.connack = 4;
    await lines(SET);
    await lines('AT#DWCONN=1');
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18208,');
  });
  test.each([
    ['ENOTFOUND', -18315, '558'],
    ['ETIMEDOUT', -18012, '559'],
    ['ECONNREFUSED', -18304, '560'],
  ])('a server that cannot be reached: %s', async (error, code, cme) => {
    const { lines, server } = made();
    server.dialError = failing(error);
    await lines(SET);
    await lines('AT+CMEE=1');
    expect(await lines('AT#DWCONN=1')).toEqual([`+CME ERROR: ${cme}`]);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch(`#DWSTATUS: 3,${code},`);
    expect(server.targets).toHaveLength(2);
  });
  test('a server that says nothing is given up after five seconds; what is no CONNACK is refused', async () => {
    const { lines, server, clock, heard } = made();
    server.connack = undefined;
    await lines(SET);
    expect(await lines('AT#DWCONN=1')).toEqual([]);
    await clock.advance(5000);
    expect(heard()).toBe('\r\nERROR\r\n');
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 1,-18005,');
    server.raw(Buffer.from([0xd0, 0]));
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18201,');
  });
  test('row 11: stopping twice', async () => {
    const { lines, connect, server } = made();
    await connect();
    expect(await lines('AT#DWCONN=0')).toEqual(['OK']);
    expect(server.disconnects).toBe(1);
    expect(await lines('AT#DWCONN=0')).toEqual(['ERROR']);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 0,0,-1,1,1,');
  });
  test.each(['AT#DWCONN=2', 'AT#DWCONN', 'AT#DWCONN=1,1', 'AT#DWCONN=x'])('%s is an error', async (line) => {
    const { lines } = made();
    expect(await lines(line)).toEqual(['ERROR']);
  });
  describe('in the time it takes', () => {
    const slow = { latencyScale: 1, cardMs: 1, searchMs: 1, bearerMs: 1 };
    const start = async (knobs: Parameters<typeof made>[0] = {}): Promise<ReturnType<typeof made>> => {
      const it = made(knobs, slow);
      for (const line of ['ATE0', SET, 'AT']) {
        it.type(`${line}\r`);
        await it.clock.advance(1000);
      }
      it.heard();
      return it;
    };
    test('connecting takes a second, a refusal longer, stopping a little', async () => {
      const { type, heard, clock, server, module } = await start();
      type('AT#DWCONN=1\r');
      await clock.advance(790);
      expect(heard()).toBe('');
      expect(module.deviceWise.state()).toEqual({ isStarted: true, status: 1, lastError: 0, inbox: 0 });
      await clock.advance(300);
      expect(heard()).toBe('\r\nOK\r\n');
      type('AT#DWCONN=0\r');
      await clock.advance(390);
      expect(heard()).toBe('');
      await clock.advance(600);
      expect(heard()).toBe('\r\nOK\r\n');
      server.connack = 5;
      type('AT#DWCONN=1\r');
      await clock.advance(1400);
      expect(heard()).toBe('');
      await clock.advance(400);
      expect(heard()).toBe('\r\nERROR\r\n');
    });
    test('OK can come before the connection, and before its refusal', async () => {
      const { type, heard, clock, server, module } = await start({ connOkIsAsync: true });
      server.connack = 4;
      type('AT#DWCONN=1\r');
      await clock.advance(300);
      expect(heard()).toBe('\r\nOK\r\n');
      expect(module.deviceWise.state()).toMatchObject({ isStarted: true, status: 1, lastError: 0 });
      await clock.advance(5000);
      expect(module.deviceWise.state()).toMatchObject({ isStarted: true, status: 3, lastError: -18207 });
      expect(heard()).toBe('');
    });
  });
});

describe('a connection', () => {
  test('row 12: its status is asked with a round trip, and counted', async () => {
    const { lines, connect, server } = made();
    await connect();
    const [line] = await lines('AT#DWSTATUS');
    expect(line).toMatch(/^#DWSTATUS: 2,0,\d+,2,2,\d+,\d+$/);
    expect(server.asked.at(-1)?.command).toBe('diag.ping');
    const [bytesIn, bytesOut] = line!.split(',').slice(-2).map(Number);
    expect(bytesIn).toBeGreaterThan(30);
    expect(bytesOut).toBeGreaterThan(150);
  });
  test('a round trip without an answer blocks five seconds', async () => {
    const { lines, connect, server, clock, heard } = made();
    await connect();
    server.answer = () => undefined;
    expect(await lines('AT#DWSTATUS')).toEqual([]);
    await clock.advance(5000);
    expect(heard()).toMatch(/#DWSTATUS: 2,0,-18005,1,2,/);
  });
  test('from outside its connection is broken by a word, and told of', async () => {
    const { connect, module, settle } = made();
    const desk = createModuleDesk(module);
    expect(desk.state()['deviceWise']).toMatchObject({ isStarted: false, status: 0, connects: 0, losses: 0 });
    await connect();
    expect(desk.state()['deviceWise']).toMatchObject({ isStarted: true, status: 2, connects: 1, losses: 0 });
    desk.perform({ do: 'devicewise-drop', code: -18_321 });
    await settle();
    expect(desk.state()['deviceWise']).toMatchObject({ losses: 1 });
  });
  test('lost, it is made again at once and without a word', async () => {
    const { connect, server, module, settle, heard, lines } = made();
    await connect();
    module.deviceWise.drop(-18321);
    await settle();
    expect(server.connects).toHaveLength(2);
    expect(module.deviceWise.counters).toMatchObject({ connects: 2, losses: 1 });
    server.hangUp();
    await settle();
    expect(server.connects).toHaveLength(3);
    expect(heard()).toBe('');
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 2,0,');
  });
  test('lost for good, it is tried by the schedule', async () => {
    const { connect, server, module, settle, clock } = made();
    await connect();
    server.dialError = failing('ECONNREFUSED');
    server.hangUp();
    await settle();
    expect(module.deviceWise.state()).toMatchObject({ status: 3, lastError: -18304 });
    expect(server.targets).toHaveLength(2);
    await clock.advance(119_000);
    expect(server.targets).toHaveLength(2);
    await clock.advance(6000);
    expect(server.targets).toHaveLength(3);
  });
  test.each([
    [true, 2],
    [false, 1],
  ])('in mode 0 it is tried once more or never (%s)', async (retriesInModeZero, targets) => {
    const { connect, server, module, settle, clock } = made({ retriesInModeZero });
    await connect(`h.example:1883,0,${TOKEN},0,60,0`);
    server.dialError = failing('ECONNREFUSED');
    server.hangUp();
    await settle();
    await clock.advance(300_000);
    expect(server.targets).toHaveLength(targets);
    expect(module.deviceWise.state().status).toBe(3);
  });
  test('a lost context breaks it; it comes back with the context', async () => {
    const { connect, lines, module, clock } = made();
    await connect();
    module.setPdpActive(false);
    expect(await lines('AT#SGACT?')).toContain('#SGACT: 1,0');
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18323,-1,');
    await clock.advance(130_000);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18304,-1,');
    module.setPdpActive(true);
    await clock.advance(130_000);
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 1,2');
  });
  test('silence is met with two pings, and then with the end', async () => {
    const { connect, server, clock, module } = made();
    await connect();
    await clock.advance(55_000);
    expect(server.pings).toBe(0);
    await clock.advance(5000);
    expect(server.pings).toBe(1);
    server.answersPings = false;
    server.connack = undefined;
    await clock.advance(65_000);
    expect(server.pings).toBe(3);
    await clock.advance(5000);
    expect(module.deviceWise.state()).toMatchObject({ status: 1, lastError: -18012 });
  });
  test('garbage from the server breaks it', async () => {
    const { connect, server, settle, module } = made();
    await connect();
    server.raw(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]));
    await settle();
    expect(module.deviceWise.counters).toMatchObject({ connects: 2, losses: 1 });
  });
  test('a new token counts from the next connection on', async () => {
    const { connect, server, lines } = made();
    await connect();
    await lines(SET.replace(TOKEN, 'Zyxw9876Vuts5432'));
    expect(server.connects).toHaveLength(1);
    await lines('AT#DWCONN=0');
    await lines('AT#DWCONN=1');
    expect(server.connects[1]?.password).toBe('Zyxw9876Vuts5432');
  });
  test('power takes it away, the settings stay', async () => {
    const { connect, lines, module, server, settle } = made();
    await connect();
    await lines('AT#DWEN=0,1');
    module.unplugged();
    await settle();
    expect(server.disconnects).toBe(0);
    module.replugged();
    await settle();
    expect(await lines('AT#DWCONN?')).toContain('#DWCONN: 0,0');
    expect(await lines('AT#DWSTATUS')).toContain('#DWSTATUS: 0,0,-1,0,0,0,0');
    expect((await lines('AT#DWCFG?')).join()).toContain(TOKEN);
    expect((await lines('AT#DWEN?')).join()).toContain('#DWEN: 0,1');
    expect(server.connects).toHaveLength(1);
  });
});

describe('its knobs by name', () => {
  test('are taken, and refused in words', async () => {
    const { module, lines } = made();
    const args = {
      hasClient: false,
      authFailCode: -18205,
      sslSecCfgParams: 3,
      firstSeq: 65_535,
      secDataEnd: 'ctrl-z',
    };
    const remove = module.push(NAMED_FAULTS['deviceWise']!(args));
    expect(module.state.deviceWise.knobs).toMatchObject(args);
    expect(await lines('AT#DWCFG?')).toEqual(['ERROR']);
    remove();
    expect((await lines('AT#DWCFG?')).at(-1)).toBe('OK');
    expect(() => NAMED_FAULTS['deviceWise']!({ sslSecCfgParams: 5 })).toThrow('sslSecCfgParams must be');
    expect(() => NAMED_FAULTS['deviceWise']!({ authFailCode: -18206 })).toThrow('authFailCode must be one of');
    expect(() => NAMED_FAULTS['deviceWise']!({ constantMsgID: true })).toThrow('no constantMsgID');
  });
});
