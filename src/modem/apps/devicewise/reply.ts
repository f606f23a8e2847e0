// What an answer of the inbox means for the request it belongs to (specs/devicewise.md 1.6, 1.8, 2.3).
import type { Tr50Outcome } from '../../../core/index.js';
import { type Params, paramsOf } from './methods.js';
import { type Fetched, moduleCodeOf } from './parse.js';
import { COMMAND_ID } from './raw.js';

const MAX_MESSAGES = 16;
const MAX_MESSAGE = 500;
const TIMED_OUT = /^Failed\s?: ?Operation timed out\.?$/;
const FAILED = /^Failed\s?: ?/;
/** Stopped, not connected, TCP time-out, stopping, nothing sent, nothing received, shut down. */
const LINK_CODES: ReadonlySet<number> = new Set([-18003, -18010, -18012, -18022, -18321, -18323, -18324]);
/** Parameters or JSON that the module cannot read. */
const FORM_CODES: ReadonlySet<number> = new Set([-18001, -18007, -18102, -18108, -19001, -19002, -19003]);
/** The cloud answered, but not in a way the module understands. */
const NO_COMMAND_ID = -18029;

/** What a code of the module's own client means: it is not the cloud that speaks. */
export function outcomeOfCode(code: number): Tr50Outcome {
  if (LINK_CODES.has(code)) return { is: 'link-lost' };
  if (FORM_CODES.has(code)) return { is: 'unsendable', reason: `the module refuses it (${code})` };
  if (code === NO_COMMAND_ID) return { is: 'failed', codes: [], messages: [`Failed: ${code}`] };
  return { is: 'timeout' };
}

function outcomeOfFailure(text: string): Tr50Outcome {
  if (TIMED_OUT.test(text)) return { is: 'timeout' };
  const code = moduleCodeOf(text);
  if (code !== undefined && code < 0) return outcomeOfCode(code);
  return { is: 'failed', codes: [], messages: [text.replace(FAILED, '').slice(0, MAX_MESSAGE)] };
}

/** Never throws, whatever the text is. */
export function outcomeOf(fetched: Fetched & { is: 'message' }): Tr50Outcome {
  const text = fetched.text.trim();
  const json = text.startsWith('{') ? objectOf(text) : undefined;
  if (json !== undefined) return outcomeOfJson(json, fetched.hasFailed);
  if (fetched.hasFailed || FAILED.test(text) || text === 'Failed without message.') return outcomeOfFailure(text);
  // The module says that it went well. JSON that is cut short by its buffer says no more than that.
  if (text === 'OK' || text === '' || text.startsWith('{')) return { is: 'ok', params: {} };
  return { is: 'ok', params: paramsOf(text) };
}

function outcomeOfJson(reply: Params, hasFailed: boolean): Tr50Outcome {
  const own = member(reply, COMMAND_ID);
  // Without ids it is the failure of the whole request.
  const said = isObject(own) ? own : reply;
  const success = member(said, 'success');
  if (success === false || (hasFailed && success !== true)) {
    const codes = listOf(member(said, 'errorCodes')).filter((code) => Number.isSafeInteger(code)) as number[];
    const messages = listOf(member(said, 'errorMessages'))
      .filter((message) => typeof message === 'string')
      .map((message) => message.slice(0, MAX_MESSAGE));
    return { is: 'failed', codes, messages };
  }
  const params = member(said, 'params');
  return { is: 'ok', params: isObject(params) ? params : {} };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, MAX_MESSAGES) : []);

const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of members are told apart without regard for case, as the makers' own client does. */
function member(object: Params, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}

function objectOf(text: string): Params | undefined {
  try {
    const value: unknown = JSON.parse(text, (key, one: unknown) => (key === '__proto__' ? undefined : one));
    return isObject(value) ? value : undefined;
  } catch {
    // No JSON, or nested so deeply that reading it fails.
    return undefined;
  }
}
