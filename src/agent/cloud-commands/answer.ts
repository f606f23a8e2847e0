// What is sent back: bounded, on one line, and free of secrets, whatever an effect or a far side has put into it.
import { type CommandResult, isWaymarkError, oneLine, scrubber } from '../../core/index.js';
import { type Entry, MAX_ID, MAX_MESSAGE, type Outcome } from './ledger-model.js';
import { shown, wellFormed } from './table.js';

/** A report that is longer loses its largest members first, and says which. */
export const MAX_DATA_BYTES = 8192;
const MAX_LEFT_OUT = 10;
/** So many names, each of `shown`'s length in characters of several bytes. */
const LEFT_OUT_BYTES = 2048;

type Plain = Record<string, unknown>;

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
export function boundedData(data: Readonly<Plain>): Plain {
  const members = Object.entries(data).flatMap(([name, value]) => {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? [] : [{ name, json: scrubber.scrub(`${JSON.stringify(name)}:${json}`) }];
  });
  // A comma or brace beside each; what names the left out ones comes on top and has room of its own.
  const bytesOf = ({ json }: { json: string }): number => Buffer.byteLength(json) + 1;
  let bytes = members.reduce((sum, member) => sum + bytesOf(member), 1);
  if (bytes <= MAX_DATA_BYTES) return JSON.parse(`{${members.map(({ json }) => json).join(',')}}`) as Plain;
  const gone = new Set<{ name: string; json: string }>();
  for (const member of members.toSorted((a, b) => b.json.length - a.json.length)) {
    if (bytes <= MAX_DATA_BYTES - LEFT_OUT_BYTES) break;
    bytes -= bytesOf(member);
    gone.add(member);
  }
  const leftOut = [...gone].slice(0, MAX_LEFT_OUT).map(({ name }) => shown(name));
  const kept = members.filter((member) => !gone.has(member)).map(({ json }) => json);
  return JSON.parse(`{${[...kept, `"leftOut":${JSON.stringify(leftOut)}`].join(',')}}`) as Plain;
}
