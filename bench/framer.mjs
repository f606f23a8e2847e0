// The GNSS framers on one core, beside the least that a checked stream costs: one table-driven CRC-24Q loop, byte by
// byte, over the same bytes. Both run in turns in one process, so that the ratio holds when the machine's speed drifts.
//
//   npm run bench -- framer [--rounds N]
//
// Streams: valid frames as a source sends them (messages of about 1.1 kB), and adversarial ones, in which as many bytes
// as possible look like the start of a long frame whose check then fails. Every frame is counted: a framer that loses
// some is no result. Rates are per second of processor time.
import { createFramer } from '../src/gnss/index.js';

const MEBIBYTE = 1024 * 1024;
const STREAM_BYTES = 4 * MEBIBYTE;
const MESSAGE_BYTES = 1139;
const GOALS = { valid: 0.6, adversarial: 0.1 };
const rounds = numberOption('--rounds', 7);

function numberOption(name, usual) {
  const at = process.argv.indexOf(name);
  return at < 0 ? usual : Number(process.argv[at + 1]);
}

/** xorshift32: the same bytes in every run. */
function generator(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte << 16;
  for (let bit = 0; bit < 8; bit++) c = c & 0x800000 ? (c << 1) ^ 0x1864cfb : c << 1;
  return c & 0xffffff;
});

/** The floor. */
function crcLoop(bytes) {
  let c = 0;
  for (let i = 0; i < bytes.length; i++) c = ((c << 8) & 0xffffff) ^ TABLE[(c >>> 16) ^ bytes[i]];
  return c;
}

function crc24(bytes) {
  const c = crcLoop(bytes);
  return [c >>> 16, (c >>> 8) & 0xff, c & 0xff];
}

function crc4(b1, b2, b3) {
  let c = 0;
  for (const byte of [b1, b2, b3 & 0xf0]) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >> 1) ^ 9 : c >> 1;
  }
  return c;
}

function payload(next, bytes) {
  const out = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) out[i] = next() & 0xff;
  return out;
}

/** Preamble and the three header bytes with their own check. */
function spartnHead(length, type = 0) {
  const b1 = (type << 1) | (length >> 9);
  const b2 = (length >> 1) & 0xff;
  const b3 = ((length & 1) << 7) | (1 << 6) | (2 << 4);
  return [0x73, b1, b2, b3 | crc4(b1, b2, b3)];
}

const FRAMES = {
  spartn(next) {
    const body = payload(next, 60 + (next() % 520));
    // Subtype 0, 16-bit tag; encrypted, authentication indicator 0.
    const head = [...spartnHead(body.length), 0x00, 0, 0, 0xab, 0x10, 0x00];
    const frame = Buffer.concat([Buffer.from(head), body]);
    return Buffer.concat([frame, Buffer.from(crc24(frame.subarray(1)))]);
  },
  rtcm3(next) {
    const body = payload(next, 20 + (next() % 400));
    const frame = Buffer.concat([Buffer.from([0xd3, body.length >> 8, body.length & 0xff]), body]);
    return Buffer.concat([frame, Buffer.from(crc24(frame))]);
  },
  ubx(next) {
    const body = payload(next, 12 + (next() % 400));
    const frame = Buffer.concat([Buffer.from([0xb5, 0x62, 0x13, 0x00, body.length & 0xff, body.length >> 8]), body]);
    let a = 0;
    let b = 0;
    for (const byte of frame.subarray(2)) {
      a = (a + byte) & 0xff;
      b = (b + a) & 0xff;
    }
    return Buffer.concat([frame, Buffer.from([a, b])]);
  },
};

/** As many good-looking starts as fit, each of the longest frame there is. */
const STARTS = {
  spartn: Buffer.from([...spartnHead(1023), 0x00]),
  rtcm3: Buffer.from([0xd3, 0x03, 0xff]),
  ubx: Buffer.from([0xb5, 0x62, 0x13, 0x00, 0x00, 0x20]),
};

function validStream(kind) {
  const next = generator(7);
  const parts = [];
  let bytes = 0;
  while (bytes < STREAM_BYTES) {
    const frame = FRAMES[kind](next);
    parts.push(frame);
    bytes += frame.length;
  }
  return { bytes: Buffer.concat(parts), frames: parts.length };
}

function adversarialStream(kind) {
  const start = STARTS[kind];
  return {
    bytes: Buffer.concat(Array.from({ length: Math.floor(STREAM_BYTES / start.length) }, () => start)),
    frames: 0,
  };
}

function chunksOf(bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) chunks.push(bytes.subarray(at, at + MESSAGE_BYTES));
  return chunks;
}

function cpuSeconds(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

let failed = false;
for (const kind of Object.keys(FRAMES))
  for (const [how, stream] of [
    ['valid', validStream(kind)],
    ['adversarial', adversarialStream(kind)],
  ]) {
    const chunks = chunksOf(stream.bytes);
    const ratios = [];
    const rates = [];
    let sum = 0;
    for (let round = -2; round < rounds; round++) {
      let frames = 0;
      const framer = createFramer({ protocols: [kind], onFrame: () => frames++ });
      const mine = cpuSeconds(() => {
        for (const chunk of chunks) framer.push(chunk);
      });
      const floor = cpuSeconds(() => {
        sum ^= crcLoop(stream.bytes);
      });
      if (frames !== stream.frames) throw new Error(`${kind}, ${how}: ${frames} frames instead of ${stream.frames}`);
      // The first two rounds warm the compiler up.
      if (round < 0) continue;
      ratios.push(floor / mine);
      rates.push(stream.bytes.length / MEBIBYTE / mine);
    }
    if (sum === undefined) throw new Error('the floor did nothing');
    const ratio = median(ratios);
    const isMet = ratio >= GOALS[how];
    failed ||= !isMet;
    process.stdout.write(
      `figure: ${kind} framer, ${how}: ${ratio.toFixed(2)} x a bare CRC-24Q loop (goal ${GOALS[how]}, ${isMet ? 'met' : 'missed'}; ${median(rates).toFixed(0)} MiB/s, ${rounds} rounds)\n`,
    );
  }
process.exitCode = failed ? 1 : 0;
