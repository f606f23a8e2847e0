// What is said at the operator's broker, and under which name.
import { expect, test } from 'vitest';
import { fleetNameCodec, gatewayName } from '../../src/agent/clouds/fleet-name.js';
import { fleetKey, fleetStatus } from '../../src/agent/clouds/fleet-status.js';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { openVault } from '../../src/vault/index.js';
import { inScratch } from '../helpers/scratch.js';
import { statusWith } from '../helpers/status.js';
import { demoStatus, faultyStatus } from '../helpers/status-fixtures.js';

const AT = '2026-01-01T00:00:00.000Z';
const inShort = (status: StatusSnapshot, withPosition = true): Record<string, unknown> => ({
  ...fleetStatus(status, { gateway: 'g', at: AT, withPosition }),
});

test('a healthy gateway in short', () => {
  expect(inShort(demoStatus())).toMatchObject({
    ...{ schemaVersion: 1, gateway: 'g', at: AT, state: 'serving', overall: 'ok', grade: 'corrected', troubles: [] },
    lamps: { modem: 'lit', fix: 'lit' },
    fix: { quality: 'rtk_fixed', accuracyM: 0.014, satellites: 12 },
    corrections: { source: 'mqtt', use: 'used', ageS: 3.3, usedShare: 1 },
    signalDbm: -95,
    position: { latitudeDeg: 48.208, longitudeDeg: 16.374 },
    clouds: { losant: { isTroubled: false, waiting: 0 } },
  });
});

test('troubles are named, and what is not known is left out', () => {
  const body = inShort(faultyStatus());
  expect(body).toMatchObject({ state: 'degraded', isClockTrusted: false, clouds: { losant: { waiting: 15 } } });
  expect(body['troubles']).toMatchObject([
    { subject: 'lamp:modem', code: 'link.absent' },
    { subject: 'credential:app-token', code: 'rejected' },
  ]);
  expect(body).not.toHaveProperty('signalDbm');
  expect(body).not.toHaveProperty('grade');
});

test('no identifier, and no position where none is wanted', () => {
  const status = demoStatus();
  const text = JSON.stringify(inShort(status, false));
  for (const hidden of [status.modem?.imei, status.modem?.iccid, status.identity.clientId, 'latitude', '48.2'])
    expect(text).not.toContain(hidden);
});

test('it stays short, however much is wrong', () => {
  const long = 'x'.repeat(10_000);
  const [credential] = faultyStatus().credentials.filter(({ state }) => state === 'rejected');
  if (!credential) throw new Error('the fixture has one');
  const status = statusWith({
    ...{ why: long, next: long },
    credentials: Array.from({ length: 100 }, (_, at) => ({ ...credential, id: `c${at}`, remedy: long })),
    clouds: Array.from({ length: 50 }, (_, at) => ({
      ...{ name: `cloud${at}`, state: long, sentence: long, isTroubled: true, facts: {} },
    })),
  });
  expect(JSON.stringify(inShort(status)).length).toBeLessThan(10_000);
});

test('a message is due when a person would call it a change', () => {
  const status = demoStatus();
  const { fix, corrections, lamps, bytes } = status;
  const key = fleetKey(status);
  // Numbers that move all the time.
  expect(
    fleetKey({
      ...status,
      ...{ uptimeMs: 99, rssBytes: 1, bytes: { ...bytes, mqtt: { in: 9, out: 9 } } },
      corrections: { ...corrections, ageMs: 1, framesIn: 99 },
      fix: { ...fix, latitudeDeg: 1, ageMs: 3 },
    }),
  ).toBe(key);
  expect(fleetKey({ ...status, state: 'degraded' })).not.toBe(key);
  expect(fleetKey({ ...status, fix: { ...fix, quality: 'rtk_float' } })).not.toBe(key);
  expect(fleetKey({ ...status, lamps: lamps.map((lamp) => ({ ...lamp, state: 'dark' as const })) })).not.toBe(key);
  expect(fleetKey({ ...status, clouds: [] })).not.toBe(key);
});

test('the name is drawn once and kept', () =>
  inScratch(async (dir) => {
    const vault = await openVault(dir, { clock: createFakeClock(), log: silentLogger });
    const name = await gatewayName(vault.slot('fleet-name', fleetNameCodec), silentLogger);
    expect(name).toMatch(/^wm-[0-9a-f]{12}$/);
    expect(await gatewayName(vault.slot('fleet-name', fleetNameCodec), silentLogger)).toBe(name);
    expect(() => fleetNameCodec.decode({ name: '../+/#' }, 1)).toThrow();
  }));
