// Sessions over HTTP: an id for whoever showed an app token, good for so long and no longer (specs/devicewise.md 2.4).
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/index.js';
import type { ThingSession } from './types.js';

export interface HttpSessions {
  /** Gives its id. */
  open(session: ThingSession, ttlS: number): string;
  /** Undefined when there is none, or none any more. */
  find(id: string): ThingSession | undefined;
  end(id: string): void;
  /** Ends every session, as a restart of the platform would. */
  endAll(): void;
  readonly live: number;
}

const MAX_SESSIONS = 1000;

export function createHttpSessions(clock: Clock): HttpSessions {
  const sessions = new Map<string, { session: ThingSession; untilMs: number }>();
  const prune = (): void => {
    for (const [id, { untilMs }] of sessions) if (clock.mono() >= untilMs) sessions.delete(id);
  };
  return {
    open(session, ttlS) {
      prune();
      const [oldest] = sessions.keys();
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      const id = randomBytes(16).toString('hex');
      sessions.set(id, { session, untilMs: clock.mono() + ttlS * 1000 });
      return id;
    },
    find(id) {
      prune();
      return sessions.get(id)?.session;
    },
    end: (id) => void sessions.delete(id),
    endAll: () => sessions.clear(),
    get live() {
      prune();
      return sessions.size;
    },
  };
}
