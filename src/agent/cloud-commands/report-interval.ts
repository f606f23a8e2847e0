// How often positions are reported when a cloud has said so: kept on the disk, so that a restart does not undo it. The
// configuration stays the default, and takes over again once `set-report-interval` is not in `commands.allow` any more.
import type { Clock, Logger } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';

export interface ReportInterval {
  seconds: number;
  /** The cloud that said so. */
  setBy: string;
  atUtcMs: number;
}

export const reportIntervalCodec: Codec<ReportInterval> = {
  encode: (interval) => interval,
  decode(data) {
    const { seconds, setBy, atUtcMs } = data as Record<string, unknown>;
    if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > 86_400)
      throw new Error('not an interval');
    if (typeof setBy !== 'string' || setBy.length > 64) throw new Error('set by nobody');
    if (typeof atUtcMs !== 'number' || !Number.isFinite(atUtcMs)) throw new Error('not a time');
    return { seconds, setBy, atUtcMs };
  },
};

/** What a cloud has set earlier, where it still may. A file that cannot be read counts as none. */
export async function loadReportInterval(
  slot: Pick<Slot<ReportInterval>, 'read'>,
  allow: readonly string[],
  log: Logger,
): Promise<ReportInterval | undefined> {
  if (!allow.includes('set-report-interval')) return undefined;
  try {
    return (await slot.read())?.value;
  } catch (error) {
    log.warn(
      'command.report-interval',
      { error },
      'The interval a cloud has set is not known: the configured one counts.',
    );
    return undefined;
  }
}

/** Sets it for good, and then for now. Errors: `vault.write`; then nothing has changed. */
export async function setReportInterval(
  deps: { slot: Pick<Slot<ReportInterval>, 'write'>; clock: Pick<Clock, 'wall'>; apply: (seconds: number) => void },
  seconds: number,
  setBy: string,
): Promise<void> {
  await deps.slot.write({ seconds, setBy, atUtcMs: deps.clock.wall() });
  deps.apply(seconds);
}
