import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import { createCorrectionHealth, parseRxmCor } from '../../src/gnss/index.js';
import { type CorSpec, rxmCor } from './frames.js';

function setUp() {
  const clock = createFakeClock();
  const health = createCorrectionHealth({ clock });
  const report = (spec: CorSpec, times = 1): void => {
    for (let i = 0; i < times; i++) health.report(parseRxmCor(rxmCor(spec))!);
  };
  return { clock, health, report };
}

const USED = { used: true, decrypted: true };
const UNDECRYPTED = { encrypted: true, decrypted: false };

describe('correction health', () => {
  test('nothing written and nothing reported says nothing', () => {
    expect(setUp().health.verdict()).toBe('none');
  });

  test('used is ok', () => {
    const { health, report } = setUp();
    report(USED);
    expect(health.verdict()).toBe('ok');
  });

  test('all undecrypted is a key that does not match', () => {
    const { health, report } = setUp();
    report(UNDECRYPTED, 8);
    expect(health.verdict()).toBe('key-mismatch');
  });

  test('one decrypted among undecrypted is not a key mismatch', () => {
    const { health, report } = setUp();
    report(UNDECRYPTED, 8);
    report(USED);
    expect(health.verdict()).toBe('ok');
  });

  test('unencrypted corrections never miss a key', () => {
    const { health, report } = setUp();
    report({ encrypted: false, decrypted: false, used: true });
    expect(health.verdict()).toBe('ok');
  });

  test('more than a tenth with errors is the line’s fault, a tenth is not', () => {
    const { health, report } = setUp();
    report(USED, 9);
    report({ bad: true });
    expect(health.verdict()).toBe('ok');
    report({ bad: true });
    expect(health.verdict()).toBe('link-corruption');
  });

  test.each([
    ['one damaged, and nothing else yet', 0, 1, 'none'],
    ['one damaged of a few', 7, 1, 'ok'],
    ['two damaged, and too few to judge by', 1, 2, 'ok'],
    ['two damaged of five', 3, 2, 'link-corruption'],
  ])('any line has its noise: %s', (_what, used, bad, verdict) => {
    const { health, report } = setUp();
    report(USED, used);
    report({ bad: true }, bad);
    expect(health.verdict()).toBe(verdict);
  });

  test('bytes written without any report means the receiver does not listen, after a while', async () => {
    const { clock, health } = setUp();
    health.written(4);
    expect(health.verdict()).toBe('none');
    await clock.advance(6000);
    expect(health.verdict()).toBe('not-configured');
  });

  test('what is older than the window is forgotten', async () => {
    const { clock, health, report } = setUp();
    report(UNDECRYPTED, 50);
    await clock.advance(29_000);
    expect(health.verdict()).toBe('key-mismatch');
    await clock.advance(2000);
    expect(health.verdict()).toBe('none');
    report(USED);
    expect(health.verdict()).toBe('ok');
  });

  test('a new connection starts without a past', () => {
    const { health, report } = setUp();
    report(UNDECRYPTED);
    health.reset();
    expect(health.verdict()).toBe('none');
  });
});
