// A process that dies at any system call, at either edge of an effect, or with the power: no command has its effect twice,
// and each one is answered in one of the lives.
import { expect, test } from 'vitest';
import { ledgerCodec } from '../../src/agent/cloud-commands/index.js';
import type { CommandResult } from '../../src/core/index.js';
import type { Disk } from '../../src/vault/index.js';
import { open, powerDisk, watchedDisk } from '../vault/fakes.js';
import { command, rig } from './cloud-commands-rig.js';

const IDS = ['one', 'two', 'three'];

interface Life {
  answers: Map<string, CommandResult['end']>;
  told: string[];
}

/** One life of a gateway on that disk: starts, tells what is left, and is sent all three. */
async function live(disk: Disk, effect: (id: string) => Promise<void>): Promise<Life> {
  const life: Life = { answers: new Map(), told: [] };
  const vault = await open('/state', disk);
  let current = '';
  const t = rig({
    slot: vault.slot('cloud-commands', ledgerCodec),
    effects: { resubscribe: () => effect(current) },
    onInterrupted: ({ id }) => void life.told.push(id),
  });
  await t.commands.interrupted();
  for (const id of IDS) {
    current = id;
    life.answers.set(id, (await t.commands.sink(command({ id }))).end);
  }
  return life;
}

const killed = (): Error => Object.assign(new Error('killed'), { code: 'EKILLED' });

/** Dies at the n-th step, a step being a system call or an edge of an effect; gives what may be on the platter then. */
async function dieAt(n: number, effects: string[]) {
  const power = powerDisk();
  let steps = 0;
  const step = (): void => {
    if (++steps >= n) throw killed();
  };
  const life: Life = { answers: new Map(), told: [] };
  const hasDied = (): boolean => steps >= n;
  const vault = await open('/state', power.disk);
  expect(vault.alarms()).toEqual([]);
  let current = '';
  const dying = await open(
    '/state',
    watchedDisk(() => step(), power.disk),
  ).catch(() => undefined);
  if (dying) {
    const t = rig({
      slot: dying.slot('cloud-commands', ledgerCodec),
      effects: {
        async resubscribe() {
          step();
          effects.push(current);
          step();
        },
      },
    });
    for (const id of IDS) {
      current = id;
      const { end } = await t.commands.sink(command({ id }));
      // What a dead process would have said nobody hears.
      if (hasDied()) break;
      life.answers.set(id, end);
    }
  }
  return { life, isOver: !hasDied(), platters: power.afterPowerCut() };
}

test('a death at any step leaves no command twice done and none without an answer', async () => {
  let isOver = false;
  let places = 0;
  let interrupted = 0;
  for (let n = 1; !isOver; n++) {
    const before: string[] = [];
    const first = await dieAt(n, before);
    isOver = first.isOver;
    places = n;
    for (const platter of first.platters) {
      const effects = [...before];
      const second = await live(powerDisk(platter).disk, async (id) => void effects.push(id));
      interrupted += second.told.length;
      expect(second.told.length).toBeLessThanOrEqual(1);
      for (const id of IDS) {
        expect(effects.filter((each) => each === id).length, `effects of ${id}, dead at ${n}`).toBeLessThanOrEqual(1);
        const end = second.answers.get(id);
        expect(['done', 'repeated', 'interrupted'], `${id}, dead at ${n}`).toContain(end);
        // Answered "done" in the first life, it is never told as interrupted afterwards.
        if (first.life.answers.get(id) === 'done') expect(end).toBe('repeated');
        // An effect that happened is never answered as if it had been done now.
        if (before.includes(id)) expect(end).not.toBe('done');
        if (second.told.includes(id)) expect(end).toBe('interrupted');
      }
    }
  }
  // Opening, three intents, three ends, six edges of effects.
  expect(places).toBeGreaterThan(50);
  expect(interrupted).toBeGreaterThan(5);
});

test('what an earlier life left is told although nobody sends it again, and in the life after that not any more', async () => {
  const power = powerDisk();
  const dead = await open('/state', power.disk);
  const t = rig({
    slot: dead.slot('cloud-commands', ledgerCodec),
    effects: { resubscribe: () => new Promise(() => undefined) },
  });
  void t.send();
  await t.clock.advance(1);
  const [platter] = power.afterPowerCut();
  const next = powerDisk(platter);
  const told: string[] = [];
  for (let start = 0; start < 3; start++) {
    const vault = await open('/state', next.disk);
    await rig({
      slot: vault.slot('cloud-commands', ledgerCodec),
      onInterrupted: ({ id }) => void told.push(id),
    }).commands.interrupted();
  }
  expect(told).toEqual(['one']);
});

test('a disk that takes nothing for a while costs answers, not effects', async () => {
  for (let n = 1; n < 60; n++) {
    const power = powerDisk();
    let calls = 0;
    let isArmed = false;
    // Every third call fails from the n-th on.
    const flaky = watchedDisk(() => {
      if (isArmed && ++calls >= n && calls % 3 === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    }, power.disk);
    const effects: string[] = [];
    const vault = await open('/state', flaky);
    isArmed = true;
    const slot = vault.slot('cloud-commands', ledgerCodec);
    let current = '';
    const t = rig({ slot, effects: { resubscribe: async () => void effects.push(current) } });
    for (let round = 0; round < 2; round++)
      for (const id of IDS) {
        current = id;
        const { end, code } = await t.commands.sink(command({ id }));
        expect(end === 'refused' ? code : end).toMatch(/^(?:done|repeated|command\.not-durable)$/);
      }
    expect(new Set(effects).size).toBe(effects.length);
  }
});
