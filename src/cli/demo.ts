// `waymark demo`: everything simulated but the program itself. One child process holds module, receiver and clouds;
// the agent talks to them over pseudo terminals and TLS exactly as it would to the real ones.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createAgent } from '../agent/index.js';
import { loadConfig } from '../config/index.js';
import {
  anchorNow,
  createClock,
  createDisposer,
  createTeeLogger,
  EXIT,
  type LogLevel,
  linkedController,
  scrubber,
  WaymarkError,
} from '../core/index.js';
import { createLogTail, describeStatus } from '../status/index.js';
import { writeDemoFiles } from './demo-files.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stderr, stdout } from './output.js';
import { createScreen } from './screen.js';
import { startWorld } from './sim-process.js';

export interface DemoOptions {
  forMs?: number | undefined;
  json: boolean;
  stateDir?: string | undefined;
  capture?: string | undefined;
  speed: number;
  timeScale: number;
  saveReceiver?: string | undefined;
  transcript?: string | undefined;
  log?: LogLevel | undefined;
  /** Which way of delivery the simulated account has. */
  source: 'ntrip' | 'mqtt';
  region: string;
}

/** Unix socket paths end at 107 bytes; a long state directory gets a short runtime directory. */
function runtimeDirFor(stateDir: string): string {
  const inside = join(stateDir, 'run');
  return inside.length <= 90 ? inside : mkdtempSync(join(tmpdir(), 'waymark-run-'));
}

function transcriptWriter(file: string | undefined): {
  write: ((direction: '>' | '<', line: string) => void) | undefined;
  close(): void;
} {
  if (file === undefined) return { write: undefined, close: () => undefined };
  const fd = openForAppending(file);
  return {
    write: (direction, line) => void writeSync(fd, `${direction} ${scrubber.scrub(line)}\n`),
    close: () => closeSync(fd),
  };
}

function makeFolder(folder: string): void {
  try {
    // Where a parent exists but takes no folders (/proc), Node's recursive form never returns.
    if (!existsSync(folder)) mkdirSync(folder, { recursive: !existsSync(dirname(folder)), mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new WaymarkError('cli.usage', `${folder} cannot be used as state directory`, { cause });
  }
}

function openForAppending(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (cause) {
    throw new WaymarkError('cli.usage', `${file} cannot be written`, {
      cause,
      hint: 'Name a file in a folder you may write to.',
    });
  }
}

/** A folder or file named on the command line that cannot be used is the caller's mistake, not ours. */
function checkPaths({ capture, saveReceiver }: DemoOptions): void {
  if (capture !== undefined && !existsSync(capture))
    throw new WaymarkError('cli.usage', `no such recording: ${capture}`);
  if (saveReceiver !== undefined) closeSync(openForAppending(saveReceiver));
}

/** Runs the demo; gives the exit code: 0 when it ended serving, 75 otherwise. */
export async function demo(options: DemoOptions): Promise<number> {
  checkPaths(options);
  await using resources = createDisposer();
  const anchor = options.timeScale === 1 ? undefined : anchorNow(options.timeScale);
  const clock = createClock(anchor);
  const realTime = createClock();
  const temporary = options.stateDir === undefined;
  const stateDir =
    options.stateDir === undefined ? mkdtempSync(join(tmpdir(), 'waymark-demo-')) : resolve(options.stateDir);
  makeFolder(stateDir);
  if (temporary) resources.add(() => rmSync(stateDir, { recursive: true, force: true }));
  const runtimeDir = runtimeDirFor(stateDir);
  mkdirSync(runtimeDir, { recursive: true, mode: 0o700 });

  using stop = linkedController();
  const offSignals = onStopSignal(() => stop.abort());
  resources.add(offSignals);
  if (options.forMs !== undefined)
    realTime.after(Math.max(0, options.forMs - process.uptime() * 1000), () => stop.abort());

  const world = resources.use(
    await startWorld(
      {
        stateDir,
        links: { modem: join(stateDir, 'ttyMODEM'), receiver: join(stateDir, 'ttyGNSS') },
        ...(options.capture === undefined ? {} : { capture: resolve(options.capture) }),
        speed: options.speed,
        plan: options.source,
        ...(options.saveReceiver === undefined ? {} : { saveFile: resolve(options.saveReceiver) }),
      },
      { clock: realTime, anchor },
    ),
  );
  if (!options.json) stderr.write(`module behind a ${world.ready.modem.kind} at ${world.ready.modem.address}\n`);

  const { configFile } = writeDemoFiles(stateDir, runtimeDir, world.ready, options.region);
  const config = await loadConfig(configFile, { env: process.env });
  const transcript = transcriptWriter(options.transcript);
  resources.add(() => transcript.close());
  // Without --log the terminal is the screen's, and only the page sees the lines.
  const logTail = createLogTail();
  const { log, setLevel } = createTeeLogger({
    ...{ level: options.log ?? 'info', output: options.log && stderr, tail: logTail.add },
    now: () => clock.wall(),
  });
  const agent = await createAgent({
    config,
    configDir: stateDir,
    ...{ configFile, logTail, setLogLevel: setLevel, isAnyPortFine: true },
    clock,
    log,
    env: process.env,
    keepClockFloor: options.timeScale === 1,
    ...(transcript.write ? { transcript: transcript.write } : {}),
  });

  void world.exited.then(() => stop.abort());
  const interactive = !options.json && process.stdout.isTTY && process.stdin.isTTY;
  const elsewhere = `From another terminal: waymark status -c ${configFile}`;
  if (!options.json && !process.stdout.isTTY) stderr.write(`${elsewhere}\n`);
  const pageWords = (): string => {
    const { url, tokenFile } = agent.snapshot().page ?? {};
    return url === undefined ? '' : `Page: ${url}   its actions want the token in ${tokenFile ?? ''}\n`;
  };
  let isPageSaid = options.json || process.stdout.isTTY;
  const footer = (): string =>
    `${pageWords()}${interactive ? 'u: unplug or replug the modem   r: the receiver   q: quit' : 'Ctrl-C ends the demo'}\n${elsewhere}`;
  const keys = interactive ? listenForKeys(world, () => stop.abort()) : () => undefined;
  resources.add(keys);
  {
    using screen = options.json
      ? undefined
      : createScreen(stdout, process.stdout.isTTY, realTime, agent.snapshot, footer);
    const off = agent.onChange(() => {
      screen?.refresh();
      if (isPageSaid || pageWords() === '') return;
      isPageSaid = true;
      stderr.write(pageWords());
    });
    await agent.run({ signal: stop.signal });
    off();
  }
  const final = agent.lastSnapshot();
  if (options.json) printJson(final);
  // Into a pipe only changes of the lamps went: the last words are the whole answer.
  else if (!process.stdout.isTTY) stdout.write(describeStatus(final, { colour: false }));
  // Nobody here has the keys of a recording: that its frames arrive is all there can be.
  const isDelivered =
    options.capture !== undefined &&
    final.lamps.every(
      ({ state, reason }) => state === 'lit' || state === 'absent' || reason === 'corrections.not-used',
    );
  return final.state === 'serving' || isDelivered ? EXIT.ok : EXIT.tryAgain;
}

function listenForKeys(
  world: { send(command: Readonly<Record<string, unknown>>): void },
  quit: () => void,
): () => void {
  const plugged = { modem: true, receiver: true };
  const toggle = (device: 'modem' | 'receiver'): void => {
    world.send({ do: plugged[device] ? 'unplug' : 'replug', device });
    plugged[device] = !plugged[device];
  };
  process.stdin.setRawMode(true);
  process.stdin.resume();
  const onKey = (data: Buffer): void => {
    const key = data.toString();
    if (key === 'u') toggle('modem');
    else if (key === 'r') toggle('receiver');
    else if (key === 'q' || key === '\u0003') quit();
  };
  process.stdin.on('data', onKey);
  return () => {
    process.stdin.off('data', onKey);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  };
}
