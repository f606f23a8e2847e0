#!/usr/bin/node
'use strict';
// Sets the system clock forward to the time that the agent got from the network or the satellites, once it has any.
// Run as root by waymark-clock.timer, which is off by default: a board without a battery clock wakes in the past, and
// without a reachable time server nobody else tells it. Never backwards, never below the program's own build time,
// never where a time server is followed already. Exit 0: right now (or nothing known), 1: the clock could not be set.
const { execFileSync } = require('node:child_process');
const { existsSync, statSync } = require('node:fs');
const { get } = require('node:http');
const { join } = require('node:path');

const SOCKET = process.env.WAYMARK_SOCKET ?? '/run/waymark/status.sock';
const SYNCHRONISED = process.env.WAYMARK_TIMESYNC ?? '/run/systemd/timesync/synchronized';
const WAIT_MS = Number(process.env.WAYMARK_CLOCK_WAIT_MS ?? 180_000);
const PAUSE_MS = 2000;
/** Less is not worth a step: network time is given in whole seconds. */
const SMALLEST_MS = 2000;
const LONGEST_MS = 15 * 365.25 * 86_400_000;
const MAX_BYTES = 1 << 20;

/** Built then: no right clock shows a time before. */
function floorMs() {
  const program = process.env.WAYMARK_PROGRAM ?? join(__dirname, 'lib', 'waymark.cjs');
  return existsSync(program) ? statSync(program).mtimeMs : 0;
}

/** The agent's word on the clock; undefined while nobody answers. */
function ask() {
  return new Promise((resolve) => {
    const request = get({ socketPath: SOCKET, path: '/api/v1/status', headers: { host: 'localhost' }, timeout: 5000 });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
        if (text.length > MAX_BYTES) request.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () => {
        try {
          resolve(JSON.parse(text).clock);
        } catch {
          resolve(undefined);
        }
      });
    });
  });
}

/** What to do about an answer: the new time, or why nothing. */
function decide(clock, nowMs, floor) {
  const { source, offsetMs } = clock ?? {};
  if (source !== 'network' && source !== 'gnss') return { wait: 'no source has told the time yet' };
  if (typeof offsetMs !== 'number' || !Number.isFinite(offsetMs)) return { wait: 'the agent told no offset' };
  if (Math.abs(offsetMs) < SMALLEST_MS) return { done: `the clock agrees with ${source}` };
  if (offsetMs < 0) return { done: `the clock is ${Math.round(-offsetMs / 1000)} s ahead of ${source}: left alone, time never goes back` };
  const toMs = nowMs + offsetMs;
  if (toMs < floor) return { done: `${source} tells a time before this program was built: left alone` };
  if (toMs > floor + LONGEST_MS && floor > 0) return { done: `${source} tells a time too far ahead: left alone` };
  return { toMs, source };
}

async function main() {
  if (existsSync(SYNCHRONISED)) return 'a time server is followed: nothing to do';
  const floor = floorMs();
  const end = process.hrtime.bigint() + BigInt(WAIT_MS) * 1_000_000n;
  for (;;) {
    const verdict = decide(await ask(), Date.now(), floor);
    if (verdict.done) return verdict.done;
    if (verdict.toMs !== undefined) {
      const seconds = (verdict.toMs / 1000).toFixed(3);
      // The system's own tool: it also tells the kernel's other clocks. The child needs no more than the number.
      execFileSync('date', ['--utc', `--set=@${seconds}`], { stdio: ['ignore', 'ignore', 'inherit'] });
      return `the clock was set forward to ${new Date(verdict.toMs).toISOString()} (${verdict.source})`;
    }
    if (process.hrtime.bigint() >= end) return verdict.wait;
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

main().then(
  (said) => console.log(said),
  (error) => {
    console.error(`the clock could not be set: ${error.message}`);
    process.exitCode = 1;
  },
);
