// One conversation with a module: a single command in flight, a bounded queue before it, unsolicited lines sorted out.
//
//            enqueue                final result
//   idle ───────────────→ open ─────────────────────→ gap(ms) → idle
//                          │ deadline
//                          ▼
//                   resync: silence 500 ms → AT+CMEE? → `+CMEE:` then OK → idle
//                          │ three time-outs in a row, link closed, boot text
//                          ▼
//                        lost (every open and waiting command fails with the reason)
//
// A command that timed out leaves an open slot: until the marker has come back, whatever arrives is dead, so that a
// late OK can never complete the next command.
import {
  abortReason,
  deferred,
  escapeControls,
  isWaymarkError,
  onAbort,
  scrubber,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import type { AtChannel, AtResult, ChannelDeps, ChannelHealth, RunOptions } from './at.js';
import { errorOfFinal } from './codec/errors.js';
import { type AtCommand, assertSendable, rawCommand } from './command.js';
import { BOOT_TEXTS, finalKind } from './finals.js';
import { createJob, type Job, outcomeOf, takeLine } from './job.js';
import { createLimitTimer } from './limit-timer.js';
import { createOwnSecrets } from './own-secrets.js';
import type { Vendor } from './profile.js';
import { createResync, type Resync } from './resync.js';
import { Tokenizer } from './tokenizer.js';
import { UrcRouter } from './urc.js';

const MAX_WAITING = 32;
const PROMPT_LIMIT_MS = 10_000;
/** u-blox modules lose bytes that follow the `@` at once. */
const AT_PROMPT_PAUSE_MS = 50;
const MAX_TIMEOUTS = 3;
/** After a time-out modules are given more room. */
const RECOVERY_GAP_MS = 100;
const MODE_SET = /^AT\+CMEE=\d$/;
/** NMEA lines where an answer should be: a receiver, not a modem. */
const GNSS_LINE = /^\$(?:G[A-Z]|BD|PU)[A-Z]{2,4},/;
const UBX_START = '\xb5b';

const looksLikeReceiver = (line: string): boolean =>
  line.startsWith('$') ? GNSS_LINE.test(line) : line.includes(UBX_START);

/** False for most information lines, which then need no closer look. */
const mayBeFinal = (line: string): boolean => {
  const first = line.charCodeAt(0);
  return first !== 0x23 /* # */ && (first !== 0x2b /* + */ || line.includes('ERROR'));
};

/** A channel over an open link. `commandGapMs` is kept between a final result and the next command. */
export function createAtChannel(deps: ChannelDeps, options: { commandGapMs: number }): AtChannel {
  const { link, clock, log, counters, secrets = createOwnSecrets() } = deps;
  const router = new UrcRouter();
  const bootTexts = new Set(BOOT_TEXTS);
  const lost = deferred<WaymarkError>();
  const health: ChannelHealth = { consecutiveTimeouts: 0, gnssLines: 0, overlongLines: 0, echoedLines: 0 };
  const unknownSeen = new Set<string>();
  const waiting: Job[] = [];
  let current: Job | undefined;
  let resync: Resync | undefined;
  let gap: Timer | undefined;
  /** Of the command in flight. */
  const limit = createLimitTimer(clock);
  /** The error mode the module has confirmed: it falls back when the module restarts without a word. */
  let confirmedMode: number | undefined;
  let ended: WaymarkError | undefined;
  let armed = false;
  let vendor: Vendor | undefined;
  let wantResync = false;
  router.learn([...BOOT_TEXTS]);

  const lose = (error: WaymarkError): void => {
    if (ended) return;
    ended = error;
    gap?.cancel();
    resync?.cancel(error);
    resync = undefined;
    const open = current;
    current = undefined;
    limit.rest();
    open?.settle(error);
    for (const job of waiting.splice(0)) job.settle(error);
    lost.resolve(error);
  };

  const trace = (direction: '>' | '<', said: string): void => {
    if (!deps.transcript && !log.enabled('trace')) return;
    const text = secrets.hide(said);
    deps.transcript?.(direction, escapeControls(scrubber.scrub(text)));
    log.trace('modem.line', { direction, text });
  };

  const send = (bytes: Uint8Array): void => {
    link.write(bytes).catch((error: unknown) => lose(toWaymarkError(error)));
  };

  const pump = (): void => {
    if (current || resync || gap || ended) return;
    if (wantResync) {
      wantResync = false;
      startResync().catch(() => undefined);
      return;
    }
    const job = waiting.shift();
    if (!job) {
      limit.rest();
      return;
    }
    current = job;
    counters.commands++;
    tokenizer.expect(job.command);
    secrets.note(job.command);
    trace('>', job.shown);
    limit.start(job.bytes ? Math.min(PROMPT_LIMIT_MS, job.limitMs) : job.limitMs, () => timedOut(job));
    send(job.wire);
  };

  /** The slot is free; the next command waits out the gap that modules need after a final result. */
  const free = (gapMs: number): void => {
    tokenizer.expect({});
    current = undefined;
    if (gapMs <= 0) {
      pump();
      return;
    }
    limit.rest();
    gap = clock.deadline(gapMs, () => {
      gap = undefined;
      pump();
    });
  };

  const timedOut = (job: Job): void => {
    job.settle(new WaymarkError('modem.timeout', `${job.shown}: no final result within ${job.limitMs} ms`));
    if (job.probe) {
      free(options.commandGapMs);
      return;
    }
    counters.timeouts++;
    tokenizer.reset();
    log.info('modem.timeout', { command: job.shown }, 'The module did not answer in time.');
    current = undefined;
    // A prompt that never got its bytes is left by ESC; nothing else may be sent blindly to a module that counts.
    const stuck = job.bytes && !job.bytesSent ? Uint8Array.of(0x1b) : undefined;
    if (strike()) startResync(stuck, job.text).catch(() => undefined);
  };

  /** Counts a time-out; false when it was one too many. */
  const strike = (): boolean => {
    health.consecutiveTimeouts++;
    if (health.consecutiveTimeouts < MAX_TIMEOUTS) return true;
    lose(new WaymarkError('modem.timeout', `${link.name}: ${MAX_TIMEOUTS} time-outs in a row`));
    return false;
  };

  const startResync = (first?: Uint8Array, asked?: string): Promise<void> => {
    if (ended) return Promise.reject(ended);
    if (resync) return resync.done;
    counters.resyncs++;
    wantResync = false;
    limit.rest();
    tokenizer.reset();
    router.forget();
    const attempt = createResync(clock, {
      first,
      asked,
      write: (bytes) => {
        trace('>', bytes[0] === 0x1b ? '[ESC]' : Buffer.from(bytes).toString('latin1').trim());
        send(bytes);
      },
      onTimeout: () => {
        counters.timeouts++;
        return strike();
      },
      expectedMode: confirmedMode,
    });
    resync = attempt;
    return attempt.done.then(
      () => {
        if (resync === attempt) resync = undefined;
        health.consecutiveTimeouts = 0;
        tokenizer.reset();
        free(Math.max(options.commandGapMs, RECOVERY_GAP_MS));
      },
      (error: unknown) => {
        if (resync === attempt) resync = undefined;
        if (isWaymarkError(error, 'modem.reset')) lose(error);
        throw error;
      },
    );
  };

  const complete = (job: Job, final: string, kind: 'success' | 'failure'): void => {
    limit.stop();
    health.consecutiveTimeouts = 0;
    if (kind === 'failure') counters.errors++;
    else if (job.prefix === '+CMEE' && MODE_SET.test(job.text)) confirmedMode = Number(job.command.text.at(-1));
    job.settle(kind === 'failure' ? errorOfFinal(secrets.hide(final), job.shown, vendor) : outcomeOf(job, final));
    free(options.commandGapMs);
  };

  const unsolicited = (line: string, quiet: boolean): void => {
    if (armed && bootTexts.has(line)) {
      log.warn('modem.reset', { line }, 'The module restarted by itself.');
      router.dispatch(line);
      lose(new WaymarkError('modem.reset', `${link.name}: ${line}`));
      return;
    }
    const { known, complete: whole } = router.dispatch(line);
    if (!whole) return;
    if (known) counters.urcs++;
    else if (!quiet) {
      counters.unknownUrcs++;
      const kind = line.split(/[:=,]/, 1)[0]?.slice(0, 24) ?? '';
      if (unknownSeen.size < 64 && !unknownSeen.has(kind)) {
        unknownSeen.add(kind);
        log.debug('modem.unknown-urc', { line: secrets.hide(line).slice(0, 80) });
      }
    }
  };

  const onLine = (line: string): void => {
    if (ended) return;
    const job = current;
    if (job && !job.echoed && line === job.text && !router.swallowing) {
      job.echoed = true;
      health.echoedLines++;
      return;
    }
    trace('<', line);
    if (looksLikeReceiver(line)) health.gnssLines++;
    if (router.swallowing) {
      // Whatever it says: final result, boot text or our own command.
      router.dispatch(line);
      counters.urcs++;
    } else if (resync) {
      if (!resync.line(line)) unsolicited(line, true);
    } else if (!job) unsolicited(line, false);
    else {
      const kind = mayBeFinal(line) ? finalKind(line, job.text) : undefined;
      if (kind) complete(job, line, kind);
      else if (bootTexts.has(line) || router.isUnsolicited(line, job)) unsolicited(line, false);
      else takeLine(job, line);
    }
  };

  const onPrompt = (): void => {
    const job = current;
    if (!job?.bytes || job.bytesSent) return;
    const { bytes } = job;
    job.bytesSent = true;
    trace('<', '[prompt]');
    const write = (): void => {
      if (current !== job) return;
      trace('>', `[${bytes.length} bytes]`);
      send(bytes);
      limit.start(job.limitMs, () => timedOut(job));
    };
    if (job.command.prompt === '@') limit.start(AT_PROMPT_PAUSE_MS, write);
    else write();
  };

  const tokenizer = new Tokenizer({
    onLine,
    onPrompt,
    onPayload: (header, bytes) => {
      trace('<', `${header} [${bytes.length} bytes]`);
      if (!current) return;
      current.answers++;
      current.lines.push(header);
      current.counted = { header, bytes };
    },
    onOverlong: () => {
      health.overlongLines++;
    },
  });

  const enqueue = (
    asked: string | AtCommand,
    bytes: Uint8Array | undefined,
    runOptions: RunOptions,
  ): Promise<AtResult> =>
    new Promise((resolve, reject) => {
      const { signal } = runOptions;
      const command = typeof asked === 'string' ? rawCommand(asked) : asked;
      assertSendable(command);
      if (ended) throw ended;
      if (signal?.aborted) throw abortReason(signal);
      if (waiting.length >= MAX_WAITING)
        throw new WaymarkError('modem.busy', `${command.shown ?? command.text}: ${MAX_WAITING} commands wait already`);
      const job = createJob(command, bytes, runOptions, (result) => {
        off?.();
        if (result instanceof WaymarkError) reject(result);
        else resolve(result);
      });
      const off = signal
        ? onAbort(signal, () => {
            const at = waiting.indexOf(job);
            if (at >= 0) waiting.splice(at, 1);
            reject(abortReason(signal));
          })
        : undefined;
      if (runOptions.priority === 'urgent') waiting.unshift(job);
      else waiting.push(job);
      pump();
    });

  void (async () => {
    try {
      for await (const chunk of link.bytes) {
        resync?.bytes();
        tokenizer.push(chunk);
      }
      const reason = await link.closed;
      lose(reason.is === 'hangup' ? reason.error : new WaymarkError('link.closed', `${link.name}: closed`));
    } catch (error) {
      log.error('modem.channel-defect', { error });
      lose(toWaymarkError(error));
    }
  })();

  return {
    run: (command, runOptions = {}) => enqueue(command, undefined, runOptions),
    prompted: (command, bytes, runOptions = {}) => enqueue({ prompt: '> ', ...command }, bytes, runOptions),
    async poke(bytes) {
      if (ended) throw ended;
      if (current || resync) throw new WaymarkError('modem.busy', 'a command is in flight');
      trace('>', `[${bytes.length} bytes]`);
      await link.write(bytes);
    },
    urcs: (prefix, handler) => router.on(prefix, handler),
    learn(vocabulary) {
      vendor = vocabulary.vendor ?? vendor;
      router.learn(vocabulary.urcPrefixes ?? []);
      router.learn(vocabulary.bootTexts ?? []);
      for (const text of vocabulary.bootTexts ?? []) bootTexts.add(text);
    },
    armResetDetection() {
      armed = true;
    },
    async resync() {
      // Never write while a command is open: it is waited for first.
      if (current || gap) {
        wantResync = true;
        await enqueue({ text: 'AT' }, undefined, { priority: 'urgent' });
        return;
      }
      await startResync();
    },
    health,
    get isLost() {
      return ended !== undefined;
    },
    lost: lost.promise,
    async [Symbol.asyncDispose]() {
      lose(new WaymarkError('link.closed', `${link.name}: closed`));
      await link[Symbol.asyncDispose]();
    },
  };
}
