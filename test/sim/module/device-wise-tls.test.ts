// TLS of the module's own deviceWISE client, and the settings and certificates of its sockets (specs/devicewise.md 1.1, 1.2).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { deviceWise as behaving } from '../../../src/sim/module/index.js';
import { linesOf } from './bench.js';
import { type DeviceWiseBench, deviceWiseBench, TOKEN } from './device-wise-bench.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const settings = (server: string, security: 0 | 1): string => `AT#DWCFG=${server},0,${TOKEN},${security},60,0`;

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function store({ type, settle, heard }: DeviceWiseBench, data: string, size = data.length): Promise<string[]> {
  type(`AT#SSLSECDATA=1,1,1,${size}\r`);
  await settle();
  type(data);
  await settle();
  return linesOf(heard());
}

describe('a connection with TLS', () => {
  test('goes to its port whatever the settings say, and needs secure sockets', async () => {
    const { lines, server } = deviceWiseBench();
    await lines('AT+CMEE=1');
    await lines(settings('h.example:1883', 1));
    expect(await lines('AT#DWCONN=1')).toEqual(['+CME ERROR: 839']);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18310,');
    await lines('AT#DWCONN=0');
    expect(server.targets).toEqual([]);
    expect(await lines('AT#SSLEN=1,1')).toEqual(['OK']);
    expect(await lines('AT#DWCONN=1')).toEqual(['OK']);
    expect(server.targets).toEqual([{ host: 'h.example', port: 8883, isTls: true }]);
  });
  test('does without secure sockets on other firmware', async () => {
    const { lines } = deviceWiseBench({ needsSslen: false });
    await lines(settings('h.example', 1));
    expect(await lines('AT#DWCONN=1')).toEqual(['OK']);
  });
  test('checks the server against what the module keeps, once it is told to', async () => {
    const made = deviceWiseBench();
    const { lines, server } = made;
    await lines(settings('h.example', 1));
    await lines('AT#SSLEN=1,1');
    expect(await lines('AT#SSLSECCFG=1,0,1,1')).toEqual(['OK']);
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    await lines('AT#DWCONN=0');
    expect(await store(made, `${PEM}\x1a`)).toEqual(['> ', 'OK']);
    expect(await lines('AT#DWCONN=1')).toEqual(['OK']);
    expect(server.targets).toEqual([{ host: 'h.example', port: 8883, isTls: true, caPem: PEM }]);
  });
  test('a certificate that does not fit is told by its code', async () => {
    const { lines, server } = deviceWiseBench();
    await lines(settings('h.example', 1));
    await lines('AT#SSLEN=1,1');
    server.dialError = Object.assign(new Error('no'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    expect(await lines('AT#DWCONN=1')).toEqual(['ERROR']);
    expect((await lines('AT#DWSTATUS'))[0]).toMatch('#DWSTATUS: 3,-18310,');
  });
});

describe('what the session before leaves behind', () => {
  const session = async ({ lines }: DeviceWiseBench, server: string, security: 0 | 1): Promise<void> => {
    await lines(settings(server, security));
    await lines('AT#DWCONN=1');
    await lines('AT#DWCONN=0');
  };
  test('TLS stays on, and a server without a port is looked for where the last one was', async () => {
    const made = deviceWiseBench();
    await made.lines('AT#SSLEN=1,1');
    await session(made, 'a.example', 1);
    await session(made, 'b.example', 0);
    await session(made, 'c.example:1884', 0);
    made.module.reset();
    await made.settle();
    await session(made, 'd.example', 0);
    expect(made.server.targets.map(({ port, isTls }) => [port, isTls])).toEqual([
      [8883, true],
      [8883, true],
      [1884, true],
      [1883, false],
    ]);
  });
  test('or nothing', async () => {
    const made = deviceWiseBench({ keepsStalePort: false, keepsStaleTls: false });
    await made.lines('AT#SSLEN=1,1');
    await session(made, 'a.example', 1);
    await session(made, 'b.example', 0);
    expect(made.server.targets[1]).toEqual({ host: 'b.example', port: 1883, isTls: false });
  });
});

describe('secure sockets', () => {
  test('are off in the factory state, and refuse their settings then', async () => {
    const { lines } = deviceWiseBench();
    await lines('AT+CMEE=1');
    expect(await lines('AT#SSLEN?')).toEqual(['#SSLEN: 1,0', 'OK']);
    expect(await lines('AT#SSLEN=2,1')).toEqual(['+CME ERROR: 50']);
    expect(await lines('AT#SSLSECCFG=1,0,1,1')).toEqual(['+CME ERROR: 836']);
    expect(await lines('AT#SSLSECDATA=1,1,1,10')).toEqual(['+CME ERROR: 836']);
    expect((await lines('AT#SSLSECCFG=?')).at(-1)).toBe('OK');
  });
  test('their settings have three or four parameters', async () => {
    const { lines, module } = deviceWiseBench();
    await lines('AT#SSLEN=1,1');
    expect(await lines('AT#SSLSECCFG=1,0,1')).toEqual(['OK']);
    expect(await lines('AT#SSLSECCFG=1,0,1,0')).toEqual(['OK']);
    expect(await lines('AT#SSLSECCFG?')).toEqual(['#SSLSECCFG: 1,0,1,0', 'OK']);
    for (const bad of ['1,0', '2,0,1', '1,0,3', '1,0,1,2', '1,0,1,1,0', '1,x,1'])
      expect(await lines(`AT#SSLSECCFG=${bad}`)).toEqual(['ERROR']);
    module.push(behaving({ sslSecCfgParams: 3 }));
    expect(await lines('AT#SSLSECCFG=1,0,1,1')).toEqual(['ERROR']);
    expect(await lines('AT#SSLSECCFG=1,0,1')).toEqual(['OK']);
  });
  test('a certificate is written, read, deleted, and outlives the power', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'waymark-tls-'));
    directories.push(directory);
    const made = deviceWiseBench({}, { stateFile: join(directory, 'module.json') });
    const { lines, module, settle, ask } = made;
    await lines('AT#SSLEN=1,1');
    await lines('AT#SSLSECCFG=1,0,1,1');
    expect(await lines('AT#SSLSECDATA=1,2,1')).toEqual(['ERROR']);
    expect(await store(made, PEM)).toEqual(['> ', 'OK']);
    module.reset();
    await settle();
    ask('ATE0');
    expect(await lines('AT#SSLSECDATA?')).toEqual(['#SSLSECDATA: 1,0,1,0', 'OK']);
    expect(await lines('AT#SSLSECDATA=1,2,1')).toEqual(['#SSLSECDATA: 1,1', ...linesOf(PEM), 'OK']);
    expect(await lines('AT#SSLSECDATA=1,0,1')).toEqual(['OK']);
    expect(await lines('AT#SSLSECDATA?')).toContain('#SSLSECDATA: 1,0,0,0');
    for (const bad of ['1,1,1', '1,1,1,0', '1,1,1,5000', '1,3,1', '1,2,3', '2,2,1', '1,2,1,5'])
      expect(await lines(`AT#SSLSECDATA=${bad}`)).toEqual(['ERROR']);
  });
  test('what does not look like PEM is refused, unless the format is DER', async () => {
    const made = deviceWiseBench();
    await made.lines('AT#SSLEN=1,1');
    expect(await store(made, 'MIIB')).toEqual(['> ', 'ERROR']);
    expect(await store(made, '\x1b', 10)).toEqual(['> ', 'ERROR']);
    await made.lines('AT#SSLSECCFG=1,0,1,0');
    expect(await store(made, '0\x82\x01\x08')).toEqual(['> ', 'OK']);
  });
  test('a certificate can need its Ctrl-Z', async () => {
    const made = deviceWiseBench({ secDataEnd: 'ctrl-z' });
    await made.lines('AT#SSLEN=1,1');
    expect(await store(made, PEM)).toEqual(['> ']);
    made.type('\x1a');
    expect(linesOf(made.heard())).toEqual(['OK']);
    expect(await store(made, `${PEM}${PEM}\x1a`, PEM.length)).toEqual(['> ', 'ERROR']);
    // Ctrl-Z behind the last counted byte is harmless where none is needed.
    made.module.push(behaving({ secDataEnd: 'count' }));
    expect(await store(made, `${PEM}\x1a`, PEM.length)).toEqual(['> ', 'OK']);
    expect(await made.lines('AT')).toEqual(['OK']);
  });
});
