import { describe, expect, test } from 'vitest';
import { Secret, WaymarkError } from '../../src/core/index.js';
import { assistRefusalOf, isProofRefused, refusalOf, setbackKind } from '../../src/ztp/index.js';
import { answer, TOKEN } from './fakes.js';

describe('what a refusal means', () => {
  test.each([
    [422, '{"errors":["token invalid token format"]}', 'ztp.token-format', 'refused'],
    [422, '{"errors":["hardwareId too long"]}', 'ztp.invalid-request', 'refused'],
    [403, 'Device already registered', 'ztp.already-registered', 'refused'],
    [403, '{"message":"NO PLAN for device device:1234"}', 'ztp.no-plan', 'refused'],
    [403, 'Device hardware code not whitelisted', 'ztp.not-listed', 'refused'],
    [403, 'Forbidden', 'ztp.refused', 'refused'],
    [400, 'Invalid token', 'ztp.unauthorized', 'refused'],
    [400, 'bad json', 'ztp.invalid-request', 'refused'],
    [401, '', 'ztp.unauthorized', 'refused'],
    [404, 'Not Found', 'ztp.invalid-request', 'refused'],
    [409, '', 'ztp.already-registered', 'refused'],
    [411, '', 'ztp.invalid-request', 'refused'],
    [411, 'length required', 'ztp.invalid-request', 'refused'],
    [418, '', 'ztp.refused', 'refused'],
    [409, 'device ALREADY REGISTERED', 'ztp.already-registered', 'refused'],
    [422, '{"errors":["Device hardware code not whitelisted"]}', 'ztp.not-listed', 'refused'],
    [404, 'no plan for device', 'ztp.no-plan', 'refused'],
    [429, 'no plan for device', 'ztp.weather', 'weather'],
    [408, '', 'ztp.weather', 'weather'],
    [429, 'slow down', 'ztp.weather', 'weather'],
    [500, 'token already registered', 'ztp.weather', 'weather'],
    [503, '<html>', 'ztp.weather', 'weather'],
    [511, '<html>', 'ztp.weather', 'weather'],
  ])('%i %s', (status, body, code, kind) => {
    const error = refusalOf(answer(status, body));
    expect(error.code).toBe(code);
    expect(setbackKind(error)).toBe(kind);
    expect(error.evidence).toMatchObject({ http: status });
  });

  test('a Thing made with a promo code is pointed to its u-center file', () => {
    for (const body of ['Device already registered', 'Forbidden'])
      expect(refusalOf(answer(403, body)).hint).toContain('identity.ucenterConfigFile');
  });

  test('AssistNow’s refusals mean the same, and speak of its own settings', () => {
    expect(assistRefusalOf(answer(403, '')).hint).toContain('assistNow.token');
    expect(assistRefusalOf(answer(400, 'bad checksum')).hint).toContain('receiver');
    expect(assistRefusalOf(answer(403, 'No plan for device')).code).toBe('ztp.no-plan');
    expect(assistRefusalOf(answer(503, '')).code).toBe('ztp.weather');
  });

  test('Retry-After travels on the error', () => {
    expect(refusalOf(answer(429, '', 7000)).retryAfterMs).toBe(7000);
  });

  test('the evidence is short, without terminal controls and without the token', () => {
    new Secret('ztp-token', TOKEN);
    const body = `${'x'.repeat(150)} token ${TOKEN} \u001b[31m refused ${'y'.repeat(1000)}`;
    const fragment = String(refusalOf(answer(403, body)).evidence?.['body']);
    expect(fragment.length).toBeLessThanOrEqual(200);
    expect(fragment).not.toContain(TOKEN.slice(0, 8));
    expect(fragment).not.toContain('\u001b');
    expect(fragment).toContain('[secret');
  });

  test('bytes that are no text do no harm', () => {
    expect(refusalOf({ status: 403, body: Uint8Array.from({ length: 300 }, (_, i) => i % 256) }).code).toBe(
      'ztp.refused',
    );
  });
});

test('only the broker’s own no refuses a proof', () => {
  const of = (code: ConstructorParameters<typeof WaymarkError>[0]): boolean =>
    isProofRefused(new WaymarkError(code, ''));
  expect([of('tls.client-refused'), of('mqtt.refused'), of('identity.invalid')]).toEqual([true, true, true]);
  expect([of('net.dns'), of('mqtt.unavailable'), of('mqtt.closed'), of('tls.untrusted'), of('core.timeout')]).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
