// The demo's live screen: the chain repainted in place on a terminal, one line per change elsewhere.
import type { Clock, Output, Timer } from '../core/index.js';
import { describeStatus, type StatusSnapshot } from '../status/index.js';

export interface Screen extends Disposable {
  refresh(): void;
}

const REPAINT_MS = 250;

export function createScreen(
  output: Output,
  isTerminal: boolean,
  clock: Clock,
  snapshot: () => StatusSnapshot,
  footer: string,
): Screen {
  let painted = 0;
  let last = '';
  let timer: Timer | undefined;

  const paint = (): void => {
    if (isTerminal) {
      const text = `${describeStatus(snapshot(), { colour: true, width: Math.max(40, (process.stdout.columns || 80) - 1) })}\n${footer}\n`;
      // Up over what was painted before, then clear to the end: no flicker, and scroll-back stays usable.
      process.stdout.write(`${painted > 0 ? `\u001b[${painted}A` : ''}\u001b[0J`);
      process.stdout.write(text);
      painted = text.split('\n').length - 1;
      return;
    }
    const status = snapshot();
    const line = `${status.state}: ${status.lamps.map((l) => `${l.name} ${l.state}${l.reason ? ` (${l.reason})` : ''}`).join(', ')}`;
    if (line === last) return;
    last = line;
    output.write(`${line}\n`);
  };
  const schedule = (): void => {
    timer ??= clock.deadline(REPAINT_MS, () => {
      timer = undefined;
      paint();
      if (isTerminal) schedule();
    });
  };
  schedule();
  return {
    refresh: schedule,
    [Symbol.dispose]() {
      timer?.cancel();
      paint();
    },
  };
}
