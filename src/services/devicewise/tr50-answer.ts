// Reads a reply of TR50: an object by command ids, or one failure at its root that speaks for all of them. Who answers may
// be another version, a proxy or somebody unfriendly, so field names count without regard to case, lists may be scalars or
// absent, and everything has a size (specs/devicewise.md 2.3). Nothing here throws.
import { scrubber, type Tr50Command, type Tr50Outcome } from '../../core/index.js';

/** Of one reply, inflated. */
export const MAX_REPLY_BYTES = 262_144;
const MAX_DEPTH = 32;
const MAX_TEXTS = 8;
const MAX_TEXT = 200;

export interface Tr50Failure {
  codes: readonly number[];
  messages: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

export type Tr50Reply =
  /** The whole message was refused: no session, no JSON. */
  | { is: 'root'; failure: Tr50Failure }
  | { is: 'answers'; answers: Json }
  /** Not TR50 at all. */
  | { is: 'malformed'; why: string };

/** JSON without `__proto__` and without depths that would end whoever walks them; undefined when it is too deep. */
function cleaned(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw new RangeError('too deep');
  if (Array.isArray(value)) return value.map((each) => cleaned(each, depth + 1));
  const clean: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) if (key !== '__proto__') clean[key] = cleaned(each, depth + 1);
  return clean;
}

export const isJsonObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member by its name, whatever its case; the exact one first. */
export function memberOf(object: Json, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const lower = name.toLowerCase();
  const key = Object.keys(object).find((each) => each.toLowerCase() === lower);
  return key === undefined ? undefined : object[key];
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

const integerOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? scrubber
        .scrub(value.slice(0, 2000))
        .replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ')
        .slice(0, MAX_TEXT)
    : undefined;

function failureOf(answer: Json): Tr50Failure {
  const read = <T>(plural: string, singular: string, one: (value: unknown) => T | undefined): T[] =>
    listOf(memberOf(answer, plural) ?? memberOf(answer, singular))
      .slice(0, MAX_TEXTS)
      .map(one)
      .filter((each) => each !== undefined);
  return {
    codes: read('errorCodes', 'errorCode', integerOf),
    messages: read('errorMessages', 'errorMessage', textOf),
  };
}

/** True, false, or undefined where nothing of the kind is said. */
function successOf(answer: Json): boolean | undefined {
  const value = memberOf(answer, 'success');
  if (value === true || value === 1 || value === 'true') return true;
  return value === false || value === 0 || value === 'false' ? false : undefined;
}

export function readTr50Reply(bytes: Uint8Array): Tr50Reply {
  if (bytes.length > MAX_REPLY_BYTES) return { is: 'malformed', why: 'too long' };
  let json: unknown;
  try {
    json = cleaned(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
  } catch (error) {
    return { is: 'malformed', why: error instanceof RangeError ? 'too deep' : 'no JSON' };
  }
  if (!isJsonObject(json)) return { is: 'malformed', why: 'no object' };
  // A success at the root does not occur; then whatever stands beside it counts.
  if (successOf(json) === false) return { is: 'root', failure: failureOf(json) };
  return { is: 'answers', answers: json };
}

/**
 * What became of the command `id`. Not answered, or unreadably: nobody knows whether it had its effect, which is what a
 * time-out means.
 */
export function outcomeOf(reply: Tr50Reply, id: string): Tr50Outcome {
  if (reply.is === 'root') return { is: 'failed', ...reply.failure };
  const answer = reply.is === 'answers' && Object.hasOwn(reply.answers, id) ? reply.answers[id] : undefined;
  if (!isJsonObject(answer)) return { is: 'timeout' };
  const params = memberOf(answer, 'params');
  switch (successOf(answer)) {
    case true:
      return { is: 'ok', params: isJsonObject(params) ? params : {} };
    case false:
      return { is: 'failed', ...failureOf(answer) };
    case undefined:
      return { is: 'timeout' };
  }
}

/** The n-th command of a request; the module’s client looks at "1" alone. */
const idOf = (index: number): string => String(index + 1);

export const outcomesOf = (reply: Tr50Reply, count: number): Tr50Outcome[] =>
  Array.from({ length: count }, (_, index) => outcomeOf(reply, idOf(index)));

/** A request as JSON, or why it cannot be one. */
export function encodeTr50(
  commands: readonly Tr50Command[],
  maxBytes: number,
): { json: string } | { unsendable: string } {
  if (commands.length === 0) return { unsendable: 'no command' };
  let json: string;
  try {
    const entries = commands.map(({ command, params }, index) => {
      const isEmpty = params === undefined || Object.keys(params).length === 0;
      return [idOf(index), isEmpty ? { command } : { command, params }];
    });
    json = JSON.stringify(Object.fromEntries(entries));
  } catch {
    return { unsendable: 'no JSON' };
  }
  const length = Buffer.byteLength(json);
  return length > maxBytes ? { unsendable: `${length} bytes, at most ${maxBytes}` } : { json };
}

/** The same for all of them. */
export const everyOutcome = (count: number, outcome: Tr50Outcome): Tr50Outcome[] =>
  Array.from({ length: count }, () => outcome);
