// A view of the running agent, repainted every second until Ctrl-C.
import { createClock, linkedController, sleep } from '../core/index.js';
import { fetchStatus, type StatusSnapshot } from '../status/index.js';
import { onStopSignal } from './on-stop.js';
import { printJson, screen } from './output.js';

const EVERY_MS = 1000;

export interface WatchView {
  /** What is printed with --json, one object a line. */
  json: (status: StatusSnapshot) => unknown;
  text: (status: StatusSnapshot) => string;
}

/** 0 once it is stopped. Errors: `status.unavailable` when the agent is gone. */
export async function watchStatus(runtimeDir: string, json: boolean, view: WatchView): Promise<number> {
  const clock = createClock();
  using stop = linkedController();
  const off = onStopSignal(() => stop.abort());
  try {
    while (!stop.signal.aborted) {
      const status = await fetchStatus(runtimeDir, clock);
      if (json) printJson(view.json(status));
      else {
        if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
        screen.write(view.text(status));
      }
      await sleep(clock, EVERY_MS, stop.signal).catch(() => undefined);
    }
  } finally {
    off();
  }
  return 0;
}
