// `waymark bundle`: what somebody who helps from afar needs, in one archive. Listed with sizes before it is written; every
// text passes the redaction, and is looked at once more before it is packed. It works without an agent and says what is
// missing then.
import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DoctorReport, doctorMachine, doctorUser, inspectPorts, runDoctor } from '../../agent/index.js';
import { rememberSecrets } from '../../config/index.js';
import { type Clock, createClock, EXIT, linkedController, WaymarkError } from '../../core/index.js';
import { atomicWrite, valuesKeptIn } from '../../vault/index.js';
import { runAsUser } from '../as-user.js';
import { argumentsOf } from '../doctor.js';
import { createProgress, DEFAULT_CONFIG } from '../modem-access.js';
import { printJson, stderr, stdout } from '../output.js';
import { confirm } from './ask.js';
import { capture } from './capture.js';
import { type Door, setLogLevel } from './door.js';
import { collectFromAgent, traceLines } from './from-agent.js';
import { configOfFile, configText, configVerdict } from './from-config.js';
import { fileList, journalLines, kernelLines, type Run, runner, usbDevices, versions } from './from-machine.js';
import { type Collected, collect } from './piece.js';
import { assertClean, redact, redactJson } from './redact.js';
import { onEverySignal } from './signals.js';
import { type TarEntry, tarGz } from './tar.js';
import { sizeWords } from './words.js';

export interface BundleOptions {
  config: string;
  runtimeDir?: string;
  out?: string;
  capture: boolean;
  forMs: number;
  yes: boolean;
  json: boolean;
}

/** What is looked at outside the agent; tests put their own in. */
export interface Surroundings {
  roots: { sys: string; dev: string; proc: string };
  run: Run;
  /** The report of `waymark doctor`, as JSON. */
  doctor?: () => Promise<unknown>;
}

const DEFAULT_DIRS = { runtimeDir: '/run/waymark', stateDir: '/var/lib/waymark' };

/** `waymark-bundle-20260131T120000Z.tar.gz`. */
const nameAt = (utcMs: number): string =>
  `waymark-bundle-${new Date(utcMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.tar.gz`;

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function recorded(door: Door, { forMs, json }: BundleOptions, into: Collected): Promise<void> {
  using stop = linkedController();
  const off = onEverySignal(() => stop.abort());
  const seconds = Math.round(forMs / 1000);
  const say = (text: string): void => {
    if (!json || process.stderr.isTTY) stderr.write(text);
  };
  try {
    const onRecording = (): void =>
      say(
        `Recording for ${seconds} s: make happen now what goes wrong. Ctrl-C ends it earlier and packs what there is.\n`,
      );
    const { log, trace, notes, isLowered } = await capture({ ...door, forMs, signal: stop.signal, onRecording });
    say(isLowered ? 'Recorded; the log is at its usual level again.\n' : `${notes.at(-1) ?? ''}\n`);
    await collect(into, 'capture/log.jsonl', 'everything the agent said during the capture', () =>
      log.length === 0 ? undefined : `${log.join('\n')}\n`,
    );
    await collect(into, 'capture/at-trace.txt', 'the AT dialogue during the capture', () => traceLines(trace));
    await collect(into, 'capture/notes.txt', 'what happened to the recording itself', () =>
      notes.length === 0 ? undefined : `${notes.join('\n')}\n`,
    );
  } finally {
    off();
  }
}

async function gather(options: BundleOptions, around: Surroundings, clock: Clock): Promise<Collected> {
  const { roots, run, doctor } = around;
  const file = resolve(options.config);
  const config = await configOfFile(file);
  const { stateDir } = config ?? DEFAULT_DIRS;
  const runtimeDir = resolve(options.runtimeDir ?? config?.runtimeDir ?? DEFAULT_DIRS.runtimeDir);
  const door: Door = { runtimeDir, clock };
  const into: Collected = { pieces: [], missing: [] };
  // First of all: what the scrubber knows it finds in whatever form.
  const known = config ? await rememberSecrets(config) : undefined;
  await valuesKeptIn(stateDir);
  for (const { key } of known?.unread ?? [])
    into.missing.push({
      name: `the value of ${key}`,
      why: 'not readable for this user: removed by its shape and by the agent only',
    });

  if (options.capture) await recorded(door, options, into);
  using progress = createProgress(clock);
  progress.stage('what the agent says');
  await collectFromAgent(door, into);
  progress.stage('what the machine says');
  await collect(into, 'versions.json', 'program, system, board', async () => redactJson(await versions()));
  await collect(
    into,
    'config.yaml',
    'the configuration as understood, secrets as references',
    () => config && configText(config),
  );
  await collect(into, 'config-check.json', 'what config check says of it', async () =>
    redactJson(await configVerdict(file, clock)),
  );
  await collect(into, 'ports.json', 'serial ports and who holds them', async () => {
    using signal = linkedController();
    return redactJson(await inspectPorts({ roots, clock, signal: signal.signal, probe: false }));
  });
  await collect(into, 'usb.txt', 'USB devices, without serial numbers', () => usbDevices(roots.sys));
  await collect(into, 'kernel.txt', 'kernel lines about devices, power and disks', () => kernelLines(run));
  await collect(into, 'journal.txt', 'the service manager’s last lines', () => journalLines(run));
  await collect(into, 'state-files.txt', 'modes and sizes in the state directory, no contents', () =>
    fileList(stateDir),
  );
  await collect(into, 'runtime-files.txt', 'modes and sizes in the runtime directory', () => fileList(runtimeDir));
  progress.stage('the doctor');
  await collect(into, 'doctor.json', 'the doctor’s report', async () => {
    const report = await doctor?.();
    return report === undefined ? undefined : redactJson(report);
  });
  return into;
}

function pack({ pieces, missing }: Collected, nowUtcMs: number): { entries: TarEntry[]; archive: Buffer } {
  const about = redactJson({
    schemaVersion: 1,
    madeAt: new Date(nowUtcMs).toISOString(),
    files: pieces.map(({ name, about: what }) => ({ name, about: what })),
    missing,
    redaction:
      'secrets, PEM blocks, users and queries of addresses removed; identifiers: last four; positions: three decimals',
  });
  const clean = [{ name: 'about.json', text: about }, ...pieces].map(({ name, text }) => ({
    name,
    text: redact(text),
  }));
  for (const { name, text } of clean) assertClean(name, text);
  const entries = clean.map(({ name, text }) => ({ name, bytes: Buffer.from(text, 'utf8') }));
  return {
    entries,
    archive: tarGz(
      entries.map((entry) => ({ ...entry, name: `waymark-bundle/${entry.name}` })),
      nowUtcMs,
    ),
  };
}

function real({ config, runtimeDir }: BundleOptions, clock: Clock): Surroundings {
  const roots = { sys: '/sys', dev: '/dev', proc: '/proc' };
  return {
    roots,
    run: runner(clock),
    async doctor() {
      using stop = linkedController();
      const configFile = resolve(config);
      const visitor = await doctorUser({ roots, configFile, named: undefined });
      if (visitor.become) {
        const flags = { config, offline: false, json: true, ...(runtimeDir === undefined ? {} : { runtimeDir }) };
        const { stdout } = await runAsUser(visitor.become, argumentsOf(flags, roots), { keep: true });
        return JSON.parse(stdout) as DoctorReport;
      }
      return await runDoctor({
        machine: doctorMachine({ clock, roots, ...visitor }),
        configFile,
        isDefaultFile: config === DEFAULT_CONFIG,
        runtimeDir: runtimeDir === undefined ? undefined : resolve(runtimeDir),
        isOffline: false,
        signal: stop.signal,
      });
    },
  };
}

/** 0 written (or, with --json and without --yes, only listed). Errors: `cli.usage`, `status.unavailable` (--capture), `vault.write`. */
export async function bundleVerb(options: BundleOptions, around?: Surroundings): Promise<number> {
  const clock = createClock();
  const target = resolve(options.out ?? nameAt(clock.wall()));
  if (await exists(target))
    throw new WaymarkError('cli.usage', `${target} exists already`, {
      hint: 'Name another file with --out, or move that one away.',
    });
  const collected = await gather(options, around ?? real(options, clock), clock);
  const { entries, archive } = pack(collected, clock.wall());
  const aboutOf = new Map(collected.pieces.map(({ name, about }) => [name, about]));
  const files = entries.map(({ name, bytes }) => ({
    name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    about: aboutOf.get(name) ?? 'this list',
  }));
  if (!options.json) {
    stderr.write('The bundle holds, with secrets removed:\n');
    for (const { name, bytes, about } of files)
      stderr.write(`  ${name.padEnd(22)} ${sizeWords(bytes).padStart(9)}  ${about}\n`);
    if (collected.missing.length > 0) stderr.write('and not:\n');
    for (const { name, why } of collected.missing) stderr.write(`  ${name.padEnd(22)} ${why}\n`);
  }
  const isWritten =
    options.yes || (!options.json && (await confirm(`Write ${target} (${sizeWords(archive.length)})?`)));
  if (isWritten) await atomicWrite(target, archive);
  if (options.json) printJson({ file: target, isWritten, bytes: archive.length, files, missing: collected.missing });
  else if (isWritten)
    stdout.write(`${target}: ${sizeWords(archive.length)}. Look into it before you send it: tar tzf, tar xzf.\n`);
  else stderr.write('Nothing was written.\n');
  return EXIT.ok;
}

/** `--lower`: after a capture that was killed. 0 when the agent has taken it. Errors: `status.unavailable`. */
export async function lowerVerb(options: BundleOptions): Promise<number> {
  const clock = createClock();
  const config = await configOfFile(resolve(options.config));
  const runtimeDir = resolve(options.runtimeDir ?? config?.runtimeDir ?? DEFAULT_DIRS.runtimeDir);
  const level = config?.log.level ?? 'info';
  const before = await setLogLevel({ runtimeDir, clock }, level);
  if (options.json) printJson({ level, before });
  else stdout.write(`The agent's log is at level ${level}.\n`);
  return EXIT.ok;
}
