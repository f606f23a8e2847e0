// Does the receiver need help to find its first fix? A pure machine over what is seen of it.
//
//             shown                  fix                    no fix for an hour
//   absent ----------> needy ------------------> content ----------------------> needy (a new episode)
//      ^                 |                        |   |
//      |                 |                        |   +-- no fix 10 s after: it was the fix of before --> needy
//      +------ gone -----+------------------------+
//
//   any --shown--> needy, a new episode: a receiver that has just shown itself has nothing
//
// An episode is one need: what was injected in it is not injected again.

const LOST_MS = 3_600_000;
/** A fix reported before a restart may still look fresh right after it. */
const LINGERING_MS = 10_000;

export interface Need {
  is: 'absent' | 'needy' | 'content';
  episode: number;
  sinceMonoMs: number;
  /** While content: without a fix since. */
  lostSinceMonoMs?: number;
}

export type NeedEvent =
  | { is: 'shown'; monoMs: number }
  | { is: 'gone'; monoMs: number }
  /** A look at the receiver, now and then. */
  | { is: 'look'; isRunning: boolean; hasFix: boolean; monoMs: number };

export const NO_RECEIVER: Need = { is: 'absent', episode: 0, sinceMonoMs: 0 };

export function nextNeed(need: Need, event: NeedEvent): Need {
  const { episode } = need;
  const { monoMs } = event;
  switch (event.is) {
    case 'shown':
      return { is: 'needy', episode: episode + 1, sinceMonoMs: monoMs };
    case 'gone':
      return need.is === 'absent' ? need : { is: 'absent', episode, sinceMonoMs: monoMs };
    case 'look':
      if (need.is === 'absent') return need;
      if (!event.isRunning) return { is: 'absent', episode, sinceMonoMs: monoMs };
      if (need.is === 'needy') return event.hasFix ? { is: 'content', episode, sinceMonoMs: monoMs } : need;
      return whileContent(need, event);
  }
}

function whileContent(need: Need, { hasFix, monoMs }: { hasFix: boolean; monoMs: number }): Need {
  const { episode, sinceMonoMs, lostSinceMonoMs } = need;
  if (hasFix) return lostSinceMonoMs === undefined ? need : { is: 'content', episode, sinceMonoMs };
  if (monoMs - sinceMonoMs <= LINGERING_MS) return { is: 'needy', episode, sinceMonoMs: monoMs };
  if (lostSinceMonoMs === undefined) return { ...need, lostSinceMonoMs: monoMs };
  return monoMs - lostSinceMonoMs >= LOST_MS ? { is: 'needy', episode: episode + 1, sinceMonoMs: monoMs } : need;
}
