// One MQTT session: one client object on one connected stream, gone when the stream is. Reconnecting, queueing and
// resubscribing belong to the caller; the library's own are off, because its queue poisons a session, its graceful end
// can wait for ever and its back-off is none (specs/reliability.md findings 2 to 6, section 3.2).
import type { Duplex } from 'node:stream';
import { type IConnackPacket, MqttClient } from 'mqtt';
import {
  AsyncQueue,
  abortReason,
  type Clock,
  deferred,
  type Logger,
  onAbort,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import { mapTlsError } from '../net/index.js';
import { clientOptions, closeSentence, mapClientError, shownOf } from './client.js';
import { createPacketGuard } from './guard.js';
import type { SessionOptions } from './options.js';
import { planSubscriptions } from './subscriptions.js';

const ACK_DEADLINE_MS = 30_000;
const CLOSE_DEADLINE_MS = 1000;
const MAX_WAITING_MESSAGES = 64;
/** Some brokers refuse more filters than this in one SUBSCRIBE. */
const SUBSCRIBE_BATCH = 8;
/** DISCONNECT. */
const GOODBYE = Uint8Array.of(0xe0, 0);

export interface Message {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

export interface Session {
  /** For one reader. The broker is held back while more than 64 wait. Ends without an error; the reason is `closed`. */
  readonly messages: AsyncIterable<Message>;
  /**
   * Makes the subscriptions be `topics`: asks for what is missing, gives up what is no longer wanted. `again` asks for
   * all. What the broker or this room refuses is listed, not thrown. Errors: `mqtt.closed`, `core.timeout` (30 s).
   */
  want(topics: readonly string[], options?: { again?: boolean }): Promise<{ granted: string[]; refused: string[] }>;
  /** QoS 1 resolves at PUBACK (accepted by the broker, not delivered). Errors: `mqtt.closed`, `core.timeout` (30 s). */
  publish(topic: string, payload: string | Uint8Array, options: { qos: 0 | 1; retain?: boolean }): Promise<void>;
  /** Settles once with why it ended; `evidence.aliveMs` is the time since CONNACK (a short life hints at a twin). */
  readonly closed: Promise<WaymarkError>;
  /** Idempotent, takes at most about a second, never rejects. */
  close(): Promise<void>;
}

export interface SessionDeps {
  clock: Clock;
  log: Logger;
}

/** Connects and resolves after CONNACK. Errors: those of `connect`, `mqtt.refused`, `mqtt.unavailable`, `mqtt.closed`, `tls.*`, `net.*`, `core.timeout`. */
export async function openSession(
  deps: SessionDeps,
  options: SessionOptions,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<Session> {
  const stream = await options.connect(signal ?? new AbortController().signal);
  if (stream.destroyed) {
    // It died while nobody listened to it yet, as when a server refuses our certificate right after the handshake.
    if (stream.errored) throw mapTlsError(stream.errored, shownOf(options));
    throw new WaymarkError('mqtt.closed', closeSentence(false));
  }
  const connection = createConnection(deps, options, stream);
  const off = onAbort(signal, () => signal && connection.fail(toAbortError(signal)));
  try {
    await withDeadline(
      { clock: deps.clock, ms: options.connackTimeoutMs, signal, what: `CONNACK for ${shownOf(options)}` },
      () => connection.accepted,
    );
    return connection.session;
  } catch (error) {
    connection.fail(toWaymarkError(error));
    throw error;
  } finally {
    off();
  }
}

function toAbortError(signal: AbortSignal): WaymarkError {
  const reason = abortReason(signal);
  return reason instanceof WaymarkError ? reason : new WaymarkError('core.cancelled', 'cancelled', { cause: reason });
}

interface Connection {
  /** Settles with CONNACK. */
  accepted: Promise<void>;
  session: Session;
  fail(error: WaymarkError): void;
}

function createConnection({ clock, log }: SessionDeps, options: SessionOptions, stream: Duplex): Connection {
  const inbox = new AsyncQueue<Message>(MAX_WAITING_MESSAGES);
  const accepted = deferred<undefined>();
  const closed = deferred<WaymarkError>();
  const granted = new Set<string>();
  let upAtMonoMs: number | undefined;
  let reason: WaymarkError | undefined;
  let lastWant: Promise<unknown> = Promise.resolve();

  /** The one way out: the first reason counts, the stream goes, everybody who waits is told. */
  const fail = (error: WaymarkError): void => {
    if (reason) return;
    const aliveMs = upAtMonoMs === undefined ? 0 : Math.round(clock.mono() - upAtMonoMs);
    reason = new WaymarkError(error.code, error.message, {
      cause: error.cause,
      hint: error.hint,
      retryAfterMs: error.retryAfterMs,
      evidence: { ...error.evidence, aliveMs },
    });
    accepted.reject(reason);
    closed.resolve(reason);
    inbox.end();
    // Answers outstanding publishes and subscriptions with an error and stops the keepalive timer.
    client.end(true);
    stream.destroy();
  };
  // A rejection nobody waits for any more is not an accident.
  accepted.promise.catch(() => undefined);

  // First of all: everything below may end in `fail`, which ends the client.
  const client = new MqttClient(() => stream, clientOptions(options));

  const guard = createPacketGuard(options.maxPacketBytes);
  stream.on('data', (chunk: Buffer) => {
    if (!guard.check(chunk))
      fail(new WaymarkError('mqtt.packet-too-large', `a packet of ${guard.announcedBytes} bytes or more is announced`));
  });
  stream.on('error', (error) => fail(mapTlsError(error, shownOf(options))));
  const hungUp = (): void => fail(new WaymarkError('mqtt.closed', closeSentence(upAtMonoMs !== undefined)));
  stream.on('end', hungUp);
  stream.on('close', hungUp);

  client.handleMessage = (packet, done) => {
    const message = { topic: packet.topic, payload: packet.payload as Buffer, retain: packet.retain };
    if (inbox.push(message)) done();
    else
      void inbox.hasRoom().then(() => {
        inbox.push(message);
        done();
      });
  };
  client.on('connect', (packet: IConnackPacket) => {
    upAtMonoMs = clock.mono();
    log.debug('mqtt.connected', { clientId: shownOf(options), sessionPresent: packet.sessionPresent });
    accepted.resolve(undefined);
  });
  client.on('error', (error) => fail(mapClientError(error, shownOf(options), upAtMonoMs !== undefined)));
  /** Runs one request of the library to its acknowledgement, with an end. */
  const acknowledged = <T>(what: string, start: (done: (error?: unknown, value?: T) => void) => void): Promise<T> => {
    if (reason) return Promise.reject(reason);
    return withDeadline(
      { clock, ms: ACK_DEADLINE_MS, what },
      () =>
        new Promise<T>((resolve, reject) => {
          start((error, value) => {
            if (!error) resolve(value as T);
            else reject(reason ?? new WaymarkError('mqtt.closed', what, { cause: error }));
          });
        }),
    );
  };

  const subscribe = async (topics: string[]): Promise<void> => {
    const answers = await acknowledged<readonly number[]>('SUBACK', (done) => {
      client.subscribe(topics, { qos: 0 }, (error, _grants, packet) => {
        // A refused topic arrives as an error with the whole SUBACK; which one it was is in there.
        const codes = packet?.granted as readonly number[] | undefined;
        if (codes?.length === topics.length) done(undefined, codes);
        else done(error ?? new Error('SUBACK without codes'));
      });
    });
    topics.forEach((topic, index) => {
      if ((answers[index] ?? 0x80) < 0x80) granted.add(topic);
      else granted.delete(topic);
    });
  };

  const reconcile = async (
    topics: readonly string[],
    again: boolean,
  ): Promise<{ granted: string[]; refused: string[] }> => {
    const plan = planSubscriptions(topics, granted, { again });
    if (plan.unsubscribe.length > 0) {
      await acknowledged('UNSUBACK', (done) => {
        client.unsubscribe(plan.unsubscribe, (error) => done(error));
      });
      for (const topic of plan.unsubscribe) granted.delete(topic);
    }
    for (let at = 0; at < plan.subscribe.length; at += SUBSCRIBE_BATCH)
      await subscribe(plan.subscribe.slice(at, at + SUBSCRIBE_BATCH));
    const wanted = [...new Set(topics)];
    return { granted: wanted.filter((t) => granted.has(t)), refused: wanted.filter((t) => !granted.has(t)) };
  };

  const session: Session = {
    messages: inbox,
    want(topics, { again = false } = {}) {
      // One after the other: two at once would each see half of the other's grants.
      const result = lastWant.then(() => reconcile(topics, again));
      lastWant = result.catch(() => undefined);
      return result;
    },
    async publish(topic, payload, { qos, retain = false }) {
      let messageId: number | undefined;
      try {
        await acknowledged('PUBACK', (done) => {
          const bytes =
            typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
          client.publish(topic, bytes, { qos, retain }, (error) => done(error));
          if (qos > 0) messageId = client.getLastMessageId();
        });
      } catch (error) {
        // Given up here means given up there: the library would keep it for ever.
        if (messageId !== undefined && !reason) client.removeOutgoingMessage(messageId);
        throw error;
      }
    },
    closed: closed.promise,
    async close() {
      if (!reason && upAtMonoMs !== undefined && stream.writable) {
        // The goodbye keeps the broker from publishing our will; a dead link gets a second for it, no more.
        await withDeadline(
          { clock, ms: CLOSE_DEADLINE_MS, what: 'goodbye' },
          () => new Promise<void>((resolve) => void stream.write(GOODBYE, () => resolve())),
        ).catch(() => undefined);
      }
      fail(new WaymarkError('mqtt.closed', 'closed by us'));
    },
  };
  return { accepted: accepted.promise, session, fail };
}
