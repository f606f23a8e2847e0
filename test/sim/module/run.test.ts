import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { expect, test } from 'vitest';
import { createClock, silentLogger, sleep } from '../../../src/core/index.js';
import { createSimModule, powerFromPlug, runSimModem } from '../../../src/sim/module/index.js';
import { createPlug } from '../../../src/sim/plug.js';

const clock = createClock();
const deps = { clock, log: silentLogger };

async function ask(path: string, line: string, until: RegExp): Promise<string> {
  const port = new SerialPort({ path, baudRate: 115_200 });
  port.on('error', () => undefined);
  let text = '';
  port.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  const end = clock.mono() + 10_000;
  port.write(line);
  while (!until.test(text) && clock.mono() < end) await sleep(clock, 10);
  await new Promise<void>((done) => port.close(() => done()));
  return text;
}

test('the runner prints one address, answers there, and takes the port away at the end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-run-'));
  const link = join(dir, 'ttySIM0');
  const stop = new AbortController();
  const printed: string[] = [];
  const run = runSimModem({ link, boot: 0, ...deps, until: stop.signal, print: (line) => printed.push(line) });
  const end = clock.mono() + 10_000;
  while (printed.length === 0 && clock.mono() < end) await sleep(clock, 10);
  expect(printed).toEqual([link]);
  expect(await ask(link, 'AT+CGMM\r', /OK/)).toContain('LE910C1-EUX');
  stop.abort();
  await run;
  expect(existsSync(link)).toBe(false);
  rmSync(dir, { recursive: true });
});

test('a pulled cable takes the power with it: settings are lost when it is back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-run-'));
  await using plug = await createPlug({ link: join(dir, 'ttySIM0'), ...deps });
  await using module = createSimModule({ port: plug, boot: 0, latencyScale: 0, ...deps });
  powerFromPlug(module, plug);
  expect(await ask(plug.address, 'ATE0\r', /OK/)).toContain('ATE0');
  expect(module.state.session.echo).toBe(false);
  await plug.unplug();
  expect(module.state.power).toBe('off');
  await plug.replug();
  expect(module.state.session.echo).toBe(true);
  expect(await ask(plug.address, 'AT\r', /OK/)).toBe('AT\r\r\nOK\r\n');
  rmSync(dir, { recursive: true, force: true });
});
