// The lane of the positions by cells: once the module is connected it runs the service, which keeps its own pauses. What
// fails there is in the service's snapshot; no lamp goes dark for it, because nothing waits for it.
import { abortReason, type BackoffPolicy, linkedController, onAbort, REFUSED_BACKOFF } from '../../core/index.js';
import type { CellLocateService } from '../../services/index.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';

export interface CellLocateLaneDeps {
  service: CellLocateService;
  lamps: LampBoard;
  /** The service's snapshot has changed. */
  onChange: () => void;
}

/** Resolves while the network lamp is lit: registered, with a data connection. */
async function untilConnected(lamps: LampBoard, signal: AbortSignal): Promise<void> {
  if (lamps.isLit('network')) return;
  using wait = linkedController(signal);
  await new Promise<void>((resolve, reject) => {
    const off = lamps.onChange(() => {
      if (!lamps.isLit('network')) return;
      off();
      resolve();
    });
    onAbort(wait.signal, () => {
      off();
      reject(abortReason(wait.signal));
    });
  });
}

export function createCellLocateLane({ service, lamps, onChange }: CellLocateLaneDeps): Lane {
  return {
    name: 'cell-locate',
    async run({ signal, ok, doing }) {
      await service.run({
        signal,
        whenReady: (waiting) => untilConnected(lamps, waiting),
        onState: () => {
          const { state } = service.snapshot();
          // Asked and answered, or not needed: the lane works.
          if (state === 'known' || state === 'done' || state === 'spared') ok();
          doing(state);
          onChange();
        },
      });
    },
    // Only defects end it.
    policy: (): BackoffPolicy => REFUSED_BACKOFF,
  };
}
