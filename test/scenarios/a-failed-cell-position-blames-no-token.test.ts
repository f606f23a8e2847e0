import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { startWithCells } from '../helpers/cells.js';
import { isServing } from '../helpers/scenario.js';

const token = (status: StatusSnapshot): StatusSnapshot['credentials'][number] | undefined =>
  status.credentials.find(({ id }) => id === 'celllocate-token');

test.concurrent('a server out of reach is weather: asked again by itself, the token stays good, corrections go on', async () => {
  await using gateway = await startWithCells({ cells: { result: 7 } });
  const paused = await gateway.until('paused', (s) => s.cellLocate?.state === 'paused');
  expect(paused.cellLocate).toMatchObject({ reason: 'celllocate.server', attempts: 1 });
  expect(paused.cellLocate?.sentence).toMatch(/no connection to the server.*asked again in \d+ minutes\.$/);
  expect(token(paused)).toMatchObject({ state: 'valid', tested: false });
  const served = await gateway.until('serving', isServing);
  expect(served.cellLocate?.state).toBe('paused');
  expect(gateway.questions()).toHaveLength(1);
}, 40_000);

test.concurrent('a positioning that is in use is asked again until it is free', async () => {
  await using gateway = await startWithCells({ cells: { busyTimes: 2 } });
  const known = await gateway.until('a position by the cells', (s) => s.cellLocate?.state === 'known');
  // One question of the gateway, three of the modem: every one that was declined is the same one again.
  expect(known.cellLocate).toMatchObject({ state: 'known', attempts: 1 });
  expect(new Set(gateway.questions()).size).toBe(1);
  expect(gateway.questions()).toHaveLength(3);
  expect(token(known)).toMatchObject({ state: 'valid', tested: true });
}, 60_000);

test.concurrent('without a data connection nothing is asked, and with it at once', async () => {
  await using gateway = await startWithCells({ world: { module: { hasInitialBearer: false } } });
  const up = await gateway.until('registered', (s) => s.modem?.registration.state === 'home');
  expect(up.cellLocate).toMatchObject({ state: 'waiting', attempts: 0 });
  expect(up.cellLocate?.sentence).toMatch(/data connection/);
  await gateway.until('half a minute later', (s) => s.uptimeMs > 15_000);
  expect(gateway.questions()).toEqual([]);
  await gateway.world.perform({ do: 'pdp', active: true });
  await gateway.until('a position by the cells', (s) => s.cellLocate?.state === 'known' && s.cellLocate.attempts === 1);
}, 60_000);

test.concurrent('a module of another family is said once to have no CellLocate, and works', async () => {
  const lines: string[] = [];
  await using gateway = await startWithCells({ world: { profile: 'telit' }, scale: 10, log: { level: 'info', lines } });
  const unsupported = await gateway.until('unsupported', (s) => s.cellLocate?.state === 'unsupported');
  expect(unsupported.cellLocate).toMatchObject({ reason: 'celllocate.unsupported' });
  expect(unsupported.cellLocate?.sentence).toMatch(/has no CellLocate/);
  expect(unsupported.cellLocate?.hint).toMatch(/modem\.cellLocate/);
  expect(token(unsupported)).toMatchObject({ state: 'valid', tested: false });
  const served = await gateway.until('serving', isServing);
  expect(served.overall).toBe('ok');
  expect(gateway.status().cellLocate).toMatchObject({ state: 'unsupported', attempts: 1 });
  await gateway.until('minutes later', (s) => s.uptimeMs > 90_000);
  expect(lines.filter((line) => line.includes('celllocate.unsupported'))).toHaveLength(1);
  // The family is known by its name: it is not even tried.
  expect(gateway.transcript.filter((line) => /\+ULOC|\+UGSRV/.test(line))).toEqual([]);
}, 40_000);
