// The mailbox of a thing: methods the cloud calls wait in it until they are acknowledged, and are listed again and again
// until then. So each is handed on once a connection; what cannot be one is refused at once, for whoever called it waits.
//
//   notification, new connection, poll          +--again, if one came meanwhile, or something new was listed--+
//   idle ------------------------------> checking -----------------------------------------------------------+
//     ^                                      |
//     +--nothing new-------------------------+--no answer--> idle, once more later
//
// Not every server tells of mail that came while nobody was connected, and one listing may not hold all of it: it is
// looked into after each connection, and again once all that was listed is acknowledged.
import {
  AsyncQueue,
  type Clock,
  type Logger,
  type MethodCall,
  RecentSet,
  scrubber,
  type Timer,
  type Tr50Command,
  type Tr50Outcome,
} from '../../core/index.js';
import { meaningOf } from './judgement.js';
import { isJsonObject, memberOf, type Tr50Failure } from './tr50-answer.js';

const MAX_WAITING_METHODS = 64;
const MAX_REMEMBERED = 1024;
/** Asked for at once: many long ones would be more than a reply may have. */
const LIMIT = 16;
/** Of a listing that does not keep to it, so many are looked at. */
const MAX_LISTED = 256;
/** Looked into again so long after a check that got no answer; longer each time. */
const RETRY_MS = 30_000;
const MAX_RETRY_MS = 600_000;
/** What the cloud’s caller is told: 4 is what the module’s client says of commands it does not know, without its sign. */
const UNKNOWN_COMMAND = 4;
const MALFORMED = 7;
const ID = /^[\x21-\x7e]{1,128}$/;
const METHOD = /^[^\p{Cc}]{1,128}$/u;

export interface MailboxDeps {
  clock: Clock;
  log: Logger;
  /** One command over the road, in its order. Never rejects. */
  request(command: Tr50Command): Promise<Tr50Outcome>;
}

export interface Mailbox {
  /** For one reader. */
  readonly methods: AsyncIterable<MethodCall>;
  /** Looks into it, now or right after the look under way. Resolves with how many methods were handed on. */
  check(): Promise<number>;
  /** To be told of every request and what became of it: methods are answered by requests. */
  answered(commands: readonly Tr50Command[], outcomes: readonly Tr50Outcome[]): void;
  /** Nothing is asked or handed on any more. */
  end(): void;
  facts(): { methods: number; refusedMessages: number };
}

type Message =
  | { is: 'method'; call: MethodCall }
  | { is: 'bad'; id: string; errorCode: number; errorMessage: string }
  | { is: 'nothing' };

const isPassing = (failure: Tr50Failure): boolean => ['weather', 'session'].includes(meaningOf(failure));

/** One listed message, which may be anything. */
export function readMessage(value: unknown): Message {
  if (!isJsonObject(value)) return { is: 'nothing' };
  const given = memberOf(value, 'id');
  const id = typeof given === 'number' && Number.isSafeInteger(given) ? String(given) : given;
  // Without an id there is nobody to answer.
  if (typeof id !== 'string' || !ID.test(id)) return { is: 'nothing' };
  const command = memberOf(value, 'command');
  if (command !== 'method.exec') return { is: 'bad', id, errorCode: UNKNOWN_COMMAND, errorMessage: 'Unknown command' };
  const outer = memberOf(value, 'params') ?? {};
  const method = isJsonObject(outer) ? memberOf(outer, 'method') : undefined;
  const params = isJsonObject(outer) ? (memberOf(outer, 'params') ?? {}) : undefined;
  if (!isJsonObject(outer) || typeof method !== 'string' || !METHOD.test(method) || !isJsonObject(params))
    return { is: 'bad', id, errorCode: MALFORMED, errorMessage: 'Malformed method call' };
  const thingDefKey = memberOf(outer, 'thingDefKey');
  const isKey = typeof thingDefKey === 'string' && METHOD.test(thingDefKey);
  return { is: 'method', call: { id, method, params, ...(isKey ? { thingDefKey } : {}) } };
}

export function createMailbox({ clock, log, request }: MailboxDeps): Mailbox {
  const methods = new AsyncQueue<MethodCall>(MAX_WAITING_METHODS);
  /** Handed on or refused in this connection, the oldest first. */
  const seen = new RecentSet<string>(MAX_REMEMBERED);
  /** Listed, and no method. */
  const toRefuse: (Message & { is: 'bad' })[] = [];
  /** Listed, and not yet acknowledged. */
  const open = new Set<string>();
  let checking: Promise<number> | undefined;
  let isWantedAgain = false;
  /** There may be more than has been asked for. */
  let hasMore = false;
  let hasEnded = false;
  let retryMs = RETRY_MS;
  let retry: Timer | undefined;
  let handedOn = 0;
  let refused = 0;

  /** True when it is new. A full queue leaves it for a later listing. */
  const take = (message: Message): boolean => {
    if (message.is === 'nothing') {
      refused++;
      return false;
    }
    const id = message.is === 'method' ? message.call.id : message.id;
    if (seen.has(id)) return false;
    if (message.is === 'method') {
      if (!methods.push(message.call)) {
        hasMore = true;
        return false;
      }
      open.add(id);
      handedOn++;
    } else {
      refused++;
      log.warn('devicewise.message-refused', { errorCode: message.errorCode });
      toRefuse.push(message);
    }
    seen.add(id);
    return true;
  };

  const later = (): void => {
    retry?.cancel();
    retry = clock.after(retryMs, () => void mailbox.check());
    retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
  };

  /** One after the other: many at once would find no turn on the road. False: what was not heard is refused later. */
  const refuseAll = async (): Promise<boolean> => {
    for (let bad = toRefuse.shift(); bad && !hasEnded; bad = toRefuse.shift()) {
      const { id, errorCode, errorMessage } = bad;
      const outcome = await request({ command: 'mailbox.ack', params: { id, errorCode, errorMessage } });
      if (outcome.is === 'ok' || (outcome.is === 'failed' && !isPassing(outcome))) continue;
      for (const { id: left } of [bad, ...toRefuse.splice(0)]) seen.delete(left);
      later();
      return false;
    }
    return true;
  };

  /** One look. True: something was new, so there may be more. */
  const look = async (): Promise<boolean> => {
    const outcome = await request({ command: 'mailbox.check', params: { autoComplete: false, limit: LIMIT } });
    if (hasEnded) return false;
    if (outcome.is === 'ok') {
      retryMs = RETRY_MS;
      const messages = memberOf(outcome.params, 'messages');
      const listed = Array.isArray(messages) ? (messages as unknown[]) : [];
      // A server may list more than it was asked for; it is all the same to the reader.
      hasMore = listed.length >= LIMIT;
      const taken = listed.slice(0, MAX_LISTED).map((each) => take(readMessage(each)));
      return (await refuseAll()) && taken.includes(true);
    }
    if (outcome.is !== 'failed' || isPassing(outcome)) later();
    // A missing permission does not come by asking; a notification asks again.
    else
      log.warn('devicewise.mailbox-refused', {
        codes: outcome.codes.join(','),
        text: scrubber.scrub(outcome.messages[0] ?? ''),
      });
    return false;
  };

  /** What is listed is not listed again before the next connection, by some servers: it must find room. */
  const hasRoom = (): boolean => {
    const isRoom = open.size + LIMIT <= MAX_WAITING_METHODS;
    if (!isRoom) hasMore = true;
    return isRoom;
  };

  const lookOn = async (): Promise<number> => {
    const before = handedOn;
    retry?.cancel();
    do {
      isWantedAgain = false;
      if (await look()) isWantedAgain = true;
    } while (isWantedAgain && !hasEnded && hasRoom());
    checking = undefined;
    return handedOn - before;
  };

  const mailbox: Mailbox = {
    methods,
    check() {
      if (hasEnded || !hasRoom()) return Promise.resolve(0);
      if (checking) isWantedAgain = true;
      checking ??= lookOn();
      return checking;
    },
    answered(commands, outcomes) {
      commands.forEach(({ command, params }, index) => {
        const id = params?.['id'];
        const outcome = outcomes[index];
        // Refused for good is over as well: it is not said again.
        const isTaken = outcome?.is === 'ok' || (outcome?.is === 'failed' && !isPassing(outcome));
        if (command !== 'mailbox.ack' || typeof id !== 'string' || !isTaken) return;
        if (open.delete(id) && (open.size === 0 || hasMore)) void mailbox.check();
      });
    },
    end() {
      hasEnded = true;
      retry?.cancel();
      methods.end();
    },
    facts: () => ({ methods: handedOn, refusedMessages: refused }),
  };
  return mailbox;
}
