// Modules that never end an answer, or that keep nothing of what is written to them.
import { expect, test } from 'vitest';
import type { BehaviourIo } from '../../src/sim/index.js';
import { answerWith } from '../../src/sim/module/index.js';
import { locateRig } from './celllocate-rig.js';

test('a module that goes on telling errors and good steps is given the time of two servers', async () => {
  const rig = await locateRig();
  const chatter = (io: BehaviourIo): boolean => {
    io.raw(Buffer.from('\r\nOK\r\n'));
    let result = 0;
    const tick = (): void => {
      result = 7 - result;
      io.raw(Buffer.from(`\r\n+UULOCIND: 2,${result}\r\n`));
      io.clock.after(10_000, tick);
    };
    tick();
    return true;
  };
  rig.sim.push({ line: (line, io) => line.startsWith('AT+ULOC=2') && chatter(io) });
  const startMs = rig.clock.mono();
  expect(await rig.locate()).toMatchObject({ code: 'celllocate.no-position' });
  expect(rig.clock.mono() - startMs).toBeLessThan(180_000);
});

test('servers and token that the module does not keep are written once a connection, and nothing is asked with another’s token', async () => {
  const rig = await locateRig();
  rig.sim.state.nvm.data.settings['+UGSRV'] = 'a\tb\tforeign-token-in-module\t14\t4\t1\t65\t0\t1\t1';
  rig.sim.push(answerWith('+UGSRV="', 'OK'));
  const message = (words: string): object => ({ code: 'modem.error', message: expect.stringContaining(words) });
  expect(await rig.locate()).toMatchObject(message('reads back'));
  for (let i = 0; i < 3; i++) expect(await rig.locate()).toMatchObject(message('does not keep'));
  expect(rig.taken('AT+UGSRV=')).toHaveLength(1);
  expect(rig.modem.snapshot().counters.writes).toBe(1);
  expect(rig.taken('AT+ULOC=').filter((line) => line !== 'AT+ULOC=?')).toEqual([]);
});
