// gammu is a phone tool with an AT engine of its own: it reads to the echo and the final result, and sends ESC first.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { urcBefore, urcStorm } from '../../src/sim/module/index.js';
import { judge, type PluggedModem, pluggedModem } from './sim-modem.js';

async function identify(modem: PluggedModem): Promise<{ rc: number; output: string }> {
  const config = join(modem.dir, 'gammurc');
  writeFileSync(config, `[gammu]\ndevice = ${modem.address}\nconnection = at115200\nsynchronizetime = no\n`);
  return judge('gammu', ['-c', config, 'identify']);
}

const REGISTERED = ['+CREG: 1', '+CREG: 1,"4E20","0140A29",7'];

test('gammu identifies the module', async () => {
  await using modem = await pluggedModem();
  const { rc, output } = await identify(modem);
  expect(output).toContain(modem.module.state.identity.imei);
  expect(output).toContain('LE910C1-EUX');
  expect(output).toContain('25.21.226');
  expect(output).toContain(modem.module.state.card.imsi);
  expect(rc).toBe(0);
  expect(modem.module.counters.intrusions).toBe(0);
});

test('gammu identifies the module when every byte comes alone', async () => {
  await using modem = await pluggedModem({ chunking: 'one-byte', chunkGapMs: 1 });
  const { rc, output } = await identify(modem);
  expect(output).toContain(modem.module.state.identity.imei);
  expect(rc).toBe(0);
});

// It waits for 50 ms of silence at its start, so that five lines a second are what it can bear.
test('gammu identifies the module in a storm of registration reports, whole or byte by byte', async () => {
  const inStorm = async (chunking: 'whole' | 'one-byte'): Promise<void> => {
    await using modem = await pluggedModem({ chunking, chunkGapMs: chunking === 'whole' ? 0 : 1 });
    modem.module.push(urcStorm(5, REGISTERED));
    const { rc, output } = await identify(modem);
    expect(output).toContain(modem.module.state.identity.imei);
    expect(rc).toBe(0);
  };
  await Promise.all([inStorm('whole'), inStorm('one-byte')]);
});

test('gammu identifies the module when a report comes before every answer', async () => {
  await using modem = await pluggedModem({ chunking: { random: 11 } });
  modem.module.push(urcBefore('', '+CREG: 1'));
  const { rc, output } = await identify(modem);
  expect(output).toContain(modem.module.state.identity.imei);
  expect(rc).toBe(0);
});
