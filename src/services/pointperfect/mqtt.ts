// Corrections over MQTT: subscribes to keys and corrections, hands both to the receiver's writer, and ends (for the
// caller to try again) when the session or the flow does.
import {
  abortReason,
  type Clock,
  deferred,
  isWaymarkError,
  type Logger,
  onAbort,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { Session } from '../../mqtt/index.js';
import type { KeysIdentity, SpartnKey } from '../../vault/index.js';
import type { SilenceLimits } from '../flow.js';
import type { CorrectionSink, CorrectionSnapshot, CorrectionSource } from '../source.js';
import { createWatchdog, type Watchdog } from '../watchdog.js';
import { decodeKeyMessage, isUbxFrame } from './keys.js';
import { type ChosenTopics, chooseTopics, type Region } from './topics.js';

/** A session that ends sooner after CONNACK hints at a second client with the same id. */
const SHORT_LIFE_MS = 5000;
const SHORT_LIVES = 3;
const LEAP_SECONDS = 18;

export interface KeyPair {
  current?: SpartnKey;
  next?: SpartnKey;
}

export interface MqttCorrectionsDeps {
  openSession: (signal: AbortSignal) => Promise<Session>;
  sink: CorrectionSink;
  clock: Clock;
  log: Logger;
  /** New keys have come; to be kept with the identity. */
  onKeys: (keys: KeyPair) => void;
}

export interface MqttCorrectionsOptions {
  identity: KeysIdentity;
  region: Region;
  silence: SilenceLimits;
  /** GPS minus UTC (default 18). */
  leapSeconds?: number;
}

export interface MqttCorrectionSnapshot extends CorrectionSnapshot {
  source: 'mqtt';
  keyMessages: number;
  malformedKeyMessages: number;
  /** Of a topic we do not know; not passed on. */
  unknownMessages: number;
}

export interface MqttCorrectionSource extends CorrectionSource {
  snapshot(): MqttCorrectionSnapshot;
}

/** @throws `corrections.no-topic` at once when the identity has no topic for the region. */
export function createMqttCorrections(
  deps: MqttCorrectionsDeps,
  options: MqttCorrectionsOptions,
): MqttCorrectionSource {
  const { sink, clock, log } = deps;
  const { identity } = options;
  const leapSeconds = options.leapSeconds ?? LEAP_SECONDS;
  const chosen = chooseTopics(identity.topics, options.region);
  const wanted = topicsOf(chosen);
  const keyTopic = chosen.key?.topic;
  // A handful of topics at most: comparing with the first is what happens per message.
  const [mainTopic = ''] = chosen.corrections;
  const otherTopics = new Set(chosen.corrections.slice(1));

  const counters = {
    messagesIn: 0,
    bytesIn: 0,
    connects: 0,
    keyMessages: 0,
    malformedKeyMessages: 0,
    unknownMessages: 0,
  };
  let isConnecting = false;
  let watchdog: Watchdog | undefined;
  let resubscribe: (() => void) | undefined;
  let lastMessageMonoMs: number | undefined;
  let lastReason: string | undefined;
  let shortLives = 0;
  let isKeyTopicBad = false;
  let keys: readonly SpartnKey[] = [identity.keys.current, identity.keys.next].filter((k) => k !== undefined);

  const takeKeys = (payload: Uint8Array): void => {
    const decoded = decodeKeyMessage(payload, leapSeconds);
    counters.keyMessages++;
    if (decoded.is === 'malformed' || decoded.keys.length === 0) {
      counters.malformedKeyMessages++;
      // Said once until a good one comes; a topic full of rubbish must not become a log full of it.
      log[isKeyTopicBad ? 'debug' : 'warn']('corrections.keys-malformed', {
        why: decoded.is === 'malformed' ? decoded.why : 'no keys',
      });
      isKeyTopicBad = true;
      return;
    }
    isKeyTopicBad = false;
    ({ keys } = decoded);
    sink.setKeys(keys);
    const [current, next] = keys;
    deps.onKeys({ ...(current ? { current } : {}), ...(next ? { next } : {}) });
    log.info('corrections.keys', { startsUtcMs: keys.map((k) => k.startUtcMs) });
  };

  /** Reads until the session ends. */
  const pump = async (open: Session, dog: Watchdog): Promise<void> => {
    for await (const { topic, payload } of open.messages) {
      if (topic === mainTopic || otherTopics.has(topic)) {
        // Misdirected frames for the receiver are no corrections; feeding them would desynchronise the SPARTN scanner.
        if (isUbxFrame(payload)) {
          counters.unknownMessages++;
          continue;
        }
        dog.data();
        lastMessageMonoMs = dog.lastMonoMs;
        counters.messagesIn++;
        counters.bytesIn += payload.length;
        const held = sink.feed('spartn', payload);
        if (held) await held;
      } else if (topic === keyTopic) takeKeys(payload);
      else counters.unknownMessages++;
    }
  };

  const subscribe = async (open: Session, again: boolean): Promise<void> => {
    const { granted, refused } = await open.want(wanted, { again });
    if (refused.length > 0) log.warn('corrections.not-granted', { refused });
    if (!chosen.corrections.some((topic) => granted.includes(topic)))
      throw new WaymarkError('mqtt.not-granted', `the broker does not grant ${chosen.corrections.join(', ')}`);
  };

  /** One session from connecting to its end; always rejects. */
  const serve = async (signal: AbortSignal, onState: () => void): Promise<never> => {
    const open = await deps.openSession(signal);
    const upAtMonoMs = clock.mono();
    let isOver = false;
    const ended = deferred<never>();
    const end = (error: unknown): void => ended.reject(error instanceof Error ? error : toWaymarkError(error));
    // It may end before anybody waits for it.
    ended.promise.catch(() => undefined);
    const off = onAbort(signal, () => end(abortReason(signal)));
    resubscribe = () => void subscribe(open, true).catch(end);
    using dog = createWatchdog(clock, options.silence, {
      change: onState,
      effect: (effect) => {
        const silentMs = Math.round(clock.mono() - dog.lastMonoMs);
        if (effect === 'give-up') end(new WaymarkError('corrections.silent', `nothing for ${silentMs} ms`));
        else {
          log.warn('corrections.resubscribe', { silentMs });
          resubscribe?.();
        }
      },
    });
    try {
      counters.connects++;
      watchdog = dog;
      sink.restart('spartn');
      void open.closed.then((reason) => {
        if (!isOver) end(twinSuspected(reason, upAtMonoMs));
      });
      pump(open, dog).catch(end);
      onState();
      await Promise.race([ended.promise, subscribe(open, false)]);
      return await ended.promise;
    } finally {
      isOver = true;
      off();
      resubscribe = undefined;
      watchdog = undefined;
      await open.close();
    }
  };

  /** Three short lives in a row are no accident: another client uses our id, and each of us throws the other out. */
  const twinSuspected = (reason: WaymarkError, upAtMonoMs: number): WaymarkError => {
    // A broker that closes with bytes unread resets the connection: the same end by another name.
    const isEnd = reason.code === 'mqtt.closed' || reason.code === 'net.closed';
    const isShort = isEnd && clock.mono() - upAtMonoMs < SHORT_LIFE_MS;
    shortLives = isShort ? shortLives + 1 : 0;
    if (shortLives < SHORT_LIVES) return reason;
    return new WaymarkError('mqtt.taken-over', `${shortLives} sessions in a row lasted less than 5 s`, {
      cause: reason,
    });
  };

  return {
    async run({ signal, onState }) {
      signal.throwIfAborted();
      isConnecting = true;
      onState();
      if (keys.length > 0) sink.setKeys(keys);
      try {
        return await serve(signal, onState);
      } catch (error) {
        if (!signal.aborted) lastReason = isWaymarkError(error) ? error.code : 'core.internal';
        throw error;
      } finally {
        isConnecting = false;
        onState();
      }
    },
    resubscribe: () => resubscribe?.(),
    snapshot: () => ({
      source: 'mqtt',
      state: watchdog ? SHOWN[watchdog.state] : isConnecting ? 'connecting' : 'waiting',
      host: identity.host,
      topics: wanted,
      ...counters,
      ...(lastMessageMonoMs === undefined ? {} : { lastMessageMonoMs }),
      ...(lastReason === undefined ? {} : { lastReason }),
    }),
  };
}

const SHOWN = { waiting: 'connected', flowing: 'flowing', silent: 'silent', lost: 'silent' } as const;

const topicsOf = ({ key, corrections }: ChosenTopics): string[] => [...(key ? [key.topic] : []), ...corrections];
