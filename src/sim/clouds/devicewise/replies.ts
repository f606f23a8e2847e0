// Answers on their way back over one MQTT connection: late by a knob, and in any order by another.
import type { Clock, Timer } from '../../../core/index.js';
import type { FrontSettings } from './front-settings.js';

export interface ReplyQueue {
  push(topic: string, payload: Buffer): void;
  stop(): void;
}

/** How long answers are gathered to be shuffled. */
const GATHER_MS = 50;

export function createReplyQueue(deps: {
  clock: Clock;
  settings: () => FrontSettings;
  random: () => number;
  send: (topic: string, payload: Buffer) => void;
}): ReplyQueue {
  const timers = new Set<Timer>();
  let gathered: [topic: string, payload: Buffer][] = [];
  let isStopped = false;

  const later = (ms: number, then: () => void): void => {
    const timer = deps.clock.after(ms, () => {
      timers.delete(timer);
      if (!isStopped) then();
    });
    timers.add(timer);
  };
  const sendShuffled = (): void => {
    const left = gathered;
    gathered = [];
    while (left.length > 0) {
      const [next] = left.splice(Math.floor(deps.random() * left.length), 1);
      if (next) deps.send(...next);
    }
  };

  return {
    push(topic, payload) {
      const { replyMs, shuffleReplies } = deps.settings();
      if (shuffleReplies === 'on') {
        if (gathered.push([topic, payload]) === 1) later(Math.max(replyMs, GATHER_MS), sendShuffled);
      } else if (replyMs > 0) later(replyMs, () => deps.send(topic, payload));
      else deps.send(topic, payload);
    },
    stop() {
      isStopped = true;
      for (const timer of timers) timer.cancel();
      timers.clear();
      gathered = [];
    },
  };
}
