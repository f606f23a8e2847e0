// Service, modem and simulated module together: what a user sees of a bad token, and of the good one behind it.
import { expect, test } from 'vitest';
import { Secret, silentLogger } from '../../src/core/index.js';
import { createCellLocateService } from '../../src/services/index.js';
import { locateRig } from '../modem/celllocate-rig.js';

const BAD = new Secret('location-token', 'Bad-Token-0123456789-abcd');
const GOOD = new Secret('location-token', 'Good-Token-0123456789-abcd');

test('a bad token is asked with once an hour, and the one that replaces it at once', async () => {
  const rig = await locateRig();
  rig.behaves({ badTokens: [BAD.reveal()] });
  const listeners = new Set<() => void>();
  const held = { value: BAD, generation: 1 };
  const outcomes: string[] = [];
  const found: unknown[] = [];
  const stop = new AbortController();
  const service = createCellLocateService(
    {
      module: rig.modem.cellLocate,
      token: {
        get: () => Promise.resolve({ ...held }),
        report: (_loan, outcome) => void outcomes.push(outcome === 'ok' ? 'ok' : outcome.code),
        generation: () => held.generation,
        onChange(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      isPositionKnown: () => false,
      onPosition: (position) => void found.push(position),
      clock: rig.clock,
      log: silentLogger,
      random: () => 0,
    },
    {
      primary: 'a.example',
      secondary: 'b.example',
      scan: 'normal',
      timeoutSeconds: 60,
      accuracyM: 1000,
      everyHours: 6,
    },
  );
  const ended = service
    .run({ signal: stop.signal, whenReady: () => Promise.resolve(), onState: () => undefined })
    .catch((error: unknown) => error);
  await rig.clock.advance(59 * 60_000);
  expect(outcomes).toEqual(['celllocate.token']);
  await rig.clock.advance(10 * 60_000);
  expect(outcomes).toEqual(['celllocate.token', 'celllocate.token']);
  Object.assign(held, { value: GOOD, generation: 2 });
  for (const listener of [...listeners]) listener();
  await rig.clock.advance(60_000);
  expect(outcomes.at(-1)).toBe('ok');
  expect(found).toEqual([expect.objectContaining({ sensor: 'cell', uncertaintyM: 480 })]);
  expect(rig.taken('AT+UGSRV=')).toHaveLength(2);
  const said = JSON.stringify([rig.transcript, service.snapshot(), rig.sim.transcriptLines]);
  for (const token of [BAD, GOOD]) expect(said).not.toContain(token.reveal());
  stop.abort();
  await ended;
  await rig.modem[Symbol.asyncDispose]();
});
