// The assistance lane: keeps the cache of orbits filled. What is in the cache reaches the receiver without it.
import { type BackoffPolicy, NETWORK_BACKOFF, REFUSED_BACKOFF } from '../../core/index.js';
import type { Assistance } from '../assistance/keeper.js';
import type { Lane } from '../lane.js';

export function createAssistanceLane({
  assistance,
}: {
  assistance: Pick<Assistance, 'run' | 'untilWorthRetrying'>;
}): Lane {
  return {
    name: 'assistance',
    run: (context) => assistance.run(context),
    // A refusal carries its own three hours; the policy is for what has none.
    policy: (error): BackoffPolicy => (error.retry === 'operator' ? REFUSED_BACKOFF : NETWORK_BACKOFF),
    untilWorthRetrying: ({ waitMs }, signal) => assistance.untilWorthRetrying(waitMs, signal),
  };
}
