// The demo's live screen: the chain repainted in place on a terminal, one line per change elsewhere.
import type { Clock, Output, Timer } from '../core/index.js';
import { describeStatus, type StatusSnapshot } from '../status/index.js';

export interface Screen extends Disposable {
  refresh(): void;
}

const REPAINT_MS = 250;

/** The headline and the first lamps are never scrolled away: what does not fit is left out at the end. */
export function withinRows(text: string, rows: number): string {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= rows) return text;
  const kept = lines.slice(0, Math.max(1, rows - 1));
  return `${kept.join('\n')}\n  … ${lines.length - kept.length} more lines: waymark status\n`;
}

export function createScreen(
  output: Output,
  isTerminal: boolean,
  clock: Clock,
  snapshot: () => StatusSnapshot,
  footerWords: () => string,
): Screen {
  let painted = 0;
  let last = '';
  let timer: Timer | undefined;

  const paint = (): void => {
    if (isTerminal) {
      const { columns, rows } = process.stdout;
      const footer = footerWords();
      const words = describeStatus(snapshot(), { colour: true, width: Math.max(40, (columns || 80) - 1) });
      const text = `${withinRows(words, (rows || 24) - 1 - footer.split('\n').length)}${footer}\n`;
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
