// The mailbox on the module road. The module looks into it when it is notified and rings for each call, but not every server
// notifies a thing that comes back, and the module never looks by itself: so it is looked into here after the connection and
// now and then, and what the module rings for and what is listed come as one.
//
//   connected, half an hour, an answer was taken ──> mailbox.check, few at once ──> new calls
//   ring ──────────────────────────────────────────────────────────────────────> new calls ──> one reader
//
// Few at once, because the module takes an answer of 1500 bytes; messages that are no method calls are the module's own
// business, or nobody's, and are left to it.

import {
  AsyncQueue,
  type Clock,
  type Logger,
  type MethodCall,
  RecentSet,
  type Timer,
  type Tr50Command,
  type Tr50Outcome,
} from '../../core/index.js';
import { readMessage } from './mailbox.js';
import { isJsonObject, memberOf } from './tr50-answer.js';

const MAX_WAITING = 64;
const MAX_REMEMBERED = 1024;
const LIMIT = 2;
const EVERY_MS = 1_800_000;
const CHECK: Tr50Command = { command: 'mailbox.check', params: { autoComplete: false, limit: LIMIT } };

export interface ModuleMailboxDeps {
  clock: Clock;
  log: Logger;
  /** What the module rings for. */
  rung: AsyncIterable<MethodCall>;
  /** One command over the road. Never rejects. */
  request(command: Tr50Command): Promise<Tr50Outcome>;
}

export interface ModuleMailbox {
  /** Each call once a connection; ends with what the module rings for. For one reader. */
  readonly methods: AsyncIterable<MethodCall>;
  /** Looks into it. */
  check(): Promise<void>;
  /** To be told of each command and what became of it: once a listed call is answered, there may be room for more. */
  answered(command: Tr50Command, outcome: Tr50Outcome): void;
  end(): void;
}

export function createModuleMailbox({ clock, log, rung, request }: ModuleMailboxDeps): ModuleMailbox {
  const methods = new AsyncQueue<MethodCall>(MAX_WAITING);
  const seen = new RecentSet<string>(MAX_REMEMBERED);
  /** Listed by us and not yet answered. */
  const open = new Set<string>();
  let isChecking = false;
  let hasEnded = false;
  let timer: Timer | undefined;

  const isOver = (): boolean => hasEnded;
  const end = (): void => {
    hasEnded = true;
    timer?.cancel();
    methods.end();
  };

  const readRung = async (): Promise<void> => {
    for await (const call of rung) {
      if (!seen.add(call.id)) continue;
      while (!isOver() && !methods.push(call)) await methods.hasRoom();
    }
    end();
  };

  const listedIn = (outcome: Tr50Outcome): readonly unknown[] => {
    const messages = outcome.is === 'ok' && isJsonObject(outcome.params) ? memberOf(outcome.params, 'messages') : [];
    return Array.isArray(messages) ? (messages as unknown[]).slice(0, MAX_WAITING) : [];
  };

  const check = async (): Promise<void> => {
    if (isChecking || isOver()) return;
    isChecking = true;
    timer?.cancel();
    const outcome = await request(CHECK);
    isChecking = false;
    if (isOver()) return;
    if (outcome.is !== 'ok') log.debug('devicewise.mailbox', { outcome: outcome.is });
    for (const each of listedIn(outcome)) {
      const message = readMessage(each);
      // A full queue leaves it for a later look.
      if (message.is !== 'method' || seen.has(message.call.id) || !methods.push(message.call)) continue;
      seen.add(message.call.id);
      open.add(message.call.id);
    }
    timer = clock.after(EVERY_MS, () => void check());
  };

  void readRung().catch((error: unknown) => {
    log.warn('devicewise.methods', { error: error instanceof Error ? error : new Error('methods ended') });
    end();
  });

  return {
    methods,
    check,
    answered({ command, params }, outcome) {
      const id = params?.['id'];
      if (command !== 'mailbox.ack' || typeof id !== 'string') return;
      if ((outcome.is === 'ok' || outcome.is === 'failed') && open.delete(id) && open.size === 0) void check();
    },
    end,
  };
}
