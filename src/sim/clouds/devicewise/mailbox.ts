// The mailboxes of all things: what waits for a thing, what was handed out, and how it ended.
//
//   queued --mailbox.check--> delivered --mailbox.ack--> acked
//     |  \--check, autoComplete------------------------> acked (automatic)
//     \-- ttl over, or pushed out by newer ones --> expired <-- ttl over -- delivered
//
// What was handed out comes again after the thing has connected anew (knob `redelivery`). Methods are few, so every
// change is written at once.
import type { Clock } from '../../../core/index.js';
import type { Call, DeviceWiseAccount } from './account.js';
import type { CallOptions } from './control.js';
import type { DeviceWiseSettings } from './settings.js';

/** Open messages of one thing; the oldest expires to make room. */
const MAX_OPEN = 200;
/** Messages kept of all things, done ones included. */
const MAX_CALLS = 2000;
const MAX_UPDATES = 100;
const DEFAULT_ACK_TIMEOUT_S = 60;
export const LONGEST_ACK_TIMEOUT_S = 300;

export interface Posted extends CallOptions {
  thingKey: string;
  command: string;
  method?: string;
  params?: unknown;
}

export interface Ack {
  errorCode: number;
  errorMessage?: string;
  params?: unknown;
}

export interface Mailbox {
  /** Gives the id of the message, or of the one that stands for it (singleton). */
  post(message: Posted): string;
  /** Hands out what may be handed out now. */
  take(thingKey: string, options: { limit: number; isAutomatic: boolean }): readonly Call[];
  /** False: no such open message of this thing. */
  update(thingKey: string, id: string, msg: string): boolean;
  ack(thingKey: string, id: string, ack: Ack): boolean;
  hasMail(thingKey: string): boolean;
  /** The thing has connected anew. */
  returned(thingKey: string): void;
  of(thingKey: string): readonly Call[];
  forget(thingKey: string): void;
}

export interface MailboxDeps {
  clock: Clock;
  account: DeviceWiseAccount;
  settings: () => DeviceWiseSettings;
  /** Something new waits for a thing. */
  notify: (thingKey: string) => void;
}

export function createMailbox({ clock, account, settings, notify }: MailboxDeps): Mailbox {
  const { calls } = account;
  const isOpen = ({ state }: Call): boolean => state === 'queued' || state === 'delivered';
  const isOver = ({ queuedMs, ttlS }: Call): boolean => ttlS >= 0 && clock.wall() >= queuedMs + ttlS * 1000;
  const sweep = (): void => {
    for (const call of calls) if (isOpen(call) && isOver(call)) call.state = 'expired';
  };
  const openOf = (thingKey: string): Call[] => {
    sweep();
    return calls.filter((call) => call.thingKey === thingKey && isOpen(call));
  };
  const isReady = (call: Call): boolean =>
    call.state === 'queued' || settings().redelivery === 'every-check' || !call.isOut;
  /** Keeps the list short: done ones go first, then the oldest. */
  const trim = (): void => {
    while (calls.length > MAX_CALLS) {
      const done = calls.findIndex((call) => !isOpen(call));
      calls.splice(Math.max(done, 0), 1);
    }
  };
  const find = (thingKey: string, id: string): Call | undefined =>
    calls.find((call) => call.id === id && call.thingKey === thingKey);

  return {
    post({ thingKey, command, method, params, singleton = false, ...times }) {
      const open = openOf(thingKey);
      const same = open.find((call) => singleton && call.command === command && call.method === method);
      if (same) return same.id;
      const eldest = open.length >= MAX_OPEN ? open[0] : undefined;
      if (eldest) eldest.state = 'expired';
      const ackTimeoutS = times.ackTimeoutS ?? DEFAULT_ACK_TIMEOUT_S;
      const call: Call = {
        ...{ id: account.newId(clock.wall()), thingKey, command },
        ...(method === undefined ? {} : { method }),
        ...(params === undefined ? {} : { params }),
        ...{ queuedMs: clock.wall(), ttlS: times.ttlS ?? ackTimeoutS, ackTimeoutS, isSingleton: singleton },
        ...{ state: 'queued', deliveredMs: [], updates: [], isOut: false },
      };
      calls.push(call);
      trim();
      account.save();
      notify(thingKey);
      return call.id;
    },
    take(thingKey, { limit, isAutomatic }) {
      const { mailboxLimit } = settings();
      const most = limit === 0 ? mailboxLimit : Math.min(limit, mailboxLimit);
      const taken = openOf(thingKey).filter(isReady).slice(0, most);
      for (const call of taken) {
        call.deliveredMs.push(clock.wall());
        if (call.deliveredMs.length > MAX_UPDATES) call.deliveredMs.shift();
        call.isOut = true;
        call.state = isAutomatic ? 'acked' : 'delivered';
        if (isAutomatic) call.acked = { atMs: clock.wall(), errorCode: 0, isLate: false, isAutomatic };
      }
      if (taken.length > 0) account.save();
      return taken;
    },
    update(thingKey, id, msg) {
      sweep();
      const call = find(thingKey, id);
      if (!call || !isOpen(call)) return false;
      call.updates.push({ atMs: clock.wall(), msg });
      if (call.updates.length > MAX_UPDATES) call.updates.shift();
      account.save();
      return true;
    },
    ack(thingKey, id, ack) {
      sweep();
      const call = find(thingKey, id);
      if (!call || call.state === 'acked') return false;
      if (call.state === 'expired' && settings().expiredAck === 'refused') return false;
      const { ackTimeoutS, queuedMs } = call;
      const isLate = ackTimeoutS >= 0 && clock.wall() >= queuedMs + ackTimeoutS * 1000;
      call.state = 'acked';
      call.acked = { atMs: clock.wall(), ...ack, isLate, isAutomatic: false };
      account.save();
      return true;
    },
    hasMail: (thingKey) => openOf(thingKey).some(isReady),
    returned(thingKey) {
      if (settings().redelivery === 'never') return;
      for (const call of openOf(thingKey)) call.isOut = false;
    },
    of(thingKey) {
      sweep();
      return calls.filter((call) => call.thingKey === thingKey);
    },
    forget(thingKey) {
      const left = calls.filter((call) => call.thingKey !== thingKey);
      calls.splice(0, calls.length, ...left);
    },
  };
}
