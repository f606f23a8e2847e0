// What a killed gateway had taken and begun, from a witness inside the process that outlives the kill: it is loaded before
// the program, and writes down each record whose bytes the system has, and each report interval about to be put in force.
//
//   put ──> write() of the record ──> written down ──> `put` resolves: everything accepted is written down
//   set-report-interval ──> written down ──> rename() of its file: everything done is written down
//
// What a kill tears off in between is written down without having been accepted, or done: never the other way round.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudRecord } from '../../src/core/index.js';
import { decodePayload } from '../../src/outbox/record-codec.js';
import { scanAt } from '../../src/outbox/scan.js';

const PRELOAD = `
const fs = require('node:fs');
const { basename } = require('node:path');
const { writeSync } = fs;
const { rename } = fs.promises;
const recordsFd = fs.openSync(process.env.WITNESS_RECORDS, 'a', 0o600);
const intervalsFd = fs.openSync(process.env.WITNESS_INTERVALS, 'a', 0o600);
// The log begins with WMOX, a record in it with ff fe: no device is sent either.
const isOfLog = (bytes) =>
  Buffer.isBuffer(bytes) && bytes.length > 8 && ['WM', '\\xff\\xfe'].includes(bytes.latin1Slice(0, 2));
fs.writeSync = (fd, bytes, ...rest) => {
  const taken = writeSync(fd, bytes, ...rest);
  if (isOfLog(bytes)) writeSync(recordsFd, bytes, 0, taken);
  return taken;
};
fs.promises.rename = (from, to) => {
  if (basename(String(to)) === 'report-interval') writeSync(intervalsFd, fs.readFileSync(from, 'utf8').trim() + '\\n');
  return rename(from, to);
};
`;

export interface Witness {
  /** For the program's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Every record of which the whole was with the system, in the order it was. */
  records(): CloudRecord[];
  /** Every interval that was put in force, or was about to be when the process ended. */
  intervals(): number[];
}

/** `dir` is the test's own folder. */
export function witnessIn(dir: string): Witness {
  const preload = join(dir, 'witness.cjs');
  const [recordsFile, intervalsFile] = [join(dir, 'witness.records'), join(dir, 'witness.intervals')];
  writeFileSync(preload, PRELOAD);
  for (const file of [recordsFile, intervalsFile]) writeFileSync(file, '', { mode: 0o600 });
  return {
    env: {
      NODE_OPTIONS: `--require ${preload}`,
      WITNESS_RECORDS: recordsFile,
      WITNESS_INTERVALS: intervalsFile,
    },
    records() {
      const bytes = readFileSync(recordsFile);
      const records: CloudRecord[] = [];
      for (let at = 0; ; ) {
        const step = scanAt(bytes, at);
        if (step.is === 'end' || step.is === 'torn') return records;
        at = step.end;
        if (step.is === 'bad') continue;
        const record = decodePayload(step.boot, step.seq, step.payload);
        if (!record) throw new Error(`a record without sense: ${step.boot}-${step.seq}`);
        records.push(record);
      }
    },
    intervals: () =>
      readFileSync(intervalsFile, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { data: { seconds: number } }).data.seconds),
  };
}
