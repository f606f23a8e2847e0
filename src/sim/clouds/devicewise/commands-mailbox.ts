// mailbox.* and method.exec (specs/devicewise.md 2.5). A call to another thing is queued and answered at once, whatever
// its ackTimeout: the real platform holds the answer back until the ack.

import { isRecord } from '../../fields.js';
import type { Call, Thing } from './account.js';
import { failed, noThing, OK, type Outcome } from './answers.js';
import { type Command, type CommandCall, type CommandGroup, given, isoOf, paramsOf } from './command.js';
import { LONGEST_ACK_TIMEOUT_S } from './mailbox.js';
import type { Params } from './params.js';
import type { Json } from './types.js';

const noMessage = (id: string): Outcome => failed('not-found', `Mailbox message ${id.slice(0, 64)} not found`);

/** A message as it is handed out. */
function messageOf(call: Call, thing: Thing): Json {
  const { id, command, method, params, ackTimeoutS, isSingleton, queuedMs } = call;
  const inner =
    method === undefined
      ? params
      : {
          ...{ thingDefKey: thing.defKey, method },
          ...(params === undefined ? {} : { params }),
          ...{ ackTimeout: ackTimeoutS, singleton: isSingleton },
        };
  const head = { id, thingKey: thing.key, command, from: 'portal', ts: isoOf(queuedMs) };
  return inner === undefined ? head : { ...head, params: inner };
}

const check: Command = (call) => {
  const { cloud, speaker } = call;
  const params = paramsOf(call);
  const isAutomatic = params.flag('autoComplete');
  const limit = params.maybeNumber('limit', { min: 0, isWhole: true }) ?? 0;
  if (params.failure) return params.failure;
  const messages = cloud.mailbox.take(speaker.key, { limit, isAutomatic });
  return { is: 'ok', params: { messages: messages.map((message) => messageOf(message, speaker)) } };
};

const update: Command = (call) => {
  const { cloud, speaker } = call;
  const params = paramsOf(call);
  const [id, msg] = [params.text('id'), params.text('msg')];
  if (params.failure) return params.failure;
  return cloud.mailbox.update(speaker.key, id, msg) ? OK : noMessage(id);
};

const ack: Command = (call) => {
  const { cloud, speaker, raw } = call;
  const params = paramsOf(call);
  const id = params.text('id');
  const errorCode = params.maybeNumber('errorCode', { isWhole: true }) ?? 0;
  const errorMessage = params.maybeText('errorMessage');
  if (params.failure) return params.failure;
  const more = given({ errorMessage, params: raw['params'] });
  return cloud.mailbox.ack(speaker.key, id, { errorCode, ...more }) ? OK : noMessage(id);
};

const timesOf = (params: Params): { ackTimeoutS?: number; ttlS?: number; singleton: boolean } => ({
  ...given({
    ackTimeoutS: params.maybeNumber('ackTimeout', { min: -1, max: LONGEST_ACK_TIMEOUT_S }),
    ttlS: params.maybeNumber('ttl', { min: -1 }),
  }),
  singleton: params.flag('singleton'),
});

function post(call: CommandCall, isMethod: boolean): Outcome {
  const { cloud, thing, raw } = call;
  const params = paramsOf(call);
  const command = isMethod ? 'method.exec' : params.text('command');
  const method = isMethod ? params.text('method') : undefined;
  if (isMethod) params.text('thingKey');
  const times = timesOf(params);
  if (params.failure) return params.failure;
  if (raw['params'] !== undefined && !isRecord(raw['params'])) return failed('parameter', 'params must be an object');
  if (!cloud.account.things.includes(thing)) return noThing;
  const id = cloud.mailbox.post({
    ...{ thingKey: thing.key, command },
    ...given({ method, params: raw['params'] }),
    ...times,
  });
  return { is: 'ok', params: { id } };
}

export const MAILBOX_COMMANDS: CommandGroup = {
  'mailbox.check': { run: check, target: 'own' },
  'mailbox.update': { run: update, target: 'own' },
  'mailbox.ack': { run: ack, target: 'own' },
  'mailbox.send': { run: (call) => post(call, false), target: 'any' },
  'method.exec': { run: (call) => post(call, true), target: 'any' },
};
