// The app token in the module's flash: another one may go in, but none twice in vain.
import { describe, expect, test } from 'vitest';
import { Secret, WaymarkError } from '../../src/core/index.js';
import { createAppTokenKeeper, type DeviceWiseOptions } from '../../src/modem/index.js';

const OPTIONS: DeviceWiseOptions = {
  server: 'h.example:1883',
  deviceIdSelector: 0,
  appToken: new Secret('app-token', 'Abcd1234Efgh5678'),
  security: 0,
  heartbeatSeconds: 60,
  autoReconnect: 0,
  overflowHandling: 0,
  atrunInstanceId: 4,
  serviceTimeoutSeconds: 5,
};
const next = new Secret('app-token', 'Next1234Next5678');

function bench(memory: 'keeps' | 'forgets' = 'keeps', options = OPTIONS) {
  let stored = 'h.example:1883,0,FactoryToken0000,0,60,2,0,4,5';
  const state = { memory, writes: [] as string[], readError: undefined as WaymarkError | undefined };
  const run = async (command: string | { text: string }) => {
    const text = typeof command === 'string' ? command : command.text;
    if (text === 'AT#DWCFG?') {
      if (state.readError) throw state.readError;
      return { lines: [`#DWCFG: ${stored},0,0,0`], final: 'OK' };
    }
    state.writes.push(text);
    if (state.memory === 'keeps') stored = text.slice('AT#DWCFG='.length);
    return { lines: [], final: 'OK' };
  };
  const counted = { writes: 0 };
  const keeper = createAppTokenKeeper(options, () => counted.writes++);
  const ensure = (appToken?: Secret) =>
    keeper.ensure(run, { appToken }).catch((error: unknown) => (error as WaymarkError).code);
  return { keeper, ensure, state, counted, forget: () => (stored = 'other.example:1883,0,x,0,60,2,0,4,5') };
}

describe('app token', () => {
  test('rows 2 and 5: all nine are written once, read back, and verified from then on', async () => {
    const { keeper, ensure, state, counted } = bench();
    expect(keeper.support()).toBe('unknown');
    expect(await ensure()).toBe('written');
    expect(await ensure()).toBe('verified');
    expect(state.writes).toEqual(['AT#DWCFG=h.example:1883,0,Abcd1234Efgh5678,0,60,0,0,4,5']);
    expect(counted.writes).toBe(1);
    expect(keeper.support()).toBe('supported');
  });

  test('a rotation writes the next token, and the one before it again when it was refused', async () => {
    const { ensure, state } = bench();
    await ensure();
    expect(await ensure(next)).toBe('written');
    expect(await ensure(next)).toBe('verified');
    expect(await ensure()).toBe('written');
    expect(state.writes.map((each) => each.split(',')[2])).toEqual([
      'Abcd1234Efgh5678',
      'Next1234Next5678',
      'Abcd1234Efgh5678',
    ]);
  });

  test('a module that forgets is written once a token and then left alone', async () => {
    const { ensure, state } = bench('forgets');
    expect(await ensure()).toBe('modem.error');
    expect(await ensure()).toBe('modem.error');
    expect(await ensure(next)).toBe('modem.error');
    expect(await ensure()).toBe('modem.error');
    expect(await ensure(next)).toBe('modem.error');
    expect(state.writes).toHaveLength(2);
  });

  test('a module that forgets later is not written again', async () => {
    const { ensure, state, forget } = bench();
    expect(await ensure()).toBe('written');
    forget();
    expect(await ensure()).toBe('modem.error');
    expect(await ensure(next)).toBe('written');
    expect(await ensure()).toBe('modem.error');
    expect(state.writes).toHaveLength(2);
  });

  test('without a token there is nothing to write, and the module is asked all the same', async () => {
    const { keeper, ensure, state, counted } = bench('keeps', { ...OPTIONS, appToken: undefined });
    expect(await ensure()).toBe('no-token');
    expect(keeper.support()).toBe('supported');
    expect([state.writes, counted.writes]).toEqual([[], 0]);
    // The one a connection brings along is written.
    expect(await ensure(next)).toBe('written');
    expect(await ensure()).toBe('no-token');
    expect(state.writes.map((each) => each.split(',')[2])).toEqual(['Next1234Next5678']);
  });

  test('without a token a module without the client is known as one', async () => {
    const { keeper, ensure, state } = bench('keeps', { ...OPTIONS, appToken: undefined });
    state.readError = new WaymarkError('modem.error', 'AT#DWCFG?', { evidence: { final: 'ERROR' } });
    expect(await ensure()).toBe('unsupported');
    expect(keeper.support()).toBe('unsupported');
    expect(state.writes).toEqual([]);
  });

  test('row 1: an error on the read form means that there is no client', async () => {
    for (const evidence of [{ final: 'ERROR' }, { cme: 4, final: 'x' }, { cme: 100, final: 'x' }]) {
      const { keeper, ensure, state } = bench();
      state.readError = new WaymarkError('modem.error', 'AT#DWCFG?', { evidence });
      expect(await ensure()).toBe('unsupported');
      expect(keeper.support()).toBe('unsupported');
      expect(state.writes).toEqual([]);
    }
  });

  test('a module that is busy has not said so', async () => {
    const { keeper, ensure, state } = bench();
    state.readError = new WaymarkError('modem.error', 'AT#DWCFG?', { evidence: { cme: 14, final: 'SIM busy' } });
    expect(await ensure()).toBe('modem.error');
    expect(keeper.support()).toBe('unknown');
    state.readError = undefined;
    expect(await ensure()).toBe('written');
  });
});
