// What became of a method, as the acknowledgement that ends the call for whoever made it (specs/devicewise.md 2.5,
// mailbox.ack). A report that is too long for the road loses its largest members first, and says which.
//
//   end          errorCode
//   done         0          repeated: as the earlier end was; one that was done is done
//   failed       1
//   refused      2
//   interrupted  3
import type { CommandEnd, Tr50Command } from '../../core/index.js';
import { cutText, jsonBytes } from './text.js';

type Body = Readonly<Record<string, unknown>>;

const ERROR_CODES: Readonly<Record<Exclude<CommandEnd, 'repeated'>, number>> = {
  done: 0,
  failed: 1,
  refused: 2,
  interrupted: 3,
};
/** Of the request around the report. */
const AROUND_BYTES = 200;
const MAX_MESSAGE_BYTES = 400;
const MAX_LEFT_OUT = 10;
const MAX_NAME_BYTES = 40;

/** Undefined: no id to answer to. */
export function resultAck(body: Body, maxRequestBytes: number): Tr50Command | undefined {
  const id = textOf(body['commandId']);
  if (id === '') return undefined;
  const errorCode = errorCodeOf(body);
  const [code, text] = [textOf(body['code']), textOf(body['message'])];
  const message = cutText([code, text].filter((part) => part !== '').join(': '), MAX_MESSAGE_BYTES);
  const data = body['data'];
  const room = maxRequestBytes - AROUND_BYTES - jsonBytes(id) - jsonBytes(message);
  const report = isObject(data) ? fitted(data, room) : undefined;
  // What was done has no error message of its own, so its sentence goes with what is handed back.
  const params = errorCode === 0 && message !== '' ? { message, ...report } : report;
  return {
    command: 'mailbox.ack',
    params: {
      id,
      errorCode,
      ...(errorCode === 0 ? {} : { errorMessage: message === '' ? 'not done' : message }),
      ...(params === undefined ? {} : { params }),
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function errorCodeOf({ end, code, message }: Body): number {
  const told = /\bended (done|failed|refused|interrupted)\b/.exec(textOf(message))?.[1];
  // A repeated command carries the code of its earlier end; one that was done has none.
  const meant = end === 'repeated' ? (told ?? (typeof code === 'string' ? 'failed' : 'done')) : end;
  return Object.entries(ERROR_CODES).find(([name]) => name === meant)?.[1] ?? ERROR_CODES.failed;
}

/** As many members as there is room for, the smallest first; those left out are named. */
function fitted(data: Body, maxBytes: number): Body {
  const members = Object.entries(data).filter(
    ([name, value]) => name !== '__proto__' && (JSON.stringify(value) as string | undefined) !== undefined,
  );
  if (jsonBytes(Object.fromEntries(members)) <= maxBytes) return Object.fromEntries(members);
  const sizes = new Map(members.map(([name, value]) => [name, jsonBytes({ [name]: value })]));
  const largest = members.toSorted((a, b) => (sizes.get(b[0]) ?? 0) - (sizes.get(a[0]) ?? 0));
  const gone = new Set<string>();
  const kept = (): Record<string, unknown> => ({
    ...Object.fromEntries(members.filter(([name]) => !gone.has(name))),
    leftOut: [...gone].slice(0, MAX_LEFT_OUT).map((name) => cutText(name, MAX_NAME_BYTES)),
  });
  for (const [name] of largest) {
    gone.add(name);
    if (jsonBytes(kept()) <= maxBytes) break;
  }
  return kept();
}
