// One connection to the receiver, from the opened link to its end: the gate first (identity.ts), then keys, configuration
// and upkeep, beside the one reader and the one writer of the port.
import {
  abortReason,
  type Clock,
  deferred,
  type Logger,
  linkedController,
  onAbort,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import type { Link } from '../link/index.js';
import type { Assistant } from './assistant.js';
import type { ConfigureResult } from './configure.js';
import type { Feeder } from './feeder.js';
import type { CorrectionHealth } from './health.js';
import type { Identification } from './identification.js';
import { type IdentityGate, openIdentityGate, type Trust } from './identity.js';
import type { Intake } from './intake.js';
import { createListener } from './listener.js';
import type { Observer } from './observer.js';
import type { ReceiverOptions } from './receiver-types.js';
import { watchSilence } from './silence.js';
import { isNativeUsb } from './speeds.js';
import { UBX, ubxFrame } from './ubx.js';
import { startUpkeep } from './upkeep.js';

const SILENT_MS = 15_000;
/** Nothing at all for so long at one line speed of several. */
const SEARCH_MS = 5000;

export interface ConnectionDeps {
  clock: Clock;
  log: Logger;
  feeder: Feeder;
  intake: Intake;
  health: CorrectionHealth;
  observer: Observer;
  identification: Identification;
  assistant: Assistant;
  /** Every byte that comes, as it comes, whoever sends it. */
  onBytes: (chunk: Uint8Array) => void;
  /** The far side has shown itself: the line speed is right. */
  onTrusted: () => void;
  onConfigured: (result: ConfigureResult) => void;
  onRestart: () => void;
  /** It has nothing: no ephemeris, no time. */
  onNeedy: () => void;
}

/** The operator has said that nothing will come back. */
export const isOneWayWiring = (options: Pick<ReceiverOptions, 'configure' | 'silentAfterMs'>): boolean =>
  !options.configure && options.silentAfterMs === 0;

/** Why another line speed may be the right one. */
export type Unheard = 'silent' | 'garbled';

export interface Connection {
  /**
   * Serves the link until it ends: rejects with the WaymarkError or the abort reason. With `mayMishear` it resolves with
   * the reason when nothing understandable has come.
   */
  serve(link: Link, options: { signal: AbortSignal; mayMishear: boolean }): Promise<Unheard>;
  readonly isRunning: boolean;
  readonly trust: Trust | undefined;
  readonly counters: { readonly frames: number; readonly bad: number };
}

export function createConnection(deps: ConnectionDeps, options: ReceiverOptions): Connection {
  const { clock, log, feeder, intake, health, observer, identification, assistant } = deps;
  const { port, protocol } = options;
  const isUblox = protocol === 'ubx';
  const isOneWay = isOneWayWiring(options);
  const silentMs = options.silentAfterMs ?? SILENT_MS;
  let gate: IdentityGate | undefined;
  let isRunning = false;
  let byteMonoMs = clock.mono();
  let openedMonoMs = clock.mono();

  const listener = createListener(protocol, {
    onUbx(frame) {
      gate?.frame(frame);
      identification.take(frame);
      observer.ubx(frame);
    },
    onSentence(sentence) {
      gate?.sentence(sentence);
      observer.sentence(sentence);
    },
  });

  async function read(link: Link): Promise<WaymarkError> {
    for await (const chunk of link.bytes) {
      byteMonoMs = clock.mono();
      deps.onBytes(chunk);
      listener.push(chunk);
      gate?.bytes(chunk);
    }
    const reason = await link.closed;
    return reason.is === 'hangup' ? reason.error : new WaymarkError('link.closed', `${port} was closed`);
  }

  function start(): void {
    byteMonoMs = openedMonoMs = clock.mono();
    listener.reset();
    observer.reset();
    health.reset();
    identification.reset();
    isRunning = true;
    intake.setRunning(true);
    feeder.setOpen(false);
  }

  async function serve(
    link: Link,
    { signal, mayMishear }: { signal: AbortSignal; mayMishear: boolean },
  ): Promise<Unheard> {
    using scope = linkedController(signal);
    const ended = deferred<Unheard>();
    const off = onAbort(signal, () => ended.reject(abortReason(signal)));
    start();
    let stopUpkeep: (() => void) | undefined;
    let isConfigured = false;
    let isNeedy = true;

    const tellNeed = (): void => {
      if (!isUblox || !isNeedy || !isConfigured || gate?.trust !== 'receiver') return;
      isNeedy = false;
      deps.onNeedy();
    };

    /** Assistance is offered once more as soon as the configuration that is under way has been answered. */
    const helpAgain = (): void => {
      isNeedy = true;
      isConfigured = false;
    };

    const upkeep = (): (() => void) =>
      startUpkeep(
        {
          ...{ feeder, intake, health, observer, clock, log },
          lastByteMonoMs: () => byteMonoMs,
          onConfigured(result) {
            if (result) deps.onConfigured(result);
            isConfigured = true;
            tellNeed();
          },
          onRestart() {
            deps.onRestart();
            helpAgain();
          },
          // Assistance is longer than what such a line carries in one go, too.
          onPaced: helpAgain,
        },
        {
          isUblox,
          configure: options.configure,
          save: options.save ?? false,
          mayPace: !isNativeUsb(port) && !isNativeUsb(link.name),
          signal: scope.signal,
        },
      );

    const trusted = (trust: Trust): void => {
      const isReceiver = trust === 'receiver';
      if (isReceiver) intake.allowKeys();
      if (isReceiver && isUblox) assistant.setReady(true);
      if (isReceiver && isUblox && !isOneWay) {
        identification.ask();
        feeder.offerUrgent(ubxFrame(UBX.navTimels));
      }
      stopUpkeep ??= upkeep();
      feeder.setOpen(true);
      deps.onTrusted();
      log.info('gnss.identified', { by: isReceiver ? protocol : 'nmea' });
      if (!isReceiver && intake.hasKeys)
        log.warn('gnss.keys-wait', {}, 'The receiver speaks NMEA only so far: its keys wait for a UBX answer.');
      tellNeed();
    };

    const stopSilence = watchSilence({
      clock,
      lastByteMonoMs: () => byteMonoMs,
      lastClearMonoMs: () => Math.max(openedMonoMs, observer.last.frame ?? 0),
      limits() {
        const isUnknown = gate?.trust === 'none';
        return {
          silentMs: mayMishear && isUnknown && silentMs > 0 ? Math.min(SEARCH_MS, silentMs) : silentMs,
          // Somebody may have changed its speed while it was being served.
          garbledMs: mayMishear && !isUnknown ? silentMs : 0,
          mayChange: mayMishear && isUnknown,
        };
      },
      onSilent(afterMs) {
        if (mayMishear && gate?.trust === 'none') ended.resolve('silent');
        else
          ended.reject(new WaymarkError('gnss.silent', `${port}: nothing from the receiver for ${afterMs / 1000} s`));
      },
      onGarbled: (afterMs) =>
        ended.reject(
          new WaymarkError(
            'gnss.silent',
            `${port}: nothing understandable from the receiver for ${afterMs / 1000} s: its line speed may have changed`,
          ),
        ),
    });

    gate = openIdentityGate(
      {
        ...{ clock, log },
        send: (frame) => feeder.offerUrgent(frame),
        keysWait: () => intake.hasKeys,
        onTrust: trusted,
        onForeign(why, hint, isGarbled) {
          if (mayMishear && isGarbled) ended.resolve('garbled');
          else ended.reject(new WaymarkError('gnss.wrong-device', `${port}: ${why}`, { hint }));
        },
      },
      { protocol, unasked: isOneWay },
    );
    if (isOneWay) trusted('receiver');
    read(link).then(ended.reject, (error: unknown) => ended.reject(toWaymarkError(error)));
    feeder.run(link, { signal: scope.signal }).catch((error: unknown) => {
      if (!scope.signal.aborted) ended.reject(toWaymarkError(error));
    });
    try {
      return await ended.promise;
    } finally {
      off();
      stopSilence();
      gate.stop();
      gate = undefined;
      stopUpkeep?.();
      identification.stop();
      assistant.setReady(false);
      isRunning = false;
      intake.setRunning(false);
      scope.abort();
    }
  }

  return {
    serve,
    get isRunning() {
      return isRunning;
    },
    get trust() {
      return gate?.trust;
    },
    get counters() {
      return listener.counters;
    },
  };
}
