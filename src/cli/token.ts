// `waymark token test` and `waymark token rotate`: asked of the running agent, which alone uses credentials. No value is
// ever in the arguments or on the socket: a new one goes straight into its file.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { inspectCredentials, inspectSecretFile } from '../agent/index.js';
import { appTokenFor, type Config, loadConfig, parseConfig, secretOfText } from '../config/index.js';
import {
  type Clock,
  createClock,
  EXIT,
  isWaymarkError,
  linkedController,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import { postToken } from '../status/index.js';
import { nextOf, writeForOwner } from '../vault/index.js';
import { createProgress } from './modem-access.js';
import { onStopSignal } from './on-stop.js';
import { explainFailure, printJson, stderr, stdout } from './output.js';
import { runtimeDirOf, type WhereOptions } from './where.js';

const MAX_VALUE_BYTES = 16_384;

/** 64 where it cannot be tried, 77 where a person has to act, 75 for everything that passes. */
function exitOf(error: unknown): number {
  const { code, retry } = toWaymarkError(error);
  if (code === 'token.not-testable' || code === 'cli.usage') return EXIT.usage;
  if (code === 'core.internal') return EXIT.internal;
  if (code.startsWith('config.')) return EXIT.config;
  return retry === 'operator' || retry === 'never' ? EXIT.permission : EXIT.tryAgain;
}

function report(error: unknown, json: boolean): number {
  const { code, message, hint } = toWaymarkError(error);
  if (json) printJson({ error: { code, message, hint } });
  else explainFailure(error);
  return exitOf(error);
}

/** Asks the agent, with a word on stderr while it takes its time. */
async function ask(
  options: WhereOptions,
  clock: Clock,
  asked: { action: 'test' | 'rotate'; id: string },
): Promise<void> {
  using stop = linkedController();
  using progress = createProgress(clock);
  const off = onStopSignal(() => stop.abort());
  try {
    const runtimeDir = await runtimeDirOf(options);
    progress.stage(`the trial of ${asked.id}`);
    await postToken(runtimeDir, clock, asked, stop.signal);
  } finally {
    off();
  }
}

/** What can be told without an agent: its file, its dates, what the last agent left. */
async function offline(id: string, options: WhereOptions, clock: Clock): Promise<number> {
  const file = resolve(options.config);
  const config = await loadConfig(file, { env: process.env });
  const views = await inspectCredentials({ config, configDir: dirname(file), clock, env: process.env });
  const view = views.find((one) => one.id === id);
  if (!view)
    throw new WaymarkError('cli.usage', `there is no credential ${id}`, {
      hint: `\`waymark token list\` shows them: ${views.map((one) => one.id).join(', ')}.`,
    });
  const isUsable = view.state === 'valid' || view.state === 'expiring';
  const note =
    'No agent runs, so nothing was sent anywhere: only the file, its dates and what the last agent noted were looked at.';
  if (options.json) printJson({ id, result: 'not-tried', state: view.state, remedy: view.remedy, note });
  else {
    stdout.write(`${id}: ${view.state}${isUsable ? '' : `. ${view.remedy ?? ''}`}\n`);
    stderr.write(`${note}\n`);
  }
  return isUsable ? EXIT.tryAgain : EXIT.permission;
}

/** 0 works, 77 refused or missing, 75 try again, 64 not testable. */
export async function tokenTest(id: string, options: WhereOptions): Promise<number> {
  const clock = createClock();
  try {
    await ask(options, clock, { action: 'test', id });
  } catch (error) {
    if (!isWaymarkError(error, 'status.unavailable')) return report(error, options.json);
    return offline(id, options, clock).catch((failure: unknown) => report(failure, options.json));
  }
  if (options.json) printJson({ id, result: 'works' });
  else stdout.write(`${id} works.\n`);
  return EXIT.ok;
}

/** 0 in force, 77 refused, 75 waits, 64 nothing to rotate. */
export async function tokenRotate(id: string, options: WhereOptions & { from?: string }): Promise<number> {
  const clock = createClock();
  try {
    if (options.from !== undefined) await writeNext(id, options.from, options, clock);
    await ask(options, clock, { action: 'rotate', id });
  } catch (error) {
    if (!isWaymarkError(error, 'status.unavailable')) return report(error, options.json);
    const waiting = new WaymarkError('token.waits', `no agent runs that could try the new value of ${id}`, {
      hint: 'It is tried when the agent starts; until it works the old one stays in force.',
    });
    return report(waiting, options.json);
  }
  if (options.json) printJson({ id, result: 'in-force' });
  else stdout.write(`The new value of ${id} works and is in force; the old one is kept beside it for a day.\n`);
  return EXIT.ok;
}

/** The configuration without a look at its secrets: whoever rotates one need not be able to read the others. */
async function configOf(file: string): Promise<Config> {
  const text = await readBounded(file, 262_144);
  return parseConfig(text, file).config ?? loadConfig(file, { env: process.env });
}

async function writeNext(id: string, from: string, options: WhereOptions, clock: Clock): Promise<void> {
  const file = resolve(options.config);
  const configDir = dirname(file);
  const config = await configOf(file);
  const place = inspectSecretFile({ config, configDir, clock, env: {} }, id);
  if (!place)
    throw new WaymarkError('cli.usage', `${id} does not come from a file`, {
      hint: 'Only what the configuration names as file:PATH can be written here: replace it where it comes from.',
    });
  const text = from === '-' ? await readStdin() : await readBounded(resolve(from), MAX_VALUE_BYTES);
  // Judged now, while the person is there; the value is not kept. A PEM stays as it is, a token loses its line end.
  secretOfText(place.kind, text, from === '-' ? 'standard input' : from, appTokenFor(config));
  // Written by root, it must still belong to the service user, whose file it is to replace.
  await writeForOwner(nextOf(place.path), Buffer.from(text, 'utf8'), place.path);
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_VALUE_BYTES)
      throw new WaymarkError(
        'secret.malformed',
        `standard input: larger than ${MAX_VALUE_BYTES} bytes, this is no secret`,
      );
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readBounded(path: string, maxBytes: number): Promise<string> {
  const failure = (why: string): WaymarkError =>
    new WaymarkError('cli.usage', `${path}: ${why}`, { hint: 'Name a readable file of moderate size.' });
  try {
    // Not blocking: a fifo in the file's place must not hang the verb.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) throw failure('is not a regular file');
    if (facts.size > maxBytes) throw failure(`larger than ${maxBytes} bytes`);
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
    throw failure(code === 'ENOENT' ? 'no such file' : 'cannot be read');
  }
}
