// What is sent back: bounded, on one line, and free of secrets, whatever an effect or a far side has put into it.
import { type CommandResult, isWaymarkError, oneLine, scrubber } from '../../core/index.js';
import { type Entry, MAX_ID, MAX_MESSAGE, type Outcome } from './ledger-model.js';
import { shown, wellFormed } from './table.js';

/** A report that is longer loses its largest members first, and says which. */
export const MAX_DATA_BYTES = 8192;
const MAX_LEFT_OUT = 20;

/** Scrubbed before it is cut: half a token would no longer be recognised. */
export function sentence(text: string): string {
  const line = wellFormed(oneLine(scrubber.scrub(text.slice(0, 16_384))));
  return line.length > MAX_MESSAGE ? `${wellFormed(line.slice(0, MAX_MESSAGE - 1))}…` : line;
}

/** How a failed effect is told. What is not expected keeps its words to itself: they are in the log. */
export const failure = (error: unknown): Outcome =>
  isWaymarkError(error)
    ? { end: 'failed', code: error.code, message: sentence(`${error.message}. ${error.hint}`) }
    : { end: 'failed', code: 'core.internal', message: 'an internal error; the log of the gateway tells more' };

export const INTERRUPTED: Outcome = {
  end: 'interrupted',
  code: 'command.interrupted',
  message: 'the gateway restarted while it ran this; it is not run again',
};

/** An id or name as it came, as far as it can be said back. */
export const echoed = (text: unknown): string =>
  typeof text === 'string' && text.length <= MAX_ID
    ? wellFormed(oneLine(scrubber.scrub(text)).slice(0, 2 * MAX_ID))
    : typeof text === 'string'
      ? shown(text)
      : '';

export const resultOf = (
  { id, name }: { id: unknown; name: unknown },
  outcome: Outcome,
  data?: Readonly<Record<string, unknown>>,
): CommandResult => ({
  id: echoed(id),
  name: echoed(name),
  ...outcome,
  message: sentence(outcome.message),
  ...(data === undefined ? {} : { data }),
});

/** The earlier end told again. */
export function repeated(entry: Entry): Outcome {
  const { end, code, message } = entry.outcome ?? INTERRUPTED;
  return {
    end: 'repeated',
    ...(code === undefined ? {} : { code }),
    message: sentence(`it came before and ended ${end}: ${message}`),
  };
}

/**
 * A report as plain JSON, scrubbed, of at most `MAX_DATA_BYTES`; what had to be left out is named in `leftOut`. Throws for
 * what is no JSON (a loop, a BigInt).
 */
export function boundedData(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members = Object.entries(data).flatMap(([name, value]) => {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? [] : [{ name, json: `${JSON.stringify(name)}:${json}` }];
  });
  const scrubbed = members.map(({ name, json }) => ({ name, json: scrubber.scrub(json) }));
  const leftOut: string[] = [];
  for (;;) {
    const more = leftOut.length === 0 ? [] : [`"leftOut":${JSON.stringify(leftOut.slice(0, MAX_LEFT_OUT).map(shown))}`];
    const text = `{${[...scrubbed.map(({ json }) => json), ...more].join(',')}}`;
    if (Buffer.byteLength(text) <= MAX_DATA_BYTES) return JSON.parse(text) as Record<string, unknown>;
    const largest = scrubbed.reduce((at, { json }, i) => (json.length > (scrubbed[at]?.json.length ?? 0) ? i : at), 0);
    const [gone] = scrubbed.splice(largest, 1);
    if (!gone) return {};
    leftOut.push(gone.name);
  }
}
