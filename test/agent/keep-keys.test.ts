import { expect, test } from 'vitest';
import { createKeyKeeper } from '../../src/agent/keep-keys.js';
import { type Deferred, deferred, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { Identity, KeysIdentity } from '../../src/vault/index.js';

const identity = (certificate: string, startUtcMs: number): KeysIdentity => ({
  shape: 'keys',
  version: 1,
  clientId: 'c',
  certificate,
  privateKey: new Secret('client-key', 'k'.repeat(20)),
  host: 'h',
  port: 8883,
  topics: [],
  keys: { current: { startUtcMs, durationMs: 1, value: new Secret('spartn-key', 'aa'.repeat(16)) } },
  supports: { ip: true, lband: false },
});

/** A slot whose operations end when the test says so. */
function slowSlot(stored: Identity) {
  const slot = {
    stored,
    gates: [] as Deferred<undefined>[],
    async change(edit: (value: Identity) => Identity | undefined) {
      const gate = deferred<undefined>();
      slot.gates.push(gate);
      await gate.promise;
      slot.stored = edit(slot.stored) ?? slot.stored;
    },
  };
  return slot;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('newer keys go to the stored identity of the same certificate, which stays what it is otherwise', async () => {
  const slot = slowSlot({ ...identity('one', 1), topics: ['/renewed'] });
  createKeyKeeper(slot, silentLogger)(identity('one', 2));
  slot.gates[0]?.resolve(undefined);
  await settled();
  expect(slot.stored).toMatchObject({ topics: ['/renewed'], keys: { current: { startUtcMs: 2 } } });
});

test('an identity promoted before the write is left alone', async () => {
  const slot = slowSlot(identity('one', 1));
  createKeyKeeper(slot, silentLogger)(identity('one', 2));
  const renewed = identity('two', 3);
  slot.stored = renewed;
  slot.gates[0]?.resolve(undefined);
  await settled();
  expect(slot.stored).toBe(renewed);
});

test('one write is under way at a time, and of what comes meanwhile only the newest follows', async () => {
  const slot = slowSlot(identity('one', 1));
  const keep = createKeyKeeper(slot, silentLogger);
  for (const start of [2, 3, 4, 5]) keep(identity('one', start));
  await settled();
  expect(slot.gates).toHaveLength(1);
  slot.gates[0]?.resolve(undefined);
  await settled();
  expect(slot.gates).toHaveLength(2);
  slot.gates[1]?.resolve(undefined);
  await settled();
  expect(slot.gates).toHaveLength(2);
  expect(slot.stored).toMatchObject({ keys: { current: { startUtcMs: 5 } } });
});

test('a write that fails does not keep the next one from being made', async () => {
  const slot = slowSlot(identity('one', 1));
  const keep = createKeyKeeper(slot, silentLogger);
  keep(identity('one', 2));
  slot.gates[0]?.reject(new WaymarkError('vault.write', 'disk full'));
  await settled();
  keep(identity('one', 3));
  slot.gates[1]?.resolve(undefined);
  await settled();
  expect(slot.stored).toMatchObject({ keys: { current: { startUtcMs: 3 } } });
});
