// comgt is a scripted modem dialogue in C; it writes one byte at a time and waits for exact words.
import { expect, test } from 'vitest';
import { judge, pluggedModem } from './sim-modem.js';

test('comgt reads the signal quality', async () => {
  await using modem = await pluggedModem();
  const { rc, output } = await judge('comgt', ['-d', modem.address, 'sig']);
  expect(output).toMatch(/Signal Quality: 2[2-5],0/);
  expect(rc).toBe(0);
});

test('comgt sees the registration on the home network', async () => {
  await using modem = await pluggedModem();
  const { rc, output } = await judge('comgt', ['-d', modem.address, 'reg']);
  expect(output).toContain('Registered on Home network: "Waymark Test"');
  expect(rc).toBe(0);
});

test('comgt sees a roaming registration, byte by byte', async () => {
  await using modem = await pluggedModem({ coverage: { state: 'roaming' }, chunking: 'one-byte', chunkGapMs: 1 });
  const { rc, output } = await judge('comgt', ['-d', modem.address, 'reg']);
  expect(output).toMatch(/roaming/i);
  expect(rc).toBe(0);
});

test('comgt prints manufacturer, revision, IMEI and APN', async () => {
  await using modem = await pluggedModem();
  const { rc, output } = await judge('comgt', ['-d', modem.address, 'info']);
  expect(output).toContain('Telit');
  expect(output).toContain(modem.module.state.identity.imei);
  expect(output).toContain('internet.example');
  expect(rc).toBe(0);
});
