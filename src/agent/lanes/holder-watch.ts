// Who else talks on the module's port. Two programs on one line each take half of the other's answers; nothing the module
// could be told or spared helps, so the culprit is named and nothing is climbed for it (specs/modem.md 4.5).
import { type Clock, type ErrorCode, type Logger, sleep, WaymarkError, withDeadline } from '../../core/index.js';
import type { PortHolder } from '../../link/index.js';

const EVERY_MS = 10_000;
const LOOK_LIMIT_MS = 5000;

/** What a second reader looks like from here. */
const SYMPTOMS: readonly ErrorCode[] = ['modem.desync', 'modem.timeout', 'modem.error', 'link.busy'];

export interface HolderWatchDeps {
  clock: Clock;
  log: Logger;
  /** Everyone who has the port open, ourselves included. Absent: nobody can tell. */
  holders?: (() => Promise<readonly PortHolder[]>) | undefined;
  /** What to do about these, as one sentence; the error table's hint without it. */
  cureOf?: ((holders: readonly PortHolder[]) => string) | undefined;
  /** Told when the list of others has changed. */
  onHolders?: ((others: readonly PortHolder[]) => void) | undefined;
}

export interface HolderWatch {
  /** Looks every ten seconds; ends with the abort reason. */
  run(signal: AbortSignal): Promise<void>;
  /** The error as it is, or `link.shared` when another program explains it. */
  blame(error: WaymarkError): Promise<WaymarkError>;
}

export function createHolderWatch(deps: HolderWatchDeps): HolderWatch {
  const { clock, log } = deps;
  let known = '';

  async function look(): Promise<readonly PortHolder[]> {
    if (!deps.holders) return [];
    const { holders } = deps;
    let others: PortHolder[];
    try {
      const all = await withDeadline({ clock, ms: LOOK_LIMIT_MS, what: 'the list of open ports' }, () => holders());
      others = all.filter(({ isSelf }) => !isSelf);
    } catch (error) {
      log.debug('port.holders', { error });
      return [];
    }
    const now = others.map(({ name, pid }) => `${name} ${pid}`).join();
    if (now === known) return others;
    const before = known.split(',');
    known = now;
    for (const { name, pid } of others)
      if (!before.includes(`${name} ${pid}`))
        log.warn('port.shared', { name, pid }, `Another program has the module’s port open: ${name} (pid ${pid}).`);
    deps.onHolders?.(others);
    return others;
  }

  return {
    async run(signal) {
      for (;;) {
        await look();
        // Whoever comes is a process of this machine, not of a scaled world.
        await sleep({ ...clock, after: clock.deadline }, EVERY_MS, signal);
      }
    },
    async blame(error) {
      const others = await look();
      const [first] = others;
      if (!first || !SYMPTOMS.includes(error.code)) return error;
      const names = others.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
      return new WaymarkError('link.shared', `${names} has the module’s port open too: ${error.message}`, {
        cause: error,
        hint: deps.cureOf?.(others),
        evidence: { holder: first.name, pid: first.pid, was: error.code },
      });
    },
  };
}
