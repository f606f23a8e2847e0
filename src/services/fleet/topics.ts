// The topics and words of the operator's broker (docs/operate/fleet.md). Two topics a gateway, both retained, so that
// whoever subscribes `PREFIX/+/life` knows at once who lives, and `PREFIX/+/status` how they are.
//
//   PREFIX/NAME/life     {"life":"alive"|"dead"|"stopped", …}   alive: said at connect. dead: the will. stopped: goodbye
//   PREFIX/NAME/status   the status in short, at each change and every interval
//
// One topic for life and death, because a retained birth beside a retained death would leave the reader to guess which
// came last.

/** Stable: raised when a member changes its meaning; new members may come at any time. */
export const FLEET_SCHEMA_VERSION = 1;

export interface FleetTopics {
  life: string;
  status: string;
}

export const fleetTopics = (prefix: string, gateway: string): FleetTopics => ({
  life: `${prefix}/${gateway}/life`,
  status: `${prefix}/${gateway}/status`,
});

export type Life = 'alive' | 'dead' | 'stopped';

/** Who says it. */
export interface FleetSelf {
  gateway: string;
  version: string;
  bootId: string;
  /** ISO 8601. */
  startedAt: string;
}

/**
 * The will is written when the connection begins, so it has no time of its own: `session`, counted from 1 in each life of
 * the agent, tells whose death it is.
 */
export function lifeMessage(life: Life, self: FleetSelf, session: number, at?: string): string {
  return JSON.stringify({
    schemaVersion: FLEET_SCHEMA_VERSION,
    life,
    ...self,
    session,
    ...(at === undefined ? {} : { at }),
  });
}
