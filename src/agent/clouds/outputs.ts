// Programs on this machine that follow the receiver or the position: a lane and a line of the status for each output.
import type { Config } from '../../config/index.js';
import type { Clock, ClockTrust, Logger, WaymarkError } from '../../core/index.js';
import { type BackoffPolicy, PORT_BACKOFF } from '../../core/index.js';
import type { Receiver } from '../../gnss/index.js';
import { type BestLocation, createJsonOutput, createRawOutput, type Output } from '../../location/index.js';
import type { OutputView } from '../../status/index.js';
import type { Lane } from '../lane.js';

export interface OutputsDeps {
  settings: Config['location'];
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  best: BestLocation;
  receiver: Receiver | undefined;
}

export interface Outputs {
  readonly lanes: readonly Lane[];
  views(): readonly OutputView[];
}

export function createOutputs({ settings, clock, trust, log, best, receiver }: OutputsDeps): Outputs {
  const { raw, jsonLines } = settings;
  const outputs = [
    ...(raw && receiver ? [one('raw', createRawOutput({ clock, log, receiver }, raw))] : []),
    ...(jsonLines ? [one('json lines', createJsonOutput({ clock, log, trust, best }, jsonLines))] : []),
  ];
  return { lanes: outputs.map(({ lane }) => lane), views: () => outputs.map(({ view }) => view()) };
}

function one(name: string, output: Output): { lane: Lane; view: () => OutputView } {
  let trouble: WaymarkError | undefined;
  return {
    lane: {
      name: `output ${name}`,
      async run({ signal, ok }) {
        await output.serve({
          signal,
          onListening() {
            trouble = undefined;
            ok();
          },
        });
      },
      policy: (): BackoffPolicy => PORT_BACKOFF,
      onFailure({ error }) {
        trouble = error;
        return undefined;
      },
    },
    view() {
      const { port, clients } = output.status();
      return {
        name,
        state: port === undefined ? 'waiting' : 'open',
        clients,
        ...(port === undefined ? {} : { port }),
        ...(trouble ? { reason: trouble.code, hint: trouble.hint } : {}),
      };
    },
  };
}
