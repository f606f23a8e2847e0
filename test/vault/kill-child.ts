// Run by crash.test.ts as a process of its own: kills itself with SIGKILL right before its n-th change of the disk.
import { writeSync } from 'node:fs';
import { open, watchedDisk, wordCodec } from './fakes.js';

const CHANGES = ['create', 'write', 'sync', 'close', 'rename', 'unlink', 'openDirectory'];

async function main(dir: string, n: number): Promise<void> {
  let changes = Number.NEGATIVE_INFINITY;
  const disk = watchedDisk((what) => {
    if (CHANGES.includes(what) && ++changes === n) process.kill(process.pid, 'SIGKILL');
  });
  const slot = (await open(dir, disk)).slot('name', wordCodec);
  changes = 0;
  await slot.write('b');
  writeSync(1, 'written ');
  await slot.stage('c');
  writeSync(1, 'staged ');
  await slot.promote();
  writeSync(1, 'promoted ');
}

void main(process.argv[2] ?? '', Number(process.argv[3]));
