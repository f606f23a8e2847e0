// A self-test at start: a secret nobody else knows goes through log and status door in every form it could leak in, and
// the agent does not start if one of them comes out (specs/tokens.md section 6.10).
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { createLogger, createOutput, Secret, WaymarkError } from '../core/index.js';
import { safeJson } from '../status/index.js';

/** The canary as every road has it: the value, then what is done to it on the way. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [
    value,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
}

/** A stream that keeps what it is given. */
function capturing(): { stream: NodeJS.WritableStream; text: () => string } {
  let text = '';
  const stream = {
    on: () => stream,
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  };
  return { stream: stream as unknown as NodeJS.WritableStream, text: () => text };
}

export interface CanaryDeps {
  /** Where lines go through the same hands as everywhere (default: the real ones, into memory). */
  sink?: typeof createOutput;
}

/** Costs a few milliseconds. Errors: `core.internal` naming the way it got out, never the value. */
export function canarySelfTest({ sink = createOutput }: CanaryDeps = {}): void {
  // Characters that each encoding changes in its own way.
  const value = `canary+/"&\\${randomBytes(12).toString('hex')}=`;
  const secret = new Secret('api-token', value);
  const forms = formsOf(value);
  const { stream, text } = capturing();
  const output = sink(stream);
  const log = createLogger({ level: 'debug', output, now: () => 0 });

  const check = (way: string): void => {
    const seen = text();
    if (forms.some((form) => seen.includes(form)))
      throw new WaymarkError('core.internal', `self-test: a secret gets out by way of ${way}`, {
        hint: 'The program will not start, so that no token can be read in a log: report this with its version.',
      });
  };

  const error = new Error(`refused ${value}`, { cause: new Error(`because of ${forms[1] ?? ''}`) });
  const ways: Readonly<Record<string, () => void>> = {
    'the sentence': () => log.debug('canary', {}, forms.join(' ')),
    fields: () => log.debug('canary', { a: { b: { c: [value, { d: secret }] } }, [value]: 1 }),
    'an error': () => log.debug('canary', { error }),
    'its stack': () => output.write(`${error.stack ?? ''}\n`),
    'an inspection': () => output.write(`${inspect({ secret, deep: { secret }, error }, { depth: 8 })}\n`),
    'a header': () => output.write(`Authorization: Bearer ${value}\nVZ-M2M-Token: ${value}\nCookie: s=${value}\n`),
    'an AT line': () => output.write(`> AT#DWCFG="h",1,"${value}"\n`),
    'a request': () => output.write(`POST /x?token=${encodeURIComponent(value)} ${JSON.stringify({ body: value })}\n`),
    'the status door': () => output.write(safeJson({ secret, text: forms, nested: JSON.stringify({ value }) })),
  };
  for (const [way, go] of Object.entries(ways)) {
    go();
    check(way);
  }
  // Silence would pass every check.
  if (!text().includes('[secret api-token'))
    throw new WaymarkError('core.internal', 'self-test: the sinks say nothing');
}
