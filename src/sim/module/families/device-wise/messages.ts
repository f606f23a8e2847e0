// Sending (AT#DWSEND, AT#DWSENDR) and fetching what came (AT#DWLRCV, AT#DWRCV, AT#DWRCVR) (specs/devicewise.md 1.7, 1.8).

import { type CommandContext, type CommandTable, numberIn, type Outcome } from '../../command.js';
import type { MessageType } from '../../device-wise.js';
import { DW, failure } from './codes.js';
import { messageOf } from './inbox.js';
import { parseObject, printJson, verdictOf } from './json.js';
import type { OnReply } from './requests.js';
import { readSend } from './tokens.js';

const MAX_RAW_BYTES = 1500;
const MAX_ID = 99_999;
const TIMED_OUT = 'Failed: Operation timed out.';

/** Lines are bytes: what is UTF-8 goes through as it is. */
const asLine = (bytes: Buffer): string => bytes.toString('latin1');

function failedSend({ state, info }: CommandContext, name: string, code: number): Outcome {
  const { knobs } = state.deviceWise;
  if (knobs.failedLine) info(`${name}: Failed: ${code}`);
  return failure(code, knobs);
}

/** Undefined: the client can send. An attempt uses up an id unless the client is stopped. */
function obstacle({ deviceWise: client }: CommandContext): number | undefined {
  if (!client.isStarted) return DW.stopped;
  if (client.isConnected) return undefined;
  client.requests.nextId();
  return DW.notConnected;
}

/** Files what the cloud answered, or that it did not. */
function filing({ state, deviceWise: client }: CommandContext, type: MessageType): OnReply {
  return (payload, id) => {
    const verdict = payload ? verdictOf(payload, type === 2) : { isFailed: true, text: TIMED_OUT };
    client.inbox.put(messageOf(type, state.deviceWise.knobs.constantMsgId ? 1 : id, verdict.text, verdict.isFailed));
  };
}

function send(context: CommandContext, text: string): Outcome {
  const { state, deviceWise: client, info } = context;
  const name = '#DWSEND';
  const sent = readSend(Buffer.from(text, 'latin1').toString('utf8'));
  if (sent.is === 'failed') return failedSend(context, name, sent.code);
  const code = obstacle(context);
  if (code !== undefined) return failedSend(context, name, code);
  if (sent.isAcknowledgement) {
    client.requests.send(sent.command, sent.params);
    info(state.deviceWise.knobs.ackPrintsFailed0 ? `${name}: Failed: 0` : `${name}: 0`);
    return 'OK';
  }
  const id = client.requests.send(sent.command, sent.params, filing(context, 1));
  info(`${name}: ${id}`);
  return 'OK';
}

function sendRaw(context: CommandContext, args: readonly string[]): Outcome | 'PENDING' {
  const { state, deviceWise: client, info } = context;
  const name = '#DWSENDR';
  const count = numberIn(args[0], 1, MAX_RAW_BYTES);
  if (args.length !== 1 || count === undefined) return failedSend(context, name, DW.badParameters);
  const isEchoed = state.deviceWise.knobs.echoesPayload;
  context.promptBytes({ count, endsWith: 'count', isEchoed }, (bytes) => {
    if (!bytes) return 'ERROR';
    const request = parseObject(bytes);
    if (!request) return failedSend(context, name, DW.invalidJson);
    const code = obstacle(context);
    if (code !== undefined) return failedSend(context, name, code);
    info(`${name}: ${client.requests.sendRaw(printJson(request), filing(context, 2))}`);
    return 'OK';
  });
  return 'PENDING';
}

function list({ state, info }: CommandContext): Outcome {
  const { inbox } = state.deviceWise;
  const waiting = inbox.map(({ id, data }) => `,${id},${data.length}`).join('');
  info(`#DWLRCV: ${inbox.length}${waiting}`);
  return 'OK';
}

function fetch(context: CommandContext, args: readonly string[], isRaw: boolean): Outcome {
  const { state, deviceWise: client, info } = context;
  const { knobs } = state.deviceWise;
  const prefix = isRaw ? '#DWRDATA' : '#DWDATA';
  const wanted = numberIn(args[0], 0, MAX_ID);
  if (args.length !== 1 || wanted === undefined) return failure(DW.badParameters, knobs);
  const message = client.inbox.take(wanted, isRaw);
  if (typeof message === 'number') {
    if (knobs.unknownIdAnswer === 'error') return failure(message, knobs);
    // The blank before the colon is the library's.
    const text = `Failed : ${message}`;
    info(knobs.unknownIdAnswer === 'text' ? `${prefix}: ${text}` : text);
    return 'OK';
  }
  const { id, isFailed, data } = message;
  info(`${prefix}: ${id},${isFailed ? 1 : 0},${data.length},${asLine(data)}`);
  return 'OK';
}

export const MESSAGE_COMMANDS: CommandTable = {
  '#DWSEND': { set: (context, _args, text) => send(context, text), test: '(0-3)', latency: 'query' },
  '#DWSENDR': { set: sendRaw, test: `(1-${MAX_RAW_BYTES})`, latency: 'query' },
  '#DWLRCV': { exec: list, test: '', latency: 'query' },
  '#DWRCV': { set: (context, args) => fetch(context, args, false), test: '', latency: 'query' },
  '#DWRCVR': { set: (context, args) => fetch(context, args, true), test: '', latency: 'query' },
};
