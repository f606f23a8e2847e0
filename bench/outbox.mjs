// The outbox: what it costs to accept a record, how soon a backlog is gone, and what it writes to the flash.
//
//   npm run bench -- outbox [--rounds N] [--seconds N]
//
// Accepting stands beside bare appends with the same fsync policy, in turns in one process: of the record as a line of
// JSON, which is the least that keeps it, and (for knowledge) of bytes made ready before. The day's
// writes are those of ten minutes at one record of 150 bytes a second (of the clock's time: the outbox's clock runs ten
// times faster), as the kernel counts them for this process: write_bytes - cancelled_write_bytes.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorNow, createClock, silentLogger } from '../src/core/index.js';
import { openOutbox } from '../src/outbox/index.js';

const GOALS = { ratio: 0.3, replaySeconds: 60, megabytesADay: 25 };
const RECORDS = 20_000;
const SCALE = 10;
const rounds = numberOption('--rounds', 5);
const seconds = numberOption('--seconds', 600);
const root = fs.mkdtempSync(join(process.env.WAYMARK_BENCH_DIR ?? tmpdir(), 'waymark-outbox-'));
let boot = 0;
let failed = false;

function numberOption(name, usual) {
  const at = process.argv.indexOf(name);
  return at < 0 ? usual : Number(process.argv[at + 1]);
}

function figure(text, isMet) {
  if (isMet === false) failed = true;
  process.stdout.write(`figure: ${text}${isMet === undefined ? '' : `, ${isMet ? 'met' : 'missed'}`}\n`);
}

const open = (name, clock) =>
  openOutbox(
    { clock, log: silentLogger },
    {
      dir: join(root, name),
      destination: name,
      boot: ++boot,
      maxBytes: 2 ** 26,
      maxAgeMs: 7 * 86_400_000,
      minFreeBytes: 0,
      sync: false,
    },
  );

/** A record whose payload in the log has `bytes` bytes. */
function record(bytes, monoMs) {
  const record = { kind: 'state', class: 'A', utcMs: 1.8e12, timeQuality: 'utc', monoMs, body: { x: '' } };
  const bare = JSON.stringify({ k: 'state', u: 1.8e12, q: 1, m: monoMs, b: { x: '' } }).length;
  return { ...record, body: { x: 'y'.repeat(bytes - bare) } };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The floor: the same number of bytes a record, an fsync every 64 KiB beside the writes. */
async function bareAppends(name, bytes, made) {
  const fd = fs.openSync(join(root, name), 'a', 0o600);
  const line = Buffer.alloc(bytes, 0x79);
  let unsynced = 0;
  let syncing;
  const started = process.hrtime.bigint();
  for (let i = 0; i < RECORDS; i++) {
    await Promise.resolve(fs.writeSync(fd, made ? Buffer.from(`${JSON.stringify({ ...made, i })}\n`) : line));
    unsynced += bytes;
    if (unsynced < 65_536 || syncing) continue;
    unsynced = 0;
    syncing = new Promise((resolve) => fs.fdatasync(fd, resolve)).then(() => {
      syncing = undefined;
    });
  }
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  await syncing;
  fs.closeSync(fd);
  return RECORDS / took;
}

async function accepting(name, bytes) {
  const outbox = await open(name, createClock());
  const made = record(bytes - 24, 1);
  const started = process.hrtime.bigint();
  for (let i = 0; i < RECORDS; i++) await outbox.put(made);
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  await outbox[Symbol.asyncDispose]();
  return RECORDS / took;
}

async function acceptRates() {
  const ratios = [];
  const readyRatios = [];
  const rates = [];
  for (let round = -1; round < rounds; round++) {
    const floor = await bareAppends(`bare-${round}`, 324, record(300, 1));
    const ready = await bareAppends(`ready-${round}`, 324);
    const mine = await accepting(`accept-${round}`, 324);
    if (round < 0) continue;
    ratios.push(mine / floor);
    readyRatios.push(mine / ready);
    rates.push(mine);
  }
  const ratio = median(ratios);
  figure(
    `accepting a record: ${ratio.toFixed(2)} x bare appends of JSON lines (goal ${GOALS.ratio}; ${median(readyRatios).toFixed(2)} x appends of ready bytes, ${Math.round(median(rates))} records/s, ${rounds} rounds)`,
    ratio >= GOALS.ratio,
  );
}

async function replay() {
  const clock = createClock();
  const outbox = await open('replay', clock);
  for (let i = 0; i < 3600; i++) await outbox.put(record(300, clock.mono()));
  const late = [];
  const link = {
    limits: { window: 20, pace: { count: 100, perMs: 1000 } },
    async publish({ body }) {
      if (body.putAt !== undefined) late.push(clock.mono() - body.putAt);
      await pause(1);
      return { is: 'confirmed' };
    },
  };
  const controller = new AbortController();
  const started = clock.mono();
  const draining = outbox.drain(link, { signal: controller.signal });
  while (outbox.status().replayLeft > 0) {
    await outbox.put({ ...record(300, clock.mono()), body: { putAt: clock.mono() } });
    await pause(500);
  }
  const took = (clock.mono() - started) / 1000;
  controller.abort();
  await draining;
  await outbox[Symbol.asyncDispose]();
  figure(
    `3600 records replayed at 100/s in ${took.toFixed(1)} s (goal ${GOALS.replaySeconds} s), live ones sent after at most ${Math.max(...late).toFixed(0)} ms`,
    took <= GOALS.replaySeconds,
  );
}

/** Bytes this process has had written to the disk, as the kernel counts them. */
function writtenBytes() {
  const io = fs.readFileSync('/proc/self/io', 'utf8');
  const of = (name) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1] ?? 0);
  return of('write_bytes') - of('cancelled_write_bytes');
}

async function daily(isOnline) {
  const clock = createClock(anchorNow(SCALE));
  const outbox = await open(isOnline ? 'online' : 'offline', clock);
  const controller = new AbortController();
  const link = {
    limits: { window: 20, pace: { count: 100, perMs: 1000 } },
    async publish() {
      await pause(20);
      return { is: 'confirmed' };
    },
  };
  const draining = isOnline ? outbox.drain(link, { signal: controller.signal }) : undefined;
  const before = writtenBytes();
  for (let i = 0; i < seconds; i++) {
    await outbox.put(record(150, clock.mono()));
    await pause(1000 / SCALE);
  }
  const bytes = writtenBytes() - before;
  const { confirmed } = outbox.status();
  if (isOnline && confirmed < seconds - 2) throw new Error(`only ${confirmed} of ${seconds} confirmed`);
  controller.abort();
  await draining;
  await outbox[Symbol.asyncDispose]();
  return (bytes / seconds) * 86_400 * 1e-6;
}

async function main() {
  try {
    await acceptRates();
    await replay();
    const online = await daily(true);
    figure(
      `written a day, online, one record a second: ${online.toFixed(1)} MB (goal ${GOALS.megabytesADay} MB)`,
      online <= GOALS.megabytesADay,
    );
    figure(`written a day, offline: ${(await daily(false)).toFixed(1)} MB`);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
  process.exitCode = failed ? 1 : 0;
}

void main();
