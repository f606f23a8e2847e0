// Corrections over MQTT: subscribes to what the plan of topics wants, hands corrections and keys to the receiver's writer,
// and ends (for the caller to try again) when the session or the flow does.
import {
  abortReason,
  deferred,
  isWaymarkError,
  onAbort,
  type Timer,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../../core/index.js';
import type { Session } from '../../mqtt/index.js';
import { createMgaSplitter } from '../mga-splitter.js';
import { createWatchdog, type Watchdog } from '../watchdog.js';
import { createKeyIntake } from './key-intake.js';
import { isUbxFrame } from './keys.js';
import type { MqttCorrectionSource, MqttCorrectionsDeps, MqttCorrectionsOptions } from './mqtt-types.js';
import { endOfService, isWithinDates, oneMoreSilent, POINTPERFECT_MQTT_END, type SilentRun } from './service-end.js';
import { createSubscriber, type Subscriber } from './subscriber.js';
import { createTopicPlan } from './topic-plan.js';

/** A session that ends sooner after CONNACK hints at a second client with the same id. */
const SHORT_LIFE_MS = 5000;
const SHORT_LIVES = 3;
const LEAP_SECONDS = 18;
/** The position is looked at this often, where topics depend on it. */
const LOOK_MS = 10_000;
const POSITION_WAIT_MS = 60_000;

/** @throws `corrections.no-topic` at once when the identity has no topic for a fixed region. */
export function createMqttCorrections(
  deps: MqttCorrectionsDeps,
  options: MqttCorrectionsOptions,
): MqttCorrectionSource {
  const { sink, clock, log, position, assistance } = deps;
  const { identity, regionTable = 'wide', localized = 'off' } = options;
  const plan = createTopicPlan({ ...options, regionTable, localized, position, assistance, clock, log });
  const keys = createKeyIntake({
    sink,
    clock,
    log,
    onKeys: deps.onKeys,
    leapSeconds: options.leapSeconds ?? LEAP_SECONDS,
    initial: identity.keys,
  });

  const counters = { messagesIn: 0, bytesIn: 0, connects: 0, assistanceMessages: 0, unknownMessages: 0 };
  let phase: 'idle' | 'waiting' | 'connecting' = 'idle';
  let watchdog: Watchdog | undefined;
  let resubscribe: (() => void) | undefined;
  let lastMessageMonoMs: number | undefined;
  let lastReason: string | undefined;
  let shortLives = 0;
  let silent: SilentRun | undefined;

  let wanted = plan.wanted().all;

  const takeAssistance = (topic: string, payload: Uint8Array): void => {
    const { frames } = createMgaSplitter().push(payload);
    counters.assistanceMessages++;
    if (frames.length === 0) return;
    assistance?.offer(frames, topic);
    plan.assistanceCame();
  };

  /** Reads until the session ends. */
  const pump = async (open: Session, topics: Subscriber, dog: Watchdog, changed: () => void): Promise<void> => {
    for await (const { topic, payload } of open.messages) {
      if (topic === topics.mainTopic || topics.otherTopics.has(topic)) {
        // Misdirected frames for the receiver are no corrections; feeding them would desynchronise the SPARTN scanner.
        if (isUbxFrame(payload)) {
          counters.unknownMessages++;
          continue;
        }
        counters.messagesIn++;
        counters.bytesIn += payload.length;
        const framesBefore = sink.framesTaken;
        const held = sink.feed('spartn', payload);
        if (sink.framesTaken !== framesBefore) {
          dog.data();
          lastMessageMonoMs = dog.lastMonoMs;
        }
        if (held) await held;
      } else if (topic === topics.wanted.key) keys.take(payload);
      else if (topic === topics.wanted.dict || topic === topics.wanted.assistance) {
        if (topic === topics.wanted.dict) plan.takeDict(payload);
        else takeAssistance(topic, payload);
        changed();
      } else counters.unknownMessages++;
    }
  };

  /** One session from connecting to its end; always rejects. */
  const serve = async (signal: AbortSignal, onState: () => void): Promise<never> => {
    const open = await deps.openSession(signal);
    const upAtMonoMs = clock.mono();
    let isOver = false;
    let lookTimer: Timer | undefined;
    const ended = deferred<never>();
    const end = (error: unknown): void => ended.reject(error instanceof Error ? error : toWaymarkError(error));
    // It may end before anybody waits for it.
    ended.promise.catch(() => undefined);
    const off = onAbort(signal, () => end(abortReason(signal)));
    const topics = createSubscriber({ open, plan, clock, log });
    const settle = async (again: boolean): Promise<void> => {
      await topics.settle(again);
      wanted = topics.wanted.all;
    };
    const changed = (): void => {
      if (!isOver && topics.isChanged()) settle(false).then(onState).catch(end);
    };
    const look = (): void => {
      lookTimer = clock.after(LOOK_MS, look);
      try {
        plan.look();
        changed();
      } catch (error) {
        end(error);
      }
    };
    resubscribe = () => void settle(true).catch(end);
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
        if (!isOver) end(closedEarly(reason, upAtMonoMs, topics.localizedAskMonoMs));
      });
      pump(open, topics, dog, changed).catch(end);
      if (plan.isWatching) lookTimer = clock.after(LOOK_MS, look);
      onState();
      await Promise.race([ended.promise, settle(false)]);
      return await ended.promise;
    } finally {
      isOver = true;
      off();
      lookTimer?.cancel();
      resubscribe = undefined;
      watchdog = undefined;
      await open.close();
    }
  };

  const closedEarly = (
    reason: WaymarkError,
    upAtMonoMs: number,
    localizedAskMonoMs: number | undefined,
  ): WaymarkError => {
    // A broker that closes with bytes unread resets the connection: the same end by another name.
    const isEnd = reason.code === 'mqtt.closed' || reason.code === 'net.closed';
    const now = clock.mono();
    // Some brokers answer a subscription they do not allow by closing.
    if (isEnd && localizedAskMonoMs !== undefined && now - localizedAskMonoMs < SHORT_LIFE_MS && plan.isLocalized) {
      plan.localizedRefused();
      return reason;
    }
    // Three short lives in a row are no accident: another client uses our id, and each of us throws the other out.
    shortLives = isEnd && now - upAtMonoMs < SHORT_LIFE_MS ? shortLives + 1 : 0;
    if (shortLives < SHORT_LIVES) return reason;
    return new WaymarkError('mqtt.taken-over', `${shortLives} sessions in a row lasted less than 5 s`, {
      cause: reason,
    });
  };

  const awaitPosition = async (signal: AbortSignal, onState: () => void): Promise<void> => {
    if (!plan.needsPosition || !position || position.current()) return;
    phase = 'waiting';
    onState();
    const ms = options.positionWaitMs ?? POSITION_WAIT_MS;
    const what = 'our position, which chooses the region';
    await withDeadline({ clock, ms, signal, code: 'corrections.no-position', what }, (s) => position.whenKnown(s));
  };

  /** The error of a run, seen together with those before it. */
  const seen = (error: unknown, startMonoMs: number, framesBefore: number): unknown => {
    const isServed = sink.framesTaken !== framesBefore;
    if (isServed) silent = undefined;
    if (!isWaymarkError(error)) return error;
    if (error.code === 'corrections.silent' && !isServed) silent = oneMoreSilent(silent, startMonoMs);
    return endOfService(options.endOfService ?? POINTPERFECT_MQTT_END, {
      error,
      host: identity.host,
      wallMs: clock.wall(),
      nowMonoMs: clock.mono(),
      silent,
      isCertificateGood: () => counters.connects > 0 || isWithinDates(identity.certificate, clock.wall()),
    });
  };

  return {
    async run({ signal, onState }) {
      signal.throwIfAborted();
      phase = 'connecting';
      onState();
      keys.handOver();
      const [startMonoMs, framesBefore] = [clock.mono(), sink.framesTaken];
      try {
        await awaitPosition(signal, onState);
        phase = 'connecting';
        plan.begin();
        wanted = plan.wanted().all;
        return await serve(signal, onState);
      } catch (error) {
        if (signal.aborted) throw error;
        const told = seen(error, startMonoMs, framesBefore);
        lastReason = isWaymarkError(told) ? told.code : 'core.internal';
        throw told;
      } finally {
        keys.rest();
        phase = 'idle';
        onState();
      }
    },
    resubscribe: () => resubscribe?.(),
    snapshot() {
      const reason = phase === 'waiting' ? 'corrections.no-position' : lastReason;
      return {
        source: 'mqtt',
        state: watchdog ? SHOWN[watchdog.state] : phase === 'connecting' ? 'connecting' : 'waiting',
        host: identity.host,
        topics: wanted,
        ...counters,
        keyMessages: keys.messages,
        malformedKeyMessages: keys.malformed,
        detail: phase === 'waiting' ? 'waiting for a position, which chooses the region' : plan.detail(),
        ...(lastMessageMonoMs === undefined ? {} : { lastMessageMonoMs }),
        ...(reason === undefined ? {} : { lastReason: reason }),
      };
    },
  };
}

const SHOWN = { waiting: 'connected', flowing: 'flowing', silent: 'silent', lost: 'silent' } as const;
