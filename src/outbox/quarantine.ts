// Records put aside so that the rest goes on: refused by the cloud, ending its connection again and again, or too large to
// keep. One file each in quarantine/, at most 100, for a person to look at; nothing reads them back.
import type { CloudRecord, Logger } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import { compareIds } from './retention.js';

export interface QuarantineEntry {
  record: CloudRecord;
  /** The cloud's code, or ours: `link-lost`, `too-large`. */
  code: string;
  reason: string;
  /** ms since 1970 UTC, by the clock as it was. */
  atUtcMs: number;
}

const MAX_FILES = 100;
const MAX_REASON = 500;
const MAX_BYTES = 262_144;
const NAME = /^(\d+-\d+)\.json$/;

export interface Quarantine {
  /** Resolves once it is on the disk, or cannot be. */
  add(entry: QuarantineEntry): Promise<void>;
  /** Files there are now. */
  readonly count: number;
  /** Dropped because there were more than 100. */
  readonly dropped: number;
}

const idsIn = (disk: LogDisk, folder: string): string[] => {
  try {
    return disk
      .list(folder)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .sort(compareIds);
  } catch {
    return [];
  }
};

/** What was put aside, oldest first; unreadable files are left out. */
export function readQuarantine(disk: LogDisk, dir: string): QuarantineEntry[] {
  const folder = `${dir}/quarantine`;
  return idsIn(disk, folder).flatMap((id) => {
    try {
      return [JSON.parse(disk.read(`${folder}/${id}.json`, 0, MAX_BYTES).toString()) as QuarantineEntry];
    } catch {
      return [];
    }
  });
}

export function createQuarantine(deps: { disk: LogDisk; log: Logger; dir: string }): Quarantine {
  const { disk, log } = deps;
  const folder = `${deps.dir}/quarantine`;
  const ids = idsIn(disk, folder);
  let dropped = 0;
  /** One at a time, so that the oldest are the first to go. */
  let last: Promise<void> = Promise.resolve();
  const keep = async (entry: QuarantineEntry): Promise<void> => {
    const { id } = entry.record;
    // The body may hold anything a device said: it goes into the file, not into the log.
    log.warn(
      'outbox.quarantined',
      { id, kind: entry.record.kind, code: entry.code, reason: entry.reason.slice(0, MAX_REASON) },
      'A record is put aside so that the rest goes on.',
    );
    try {
      disk.makeDirectory(folder);
      const text = JSON.stringify({ ...entry, reason: entry.reason.slice(0, MAX_REASON) });
      await disk.replace(`${folder}/${id}.json`, Buffer.from(text));
      ids.push(id);
      while (ids.length > MAX_FILES) {
        const oldest = ids.shift();
        dropped++;
        if (oldest !== undefined) disk.unlink(`${folder}/${oldest}.json`);
      }
    } catch (error) {
      log.warn('outbox.disk', { id, code: systemCode(error) }, 'A record put aside could not be kept.');
    }
  };

  return {
    get count() {
      return ids.length;
    },
    get dropped() {
      return dropped;
    },
    add(entry) {
      last = last.then(() => keep(entry));
      return last;
    },
  };
}
