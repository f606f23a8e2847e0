// What the cloud asks of the module: the mailbox is looked into whenever it says there is something, methods go to the
// inbox, the rest the client answers itself (specs/devicewise.md 1.9).
import { isRecord } from '../../../fields.js';
import type { DeviceWiseState } from '../../device-wise.js';
import { DW } from './codes.js';
import { type Inbox, messageOf } from './inbox.js';
import { flatten, member, parseObject } from './json.js';
import type { Requests } from './requests.js';

/** Runs one line on the module's own AT executor and gives what it says. */
export type RunRemoteAt = (line: string, expiresMs: number, done: (output: string | undefined) => void) => void;

export interface CloudCallsDeps {
  state: DeviceWiseState;
  inbox: Inbox;
  requests: Requests;
  isRemoteAtOn: () => boolean;
  runRemoteAt: RunRemoteAt;
}

export interface CloudCalls {
  /** The cloud says that the mailbox has something. */
  mailboxActivity(): void;
  /** A new connection: what was under way is forgotten. */
  reset(): void;
}

/** A stuck remote command is given up after that. */
const REMOTE_AT_MS = 60_000;
/** Messages of one look into the mailbox. */
const MAX_SEEN = 1000;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export function createCloudCalls({ state, inbox, requests, isRemoteAtOn, runRemoteAt }: CloudCallsDeps): CloudCalls {
  let isChecking = false;
  let isAgain = false;
  let isExecuting = false;
  /** What this look has already seen: without it a message that stays in the mailbox would be looked at for ever. */
  let seen = new Set<string>();

  const acknowledge = (id: string, params?: Readonly<Record<string, unknown>>): void =>
    void requests.send('mailbox.ack', { id, ...(params ? { params } : {}) });
  const refuse = (id: string, errorCode: number, errorMessage: string): void =>
    void requests.send('mailbox.ack', { id, errorCode, errorMessage });

  const method = (id: string, call: unknown): void => {
    const name = textOf(member(call, 'method'));
    const thingDefKey = member(call, 'thingdefkey');
    const params = member(call, 'params');
    // Without a word, as the real one does it.
    if (name === '' || typeof thingDefKey !== 'string' || (!isRecord(params) && state.knobs.dropParamless)) return;
    const flat = flatten(params);
    const text = [id, thingDefKey, name, ...(flat === '' ? [] : [flat])].join(',');
    if (!inbox.put(messageOf(3, requests.nextId(), text))) refuse(id, DW.inboxFull, 'Inbox is full.');
  };
  const execute = (id: string, params: unknown): void => {
    if (!isRemoteAtOn()) {
      refuse(id, DW.unknownCommand, 'Unknown command');
      return;
    }
    if (isExecuting) {
      refuse(id, DW.execBusy, 'Remote AT is running.');
      return;
    }
    isExecuting = true;
    const seconds = Number(member(params, 'timeout'));
    const expiresMs = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, REMOTE_AT_MS) : REMOTE_AT_MS;
    runRemoteAt(textOf(member(params, 'input')), expiresMs, (output) => {
      isExecuting = false;
      if (output === undefined) refuse(id, DW.execFailed, 'Remote AT failed.');
      else acknowledge(id, { output });
    });
  };
  const diagnose = (id: string): void => {
    const { bytesIn, bytesOut, losses } = state.counters;
    acknowledge(id, { memory: 65_536, bytesIn, bytesOut, reconnects: losses });
  };
  const handle = (message: unknown): void => {
    const id = textOf(member(message, 'id'));
    if (id === '' || seen.has(id) || seen.size >= MAX_SEEN) return;
    seen.add(id);
    isAgain = true;
    const params = member(message, 'params');
    switch (member(message, 'command')) {
      case 'method.exec':
        method(id, params);
        return;
      case 'diag.ping':
        acknowledge(id);
        return;
      case 'module.diag':
        diagnose(id);
        return;
      case 'module.exec':
        execute(id, params);
        return;
      default:
        refuse(id, DW.unknownCommand, 'Unknown command');
    }
  };
  const check = (): void => {
    isChecking = true;
    isAgain = false;
    requests.send('mailbox.check', undefined, (payload) => {
      isChecking = false;
      const messages = payload && member(member(member(parseObject(payload), '1'), 'params'), 'messages');
      for (const message of Array.isArray(messages) ? (messages as unknown[]) : []) handle(message);
      if (isAgain) check();
    });
  };

  return {
    mailboxActivity() {
      if (isChecking) isAgain = true;
      else {
        seen = new Set();
        check();
      }
    },
    reset() {
      isChecking = false;
      isAgain = false;
      seen = new Set();
    },
  };
}
