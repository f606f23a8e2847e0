// Answers of the REST API: what each status means, and as which error.
import { describe, expect, test } from 'vitest';
import { answerError, readLosantAnswer, type Shown } from '../../../src/services/losant/answers.js';

const answer = (status: number, body = '') => readLosantAnswer({ status, body: Buffer.from(body) });
const said = (type: string, message: string): string => JSON.stringify({ type, message });

describe('answers', () => {
  test.each<[number, string, string]>([
    [200, '{"success":true}', 'ok'],
    [200, '<html>login</html>', 'malformed'],
    [200, '', 'malformed'],
    [200, '5', 'malformed'],
    [400, said('Validation', 'bad'), 'bad-request'],
    [401, said('Unauthorized', 'no'), 'unauthorised'],
    [403, '', 'scope'],
    [404, said('NotFound', 'Device was not found'), 'deleted'],
    [404, said('NotFound', 'Application was not found'), 'config'],
    [410, '', 'deleted'],
    [405, said('MethodNotAllowed', 'x'), 'config'],
    [408, '', 'weather'],
    [413, '', 'too-large'],
    [422, said('Validation', 'bad'), 'bad-request'],
    // Without Losant's own word it is somebody in between: nothing of a record is wrong for that.
    [400, '<html>proxy</html>', 'unexpected'],
    [422, '{}', 'unexpected'],
    ...[302, 402, 406, 407, 409, 415, 418, 421, 423, 424, 425, 426, 431, 451].map(
      (status): [number, string, string] => [status, said('Whatever', 'no'), 'unexpected'],
    ),
    [429, '', 'throttled'],
    [500, '', 'weather'],
    [502, '<html>', 'weather'],
  ])('%i %s is %s', (status, body, is) => {
    expect(answer(status, body).is).toBe(is);
  });

  test.each<[number, Shown, string, number | undefined]>([
    [401, 'access-key', 'losant.refused', undefined],
    [403, 'access-key', 'losant.refused', 3_600_000],
    [400, 'access-key', 'losant.config', undefined],
    [404, 'access-key', 'losant.deleted', 3_600_000],
    [401, 'application-token', 'losant.token-refused', undefined],
    [401, 'device-token', 'losant.refused', undefined],
    [403, 'application-token', 'losant.scope', 3_600_000],
    [400, 'device-token', 'losant.bad-request', undefined],
    [413, 'device-token', 'losant.bad-request', undefined],
    [402, 'device-token', 'losant.unexpected', 3_600_000],
    [407, 'access-key', 'losant.unexpected', 3_600_000],
    [503, 'device-token', 'losant.weather', undefined],
  ])('%i to a %s: %s', (status, shown, code, retryAfterMs) => {
    const read = answer(status, said('T', 'why'));
    if (read.is === 'ok') expect.fail('it is no refusal');
    expect(answerError({ ...read, is: read.is }, 'step', shown)).toMatchObject({
      code,
      retryAfterMs,
      evidence: { http: status, step: 'step', type: 'T', text: 'why' },
    });
  });
});
