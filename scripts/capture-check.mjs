// The recorded stream through the whole program, judged by `cmp`: every byte of the recording at the receiver, and of
// a damaged copy exactly the frames that were not touched.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const data = process.env.WAYMARK_DATA ?? resolve(root, '../shared/data');
const recording = join(data, 'spartn-eu-continental-99frames.bin');
const work = mkdtempSync(join(tmpdir(), 'waymark-capture-'));

/** Frame boundaries from the lengths in the headers; the intact recording has nothing between frames. */
function framesOf(bytes) {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const header = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    const payload = (header >> 7) & 1023;
    const encrypted = (header >> 6) & 1;
    const crc = ((header >> 4) & 3) + 1;
    const longTag = (bytes[at + 4] >> 3) & 1;
    const length = 4 + (longTag ? 6 : 4) + (encrypted ? 2 : 0) + payload + crc;
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}

function play(file, name) {
  const saved = join(work, `${name}.saved`);
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'dist/waymark.cjs'),
      'demo',
      '--capture',
      file,
      '--speed',
      '10',
      '--for',
      '25s',
      '--json',
      '--save-receiver',
      saved,
    ],
    { encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(`demo ended with ${run.status}: ${run.stderr}\n${run.stdout.slice(0, 3000)}`);
  return { saved, status: JSON.parse(run.stdout.trim().split('\n').at(-1)) };
}

try {
  const intact = readFileSync(recording);
  const frames = framesOf(intact);
  const whole = play(recording, 'intact');
  execFileSync('cmp', [recording, whole.saved]);
  console.log(
    `intact recording: ${frames.length} frames, ${intact.length} bytes, cmp says equal; receiver used ${whole.status.corrections.usedByReceiver}`,
  );

  const touched = new Set([3, 17, 42, 64, 90]);
  const damaged = Buffer.concat(
    frames.map((frame, i) => {
      const copy = Buffer.from(frame);
      if (touched.has(i)) copy[copy.length >> 1] ^= 0x55;
      return copy;
    }),
  );
  const damagedFile = join(work, 'damaged.bin');
  const expectedFile = join(work, 'expected.bin');
  writeFileSync(damagedFile, damaged);
  writeFileSync(expectedFile, Buffer.concat(frames.filter((_, i) => !touched.has(i))));
  const part = play(damagedFile, 'damaged');
  execFileSync('cmp', [expectedFile, part.saved]);
  console.log(
    `damaged recording: ${touched.size} frames flipped, the other ${frames.length - touched.size} arrived, cmp says equal`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
