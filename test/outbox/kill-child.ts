// Run by kill.test.ts as a process of its own: puts records as fast as it can, and says on stdout which it has accepted
// (`a<id>`) and which a cloud has confirmed (`c<id>`), until it is killed. Where and how comes as a line on stdin.
import { writeSync } from 'node:fs';
import { type CloudLink, createClock, silentLogger } from '../../src/core/index.js';
import { openOutbox } from '../../src/outbox/index.js';

async function main(dir: string, boot: number, mode: string): Promise<void> {
  const clock = createClock();
  const outbox = await openOutbox(
    { clock, log: silentLogger },
    { dir, destination: 'cloud', boot, maxBytes: 2 ** 28, maxAgeMs: 1e12, minFreeBytes: 0, sync: mode === 'sync' },
  );
  const link: CloudLink = {
    limits: { window: 8, pace: { count: 1e6, perMs: 1 } },
    async publish({ id }) {
      await new Promise((resolve) => setImmediate(resolve));
      writeSync(1, `c${id}\n`);
      return { is: 'confirmed' };
    },
  };
  writeSync(1, 'up\n');
  if (mode === 'drain') void outbox.drain(link, { signal: new AbortController().signal });
  for (let n = 0; ; n++) {
    const body = { n, filler: 'x'.repeat(n % 400) };
    const { id } = await outbox.put({ kind: 'state', class: 'A', utcMs: 0, timeQuality: 'none', monoMs: 0, body });
    writeSync(1, `a${id}\n`);
    // A flood faster than anything is real: the moments of death should lie in all parts of the work.
    if (n % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    if (mode === 'drain' && n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

process.stdin.once('data', (line: Buffer) => {
  const { dir, boot, mode } = JSON.parse(line.toString()) as { dir: string; boot: number; mode: string };
  void main(dir, boot, mode);
});
