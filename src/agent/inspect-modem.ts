// One-shot talks with the module for the command line, when no agent runs. Each opens the port, asks, and closes it:
// no PIN, nothing the module keeps, and nothing at all on a port that another program talks on.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createDisposer, type Disposer, type Logger, onAbort, WaymarkError } from '../core/index.js';
import {
  createLinkOpener,
  findHolders,
  holderCure,
  holderNames,
  type LinkOpener,
  listPorts,
  type Roots,
} from '../link/index.js';
import {
  type AtChannel,
  commandLimitMs,
  createAtChannel,
  type Forgotten,
  forgetOurs,
  greetModule,
  judgeCommand,
  surveyModule,
  type Vendor,
} from '../modem/index.js';
import type { AtAnswer, AtRequest, TraceLine } from '../status/index.js';
import { type ModemReport, reportFromSurvey } from './modem-report.js';
import { createPortBook } from './ports/book.js';
import { portBehind } from './ports/identity.js';
import { createTrace, shownText } from './trace.js';

export interface ModemAccess {
  /** `auto`, a path, or `tcp://host:port`. */
  port: string;
  /** The receiver's port as configured: it is not asked whether it is a module. */
  gnssPort?: string;
  baudRate: number;
  profile: 'auto' | Vendor;
  commandGapMs: number;
  roots: Roots;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** The dialogue; each line scrubbed and terminal-safe. */
  onLine?: (line: TraceLine) => void;
  /** What is going on, in words, for a person who waits. */
  onStage?: (what: string) => void;
  /** Opens ports (default: the real ones). */
  open?: LinkOpener;
}

interface Opened {
  channel: AtChannel;
  name: string;
}

/** The channel over a fresh link, greeted. Errors: `link.*`, `modem.timeout`, `modem.wrong-device`, the abort reason. */
async function openModule(access: ModemAccess, resources: Disposer): Promise<Opened> {
  const { clock, log, roots, signal, onLine, onStage } = access;
  const open = access.open ?? createLinkOpener({ clock, log });
  const book = createPortBook({ open, clock, log, roots });
  if (access.gnssPort !== undefined) book.opener('gnss', access.gnssPort);
  onStage?.(access.port === 'auto' ? 'the port' : access.port);
  const link = await book.opener('modem', access.port)({ address: access.port, baudRate: access.baudRate }, { signal });
  resources.use(link);
  await refuseShared(link.name, roots);
  const trace = createTrace({ clock, capacity: 1 });
  if (onLine) resources.add(trace.follow(onLine).stop);
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const channel = resources.use(
    createAtChannel(
      { link, clock, log, counters, ...(onLine ? { transcript: trace.push } : {}) },
      { commandGapMs: access.commandGapMs },
    ),
  );
  onStage?.(`an answer on ${link.name}`);
  await greetModule(channel, link.name, signal);
  return { channel, name: link.name };
}

/** Two that talk on one port get each other's answers, so nothing is sent at all. */
async function refuseShared(path: string, roots: Roots): Promise<void> {
  if (!path.startsWith('/')) return;
  const others = (await findHolders(path, roots)).filter(({ isSelf }) => !isSelf);
  if (others.length === 0) return;
  const port = await portBehind(path, await listPorts(roots));
  throw new WaymarkError('link.shared', `${path} is also open in ${holderNames(others)}: nothing was sent`, {
    hint: holderCure(others, port, path),
  });
}

/**
 * Identity, card, network, signal, contexts and clock, by questions alone. With `stay` the port stays open afterwards and
 * `onLine` hears what the module says by itself, until `stay` aborts or the module is gone (then it rejects).
 * Errors: `link.*`, `modem.*`, the abort reason.
 */
export async function inspectModem(
  access: ModemAccess,
  options: { showIdentifiers: boolean; stay?: AbortSignal; onReport?: (report: ModemReport) => void },
): Promise<ModemReport> {
  await using resources = createDisposer();
  const { channel, name } = await openModule(access, resources);
  const { profile, onStage, signal } = access;
  const survey = await surveyModule(channel, { profile, ...(onStage ? { onStage } : {}) }, signal);
  const report = reportFromSurvey(survey, name, options.showIdentifiers);
  options.onReport?.(report);
  if (options.stay) await listen(channel, options.stay);
  return report;
}

function listen(channel: AtChannel, until: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    onAbort(until, resolve);
    void channel.lost.then(reject);
  });
}

/**
 * Who may say what: the same rule for the agent and for the command line. Gives the reason why an accepted line is not
 * harmless, if so. Errors: `cli.usage` with what instead.
 */
export function assertMaySend({ command, unsafe }: AtRequest): string | undefined {
  const judged = judgeCommand(command);
  if (judged.verdict === 'allowed') return undefined;
  if (judged.verdict === 'unsafe' && unsafe) return judged.why;
  throw new WaymarkError('cli.usage', `not sent: ${judged.why}`, {
    hint: judged.verdict === 'never' ? judged.hint : 'If that is what you want, say it again with --unsafe.',
  });
}

/** One guarded command on a port that nobody else holds. Errors: `cli.usage`, `link.*`, `modem.*`, `sim.*`. */
export async function askModem(access: ModemAccess, request: AtRequest): Promise<AtAnswer> {
  assertMaySend(request);
  await using resources = createDisposer();
  const { channel } = await openModule(access, resources);
  const { signal, onStage } = access;
  const text = request.command.trim();
  onStage?.('the answer');
  const { lines, final } = await channel.run(
    { text, shown: shownText(text), deadlineMs: request.timeoutMs ?? commandLimitMs(text) },
    { signal },
  );
  return { lines: lines.map(shownText), final: shownText(final) };
}

/**
 * Has the module forget the tokens and the authority it was told, for a gateway that is taken out of service.
 * Errors: `link.*`, `modem.*`, the abort reason.
 */
export async function wipeModule(access: ModemAccess): Promise<{ port: string; forgotten: readonly Forgotten[] }> {
  await using resources = createDisposer();
  const { channel, name } = await openModule(access, resources);
  access.onStage?.('the module to forget');
  return { port: name, forgotten: await forgetOurs(channel.run, access.signal) };
}

/** The agent that holds this state directory, or undefined; only looked at. */
export async function agentHolding(stateDir: string, { proc }: Pick<Roots, 'proc'>): Promise<number | undefined> {
  // The file of vault/lock.ts: process id and start time.
  const holder = (await readFile(join(stateDir, 'holder'), 'latin1').catch(() => '')).trim();
  const [pid = '', start] = holder.split(' ');
  if (!/^[1-9]\d{0,9}$/.test(pid)) return undefined;
  const stat = await readFile(join(proc, pid, 'stat'), 'latin1').catch(() => undefined);
  const isSame = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] === start;
  return isSame ? Number(pid) : undefined;
}
