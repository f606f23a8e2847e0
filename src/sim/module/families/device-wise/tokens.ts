// What stands behind AT#DWSEND=, cut into tokens and made into a TR50 command, with everything that corrupts data on the
// way (specs/devicewise.md 1.7).
import { DW } from './codes.js';

const MAX_TOKENS = 32;
/** A quoted value with a comma has its length counted in one byte. */
const LENGTH_BITS = 0xff;

export type Sent =
  /** `isAcknowledgement`: nobody waits for an answer, and no id is printed. */
  | { is: 'command'; command: string; params?: Readonly<Record<string, unknown>>; isAcknowledgement: boolean }
  | { is: 'failed'; code: number };

/** Separators in a row count as one; quotes at the beginning of a token protect them to the next quote. */
export function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const isSeparator = (char: string | undefined): boolean => char === ',' || char === '\r' || char === '\n';
  let at = 0;
  while (at < text.length) {
    if (isSeparator(text[at])) {
      at++;
      continue;
    }
    const close = text[at] === '"' ? text.indexOf('"', at + 1) : -1;
    let end = at;
    if (close > 0 && (close + 1 === text.length || isSeparator(text[close + 1]))) end = close + 1;
    else while (end < text.length && !isSeparator(text[end])) end++;
    const token = text.slice(at, end);
    const isCut = close > 0 && token.includes(',') && token.length - 2 > LENGTH_BITS;
    tokens.push(isCut ? `"${token.slice(1, 1 + ((token.length - 2) & LENGTH_BITS))}"` : token);
    at = end;
  }
  return tokens;
}

/** Digits and dots become a number (through 32 bits, or as far as it reads as one), everything else is text. */
export function valueOf(token: string): string | number {
  if (token.length >= 2 && token.startsWith('"') && token.endsWith('"')) return token.slice(1, -1);
  if (!/^[\d.]+$/.test(token)) return token;
  if (!token.includes('.')) return Number(BigInt.asIntN(32, BigInt(token)));
  return Number(/^(?:\d+\.?\d*|\.\d+)/.exec(token)?.[0] ?? '0');
}

/** Undefined: a key without its value. */
function pairsOf(tokens: readonly string[]): Record<string, unknown> | undefined {
  if (tokens.length % 2 !== 0) return undefined;
  const pairs: [string, unknown][] = [];
  for (let i = 0; i < tokens.length; i += 2) pairs.push([tokens[i] ?? '', valueOf(tokens[i + 1] ?? '')]);
  return Object.fromEntries(pairs);
}

const textOf = (token: string): string => token.replace(/^"(.*)"$/s, '$1');
/** As C reads a number at the beginning of a text. */
const wholeOf = (token: string): number => Number(/^-?\d+/.exec(token)?.[0] ?? '0') | 0;
const failed = (code: number): Sent => ({ is: 'failed', code });
const withParams = (params: Record<string, unknown>): { params?: Record<string, unknown> } =>
  Object.keys(params).length > 0 ? { params } : {};

/** 0,<command>[,<key>,<value>]* */
function request([command, ...rest]: readonly string[]): Sent {
  if (command === undefined) return failed(DW.badParameters);
  const params = pairsOf(rest);
  if (!params) return failed(DW.unevenParameters);
  return { is: 'command', command, ...withParams(params), isAcknowledgement: false };
}

/** 1,<thing>,<timeout>,<method>,<singleton>[,<key>,<value>]* */
function call([thingKey, timeout, method, singleton, ...rest]: readonly string[]): Sent {
  if (thingKey === undefined || timeout === undefined || method === undefined || singleton === undefined)
    return failed(DW.badParameters);
  const params = pairsOf(rest);
  if (!params) return failed(DW.unevenParameters);
  const head = { thingKey, ackTimeout: wholeOf(timeout), method, singleton: wholeOf(singleton) !== 0 };
  return {
    is: 'command',
    command: 'method.exec',
    params: { ...head, ...withParams(params) },
    isAcknowledgement: false,
  };
}

/** 2,<method id>,<message> */
function update([id, message]: readonly string[]): Sent {
  if (id === undefined || message === undefined) return failed(DW.badParameters);
  return { is: 'command', command: 'mailbox.update', params: { id, msg: textOf(message) }, isAcknowledgement: true };
}

/** 3,<method id>,0[,<key>,<value>]* or 3,<method id>,<code>,<text> */
function acknowledge([id, code, ...rest]: readonly string[]): Sent {
  if (id === undefined || code === undefined) return failed(DW.badParameters);
  const errorCode = wholeOf(code);
  if (errorCode !== 0) {
    const [text] = rest;
    if (text === undefined) return failed(DW.badParameters);
    const params = { id, errorCode, errorMessage: textOf(text) };
    return { is: 'command', command: 'mailbox.ack', params, isAcknowledgement: true };
  }
  const params = pairsOf(rest);
  if (!params) return failed(DW.unevenParameters);
  return { is: 'command', command: 'mailbox.ack', params: { id, ...withParams(params) }, isAcknowledgement: true };
}

/** What the text behind the command asks for. */
export function readSend(text: string): Sent {
  const [type, ...tokens] = tokensOf(text);
  if (type === undefined) return failed(DW.badParameters);
  if (tokens.length + 1 > MAX_TOKENS) return failed(DW.tooManyParameters);
  switch (type) {
    case '0':
      return request(tokens);
    case '1':
      return call(tokens);
    case '2':
      return update(tokens);
    case '3':
      return acknowledge(tokens);
    default:
      return failed(DW.unknownMode);
  }
}
