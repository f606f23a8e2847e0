// What the service manager (systemd) is told: ready, stopping, one sentence of state, and that we are well. Well means
// that every lane kept its own deadlines; a bare timer would only prove that the event loop turns.
import type { Clock, Logger } from '../core/index.js';

/** A child is run for each word: not for every flicker of a sentence. */
const SENTENCE_MS = 5000;
const SENTENCE_LENGTH = 200;

export interface ServiceManager {
  ready(): void;
  /** To be called every second. `stuck`: lanes that missed their own deadline; `sentence` is asked only if it is told. */
  tick(stuck: readonly string[], sentence: () => string): void;
  stopping(): void;
  /** Parts are made anew for another configuration; `ready` ends it. */
  reloading(): void;
}

const NOBODY: ServiceManager = {
  ready: () => undefined,
  tick: () => undefined,
  stopping: () => undefined,
  reloading: () => undefined,
};

/** A word that the manager does not take within this is given up. */
const WORD_MS = 5000;
/** One after the other, of all agents of this process: a late RELOADING would leave the unit reloading for ever. */
let saying: Promise<void> = Promise.resolve();

/** Node has no unix datagram sockets, so `systemd-notify` is run as a child; without NOTIFY_SOCKET this does nothing. */
export function createServiceManager(env: NodeJS.ProcessEnv, clock: Clock, log: Logger): ServiceManager {
  if (env['NOTIFY_SOCKET'] === undefined) return NOBODY;
  const everyMs = Math.max(1000, Number(env['WATCHDOG_USEC'] ?? 60_000_000) / 1000 / 3);
  let aliveMs = Number.NEGATIVE_INFINITY;
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = '';
  let wasStuck = '';
  const notify = (...words: string[]): void => {
    // Loaded only where there is a service manager: a child-process module costs memory too.
    saying = saying.then(async () => {
      const { spawn } = await import('node:child_process');
      await new Promise<void>((resolve) => {
        // It waits until the word is taken (not --no-block): of a sender that is gone already the manager cannot tell which
        // unit it was of, and drops the word.
        const args = [`--pid=${process.pid}`, ...words];
        const child = spawn('systemd-notify', args, { stdio: 'ignore', env, timeout: WORD_MS });
        child.on('error', (error) => {
          log.debug('notify.failed', { error });
          resolve();
        });
        child.on('exit', () => resolve());
        child.unref();
      });
    });
  };
  return {
    ready: () => notify('--ready'),
    tick(stuck, sentence) {
      const words: string[] = [];
      const now = clock.mono();
      const names = stuck.join(' ');
      if (names !== '' && names !== wasStuck)
        log.error(
          'watchdog.withheld',
          { lanes: names },
          'A part has stopped making progress: the service manager will start us anew.',
        );
      wasStuck = names;
      if (names === '' && now - aliveMs >= everyMs) {
        aliveMs = now;
        words.push('WATCHDOG=1');
      }
      if (now - toldMs >= SENTENCE_MS) {
        const text = sentence().replace(/\s+/g, ' ').slice(0, SENTENCE_LENGTH);
        if (text !== told) {
          told = text;
          toldMs = now;
          words.push(`--status=${text}`);
        }
      }
      if (words.length > 0) notify(...words);
    },
    // Not --stopping: systemd 252 does not know it yet.
    stopping: () => notify('STOPPING=1'),
    reloading: () => notify('RELOADING=1', `MONOTONIC_USEC=${Math.round(clock.mono() * 1000)}`),
  };
}
