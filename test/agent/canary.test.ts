import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { canarySelfTest } from '../../src/agent/canary.js';
import { credentialView } from '../../src/agent/report.js';
import {
  createFakeClock,
  createLogger,
  createOutput,
  type Output,
  Secret,
  type SecretKind,
  WaymarkError,
} from '../../src/core/index.js';
import { describeCredentials, safeJson } from '../../src/status/index.js';
import { createCredential, createDerived } from '../../src/vault/index.js';

describe('the self-test at start', () => {
  test('passes with the real sinks', () => {
    expect(() => canarySelfTest()).not.toThrow();
  });

  const raw =
    (change: (text: string) => string) =>
    (stream: NodeJS.WritableStream): Output => ({ dropped: 0, write: (text) => void stream.write(change(text)) });
  const forms = /canary[^"]{10,60}|Y2FuYXJ5[\w+/=-]{10,80}|63616e617279[0-9a-f]{10,120}/gi;

  test.each<[string, (stream: NodeJS.WritableStream) => Output]>([
    ['does not scrub', raw((text) => text)],
    ['scrubs nothing but the plain value', raw((text) => text.replace(/canary[^"\s]{10,60}/g, '[secret api-token]'))],
    ['says nothing', raw(() => '')],
  ])('refuses a sink that %s, and does not quote the canary', (_what, sink) => {
    const failure = (() => {
      try {
        canarySelfTest({ sink });
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ code: 'core.internal' });
    expect(String(failure)).not.toMatch(forms);
  });
});

const KINDS: Record<SecretKind, true> = {
  ...{ 'ztp-token': true, 'app-token': true, 'client-key': true, 'spartn-key': true, 'api-token': true },
  ...{ 'session-token': true, password: true, chipcode: true, 'location-token': true, pin: true },
  ...{ 'thingspace-key': true, 'thingspace-secret': true, 'uws-user': true, 'access-key': true },
  ...{ 'access-secret': true, 'application-token': true, 'device-token': true, 'enrolment-token': true },
  ...{ 'application-id': true, 'devicewise-session': true, 'page-token': true },
};

test.each(Object.keys(KINDS) as SecretKind[])('a %s is in no log, status, list, error or inspection', async (kind) => {
  const canary = `canary-of-${kind}+"/0123456789abcdef`;
  const clock = createFakeClock();
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      lines.push(text);
      done();
    },
  });
  const log = createLogger({ level: 'trace', output: createOutput(stream), now: () => clock.wall() });
  const echo = { evidence: { said: `no ${canary}`, encoded: Buffer.from(canary).toString('base64') } };
  const credential = createCredential(
    { clock, log },
    { id: 'one', kind, load: async () => ({ value: new Secret(kind, canary) }) },
  );
  const derived = createDerived(
    { clock, log },
    {
      ...{ id: 'two', kind, from: [credential] },
      fetch: () => Promise.reject(new WaymarkError('thingspace.refused', `refused ${canary}`, echo)),
    },
  );
  const lease = await credential.get();
  const failure: unknown = await derived.get().catch((error: unknown) => error);
  credential.report(lease, { is: 'refused', state: 'rejected', reason: 'refused', ...echo });
  const refusal: unknown = await credential.get().catch((error: unknown) => error);
  const views = [credential, derived].map((source) => credentialView(source.status(), clock));
  log.error('test', { lease, views, failure, refusal, cause: new Error('x', { cause: failure }) }, `it is ${canary}`);
  const everything = [
    safeJson({ credentials: views, lease, text: canary }),
    describeCredentials(views),
    inspect({ lease, credential, derived, views }, { depth: 12, showHidden: true }),
    JSON.stringify([lease, views]),
    String(lease.value),
    ...lines,
  ].join('\n');
  expect(everything).toContain(`[secret ${kind}`);
  for (const form of [
    canary,
    Buffer.from(canary).toString('base64'),
    Buffer.from(canary).toString('hex'),
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
  ])
    expect(everything).not.toContain(form);
});
