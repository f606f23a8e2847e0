// Methods on their way from the inbox to whoever carries them out: each once, in order, bounded.
import { AsyncQueue, type Logger, type MethodCall, RecentSet } from '../../../core/index.js';
import { methodOf } from './methods.js';

const MAX_WAITING = 64;
const MAX_REMEMBERED = 256;

export interface Calls {
  readonly methods: AsyncIterable<MethodCall>;
  /** A message of the inbox that is a method, or should be. */
  deliver(text: string): void;
  end(): void;
  readonly counts: { methods: number; unreadableMethods: number; droppedMethods: number };
}

/** @param refuse tells the caller that it will not be run; false: that cannot be told now. */
export function createCalls(log: Logger, refuse: (id: string) => boolean): Calls {
  const queue = new AsyncQueue<MethodCall>(MAX_WAITING);
  const seen = new RecentSet<string>(MAX_REMEMBERED);
  const counts = { methods: 0, unreadableMethods: 0, droppedMethods: 0 };
  return {
    methods: queue,
    counts,
    deliver(text) {
      const call = methodOf(text);
      if (!call) {
        counts.unreadableMethods++;
        log.warn('devicewise.unreadable-method', { characters: text.length }, 'A method call cannot be read.');
        return;
      }
      // What is not acknowledged is delivered again and again.
      if (!seen.add(call.id)) return;
      if (queue.push(call)) {
        counts.methods++;
        return;
      }
      counts.droppedMethods++;
      // Nobody reads: the next time it is delivered there may be room.
      if (!refuse(call.id)) seen.delete(call.id);
    },
    end: () => queue.end(),
  };
}
