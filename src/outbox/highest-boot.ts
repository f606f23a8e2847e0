// The highest run number in the logs of all outboxes: a counter that lost its place goes on above it, because ids are
// `<boot>-<sequence>` and must never come twice.
import { type LogDisk, realLogDisk } from './log-disk.js';
import { MAX_PAYLOAD_BYTES, RECORD_HEADER_BYTES } from './record-codec.js';
import { scanAt, scanSegment } from './scan.js';
import { SEGMENT_NAME } from './segment.js';

const MAX_SEGMENT_BYTES = 1_048_576;
const FIRST_RECORD_BYTES = MAX_PAYLOAD_BYTES + 2 * RECORD_HEADER_BYTES;

const listed = (disk: LogDisk, path: string): string[] => {
  try {
    return disk.list(path);
  } catch {
    return [];
  }
};

function bootsIn(disk: LogDisk, path: string, isLast: boolean): number[] {
  try {
    // Numbers rise from file to file: of all but the last the first record says enough.
    if (isLast) return scanSegment(disk.read(path, 0, MAX_SEGMENT_BYTES)).records.map(({ boot }) => boot);
    const bytes = disk.read(path, 0, FIRST_RECORD_BYTES);
    for (let at = 8; ; ) {
      const step = scanAt(bytes, at);
      if (step.is === 'record') return [step.boot];
      if (step.is !== 'bad') return [];
      at = step.end;
    }
  } catch {
    return [];
  }
}

/** `root`: the folder of all outboxes. 0 when there is none, or none can be read. Never throws. */
export function highestBoot(root: string, disk: LogDisk = realLogDisk): number {
  let highest = 0;
  for (const destination of listed(disk, root)) {
    const dir = `${root}/${destination}`;
    const names = listed(disk, dir)
      .filter((name) => SEGMENT_NAME.test(name))
      .sort();
    for (const name of names)
      for (const boot of bootsIn(disk, `${dir}/${name}`, name === names.at(-1))) highest = Math.max(highest, boot);
  }
  return highest;
}
