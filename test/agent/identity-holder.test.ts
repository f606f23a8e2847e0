import { describe, expect, test } from 'vitest';
import { createIdentityHolder } from '../../src/agent/identity-holder.js';
import type { Identity, KeysIdentity } from '../../src/vault/index.js';

const never = new AbortController().signal;
const of = (shape: Identity['shape'], name = 'a'): Identity =>
  ({ shape, host: name, clientId: name, certificate: '', keys: {} }) as unknown as Identity;

describe('the identity in force', () => {
  test.each(['keys', 'ntrip'] as const)(
    'of shape %s opens a session for who waits and who comes later',
    async (shape) => {
      const holder = createIdentityHolder();
      const waiting = holder.whenUsable(never);
      const identity = of(shape);
      holder.set(identity);
      expect(await waiting).toBe(identity);
      const next = of(shape, 'b');
      holder.set(next);
      expect(await holder.whenUsable(never)).toBe(next);
    },
  );

  test('a chipcode opens none', async () => {
    const holder = createIdentityHolder();
    const controller = new AbortController();
    const waiting = holder.whenUsable(controller.signal);
    holder.set(of('chipcode'));
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('newer keys are an update, and no reason to end a session', async () => {
    const holder = createIdentityHolder();
    const heard: string[] = [];
    holder.onChange(() => heard.push('change'));
    holder.onUpdate(() => heard.push('update'));
    expect(holder.updateKeys({})).toBeUndefined();
    holder.set(of('keys'));
    const current = { startUtcMs: 1, durationMs: 1 } as unknown as KeysIdentity['keys']['current'];
    holder.updateKeys({ ...(current ? { current } : {}) });
    expect(heard).toEqual(['update', 'change', 'update']);
    expect(await holder.whenUsable(never)).toMatchObject({ keys: { current } });
    holder.set(of('ntrip'));
    expect(holder.updateKeys({})).toBeUndefined();
  });
});
