// The lane of a service that positions and state go up to, or that is asked where the gateway is: it waits for a clock
// that can be believed (unless its service does that itself, where it needs one), then runs the service, which keeps its own
// pauses or ends with why it has to wait.
import type { BackoffPolicy, ClockTrust, Logger, WaymarkError } from '../../core/index.js';
import type { Lane, LaneContext } from '../lane.js';

export interface CloudLaneDeps {
  name: string;
  trust?: ClockTrust | undefined;
  /** Resolves when there is a road, or nobody knows better. */
  networkUp: (signal: AbortSignal) => Promise<void>;
  service: {
    run(context: LaneContext): Promise<void>;
    /** How long to wait after that. */
    backoff(error: WaymarkError): BackoffPolicy;
  };
  /** A session that ends sooner goes on in the same outage. */
  stableAfterMs?: number;
  log: Logger;
  /** The service's snapshot may be another. */
  onChange: () => void;
}

export function createCloudLane({
  name,
  log,
  trust,
  networkUp,
  service,
  stableAfterMs,
  onChange,
}: CloudLaneDeps): Lane {
  let hasWaited = false;
  return {
    name,
    ...(stableAfterMs === undefined ? {} : { stableAfterMs }),
    async run({ signal, ok, doing }) {
      if (trust) {
        doing('waiting for the clock');
        await trust.whenTrusted(signal);
      }
      // Once: later on a dark lamp may only mean that the gateway has another way out.
      if (!hasWaited) {
        doing('waiting for the network');
        await networkUp(signal);
        hasWaited = true;
      }
      let isUp = false;
      await service.run({
        signal,
        ok() {
          ok();
          if (!isUp) log.info('cloud.up', { cloud: name });
          isUp = true;
          onChange();
        },
        doing(state) {
          doing(state);
          onChange();
        },
      });
    },
    policy: (error) => service.backoff(error),
  };
}
