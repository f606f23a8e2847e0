import { describe, expect, test } from 'vitest';
import { Secret, scrubber } from '../../src/core/index.js';
import {
  accessPoint,
  answerPrefix,
  cellLocateServer,
  cellLocateToken,
  deviceWiseServer,
  deviceWiseToken,
  numeral,
  quoted,
} from '../../src/modem/command.js';
import { encodeDeviceWise, parseDwcfg, sameParameters, writeCommand } from '../../src/modem/index.js';
import { commandLimitMs } from '../../src/modem/limits.js';

const injection = (fn: () => unknown): void => {
  expect(fn).toThrow(expect.objectContaining({ code: 'modem.injection' }));
};

describe('encoders refuse what could end or chain a line', () => {
  test('strings: no control, delete, quote, semicolon, backslash, non-ASCII', () => {
    for (let code = 0; code < 0x180; code++) {
      const value = `a${String.fromCharCode(code)}b`;
      const allowed = code >= 0x20 && code < 0x7f && !'";\\'.includes(String.fromCharCode(code));
      if (allowed) expect(quoted(value, 'x')).toBe(`"${value}"`);
      else injection(() => quoted(value, 'x'));
    }
    injection(() => quoted('a'.repeat(257), 'x'));
  });

  test('numbers: whole and in range', () => {
    expect(numeral(3, 1, 16, 'x')).toBe('3');
    for (const value of [0, 17, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) injection(() => numeral(value, 1, 16, 'x'));
  });

  test('access points', () => {
    expect(accessPoint('iot.1nce.net')).toBe('"iot.1nce.net"');
    expect(accessPoint('')).toBe('""');
    for (const bad of ['a b', 'x",1;+CFUN=0', '.a', 'a-', 'é', 'a'.repeat(101)]) injection(() => accessPoint(bad));
  });

  test('deviceWISE servers get their port written out', () => {
    expect(deviceWiseServer('api.example.com', 1)).toBe('api.example.com:8883');
    expect(deviceWiseServer('api.example.com', 0)).toBe('api.example.com:1883');
    expect(deviceWiseServer('api.example.com:1884', 1)).toBe('api.example.com:1884');
    for (const bad of ['', 'a b', 'a:0', 'a:70000', 'a:b', 'a,b', 'a"b', 'a\r:1'])
      injection(() => deviceWiseServer(bad, 1));
  });

  test('CellLocate servers are host names in quotes', () => {
    expect(cellLocateServer('cell-live1.services.u-blox.com')).toBe('"cell-live1.services.u-blox.com"');
    for (const bad of ['', 'a b', 'a:80', 'http://a', 'a"', 'a;b', '-a', 'a-', 'a\r', 'é', 'a'.repeat(254)])
      injection(() => cellLocateServer(bad));
  });

  test('a CellLocate token that AT+UGSRV cannot carry is refused without being shown', () => {
    expect(cellLocateToken(new Secret('location-token', 'Ab-cd_ef.123'))).toEqual({
      text: '"Ab-cd_ef.123"',
      value: 'Ab-cd_ef.123',
    });
    for (const bad of ['', 'ab,cd', 'ab"cd', 'ab;cd', 'ab\\cd', 'ab cd', 'abcd\r', 'é', 'x'.repeat(129)])
      try {
        cellLocateToken(new Secret('location-token', bad));
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'modem.injection', hint: expect.stringContaining('Thingstream') });
        if (bad.length > 1) expect(String(error)).not.toContain(bad);
      }
  });

  test('a token AT#DWCFG cannot carry is refused with the other road offered and without itself', () => {
    expect(deviceWiseToken(new Secret('app-token', 'Abcd1234Efgh5678'))).toBe('Abcd1234Efgh5678');
    for (const bad of ['', 'ab,cd', 'ab"cd', 'ab;cd', 'ab\\cd', 'ab cd', 'abcd\r', 'é', 'x'.repeat(257)])
      try {
        deviceWiseToken(new Secret('app-token', bad));
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'modem.injection', hint: expect.stringContaining('MQTT') });
        if (bad.length > 1) expect(String(error)).not.toContain(bad);
      }
  });
});

const OPTIONS = {
  server: 'api.example.com:8883',
  deviceIdSelector: 0,
  appToken: new Secret('app-token', 'Abcd1234Efgh5678'),
  security: 1,
  heartbeatSeconds: 60,
  autoReconnect: 2,
  overflowHandling: 0,
  atrunInstanceId: 4,
  serviceTimeoutSeconds: 5,
} as const;

describe('AT#DWCFG', () => {
  test('all nine parameters are written, and the shown form has no token', () => {
    const command = writeCommand(encodeDeviceWise(OPTIONS));
    expect(command.text).toBe('AT#DWCFG=api.example.com:8883,0,Abcd1234Efgh5678,1,60,2,0,4,5');
    expect(command.shown).not.toContain('Abcd1234');
  });

  test('each of the nine makes a difference, reserved ones and writing do not', () => {
    const wanted = encodeDeviceWise(OPTIONS);
    const read = (text: string) => parseDwcfg(`#DWCFG: ${text}`, wanted.token);
    const same = 'API.example.com:8883,0,Abcd1234Efgh5678,1,060,2,0,4,5,0,0,0';
    expect(sameParameters(wanted, read(same)!)).toBe(true);
    expect(sameParameters(wanted, read('"api.example.com:8883",0,"Abcd1234Efgh5678",1,60,2,0,4,5')!)).toBe(true);
    const fields = same.split(',');
    const other = ['other.example:8883', '1', 'abcd1234efgh5678', '0', '61', '3', '1', '0', '6'];
    other.forEach((value, i) => {
      const changed = fields.map((field, at) => (at === i ? value : field)).join(',');
      expect(sameParameters(wanted, read(changed)!), `parameter ${i + 1}`).toBe(false);
    });
  });

  test('what a module has in the place of the token is not taken for a secret of ours', () => {
    const read = parseDwcfg('#DWCFG: x,0,schemaVersion,1,60,2,0,4,5', OPTIONS.appToken);
    expect(read).toMatchObject({ hasToken: false });
    expect(scrubber.scrub('{"schemaVersion":1}')).toBe('{"schemaVersion":1}');
  });

  test('short and foreign lines are not parameters', () => {
    for (const line of ['#DWCFG: a,b', '#DWCFG:', '+X: 1', `#DWCFG: ${'x,'.repeat(2000)}`])
      expect(parseDwcfg(line, OPTIONS.appToken)).toBeUndefined();
  });

  test('ranges are checked before anything is sent', () => {
    for (const bad of [
      { heartbeatSeconds: 9 },
      { heartbeatSeconds: 86_400 },
      { serviceTimeoutSeconds: 0 },
      { serviceTimeoutSeconds: 121 },
      { atrunInstanceId: 5 },
      { server: 'x y' },
    ])
      injection(() => encodeDeviceWise({ ...OPTIONS, ...bad }));
  });
});

test('every command has a ceiling: sync is short, searching is long', () => {
  expect(commandLimitMs('AT')).toBe(1000);
  expect(commandLimitMs('AT+CSQ')).toBe(5000);
  expect(commandLimitMs('AT+COPS=?')).toBeGreaterThanOrEqual(180_000);
  expect(commandLimitMs('AT#SGACT=1,1')).toBe(180_000);
  expect(commandLimitMs('AT#SGACT?')).toBe(5000);
  expect(commandLimitMs('AT+ULOC=2,2,1,60,1000')).toBeGreaterThan(10_000);
  expect(commandLimitMs('AT+ULOC=?')).toBe(5000);
  expect(commandLimitMs('AT+UGPS=1')).toBeGreaterThan(30_000);
  expect(commandLimitMs('AT+CEREG?')).toBe(10_000);
});

test('the prefix of a command’s answers', () => {
  expect(answerPrefix('AT+CREG?')).toBe('+CREG');
  expect(answerPrefix('at#dwcfg=1')).toBe('#DWCFG');
  expect(answerPrefix('ATE0')).toBe('');
});
