// Commands from the clouds at work: one after the other, in the order they came. The decision is decide.ts, what is
// remembered is ledger.ts; here the intent is written, then the effect has its time, then the end is written and told.
//
//   waiting ─→ deciding ──refused, repeated──────────────────────────────→ answered
//                  │ run                                                        ▲
//                  ▼                                                            │
//               intent on disk ──not writable: refused, no effect───────────────┤
//                  │                                                            │
//                  ▼                                                            │
//               effect, within its deadline ──done | failed──→ end on disk ─────╯
//                  │
//                  ╰─ the process ends ─→ (next start) interrupted, told once, never run again
//
// An effect that lets its deadline pass may still go on: its command is answered as failed with `core.timeout`.
import {
  type Clock,
  type CloudCommand,
  type CommandResult,
  type CommandSink,
  type ErrorCode,
  type Logger,
  toWaymarkError,
  unreachable,
  withDeadline,
} from '../../core/index.js';
import type { Slot } from '../../vault/index.js';
import { boundedData, failure, INTERRUPTED, repeated, resultOf, sentence } from './answer.js';
import { type CommandSettings, decide, RATE_WINDOW_MS } from './decide.js';
import type { CommandEffects } from './effects.js';
import { createCommandLedger } from './ledger.js';
import type { LedgerState, Outcome } from './ledger-model.js';
import type { CommandName, Order } from './table.js';

/** What each effect has; the far rungs wait for the module. */
export const DEADLINES_MS: Readonly<Record<CommandName, number>> = {
  'report-status': 10_000,
  resubscribe: 10_000,
  'renew-identity': 10_000,
  recover: 300_000,
  'set-report-interval': 10_000,
};
/** More that wait for their turn are refused at once. */
export const MAX_WAITING = 32;

/** A command of an earlier life whose end nobody knows, and the cloud that is to hear of it. */
export interface InterruptedCommand extends CommandResult {
  from: string;
}

export interface CloudCommandDeps {
  clock: Clock;
  log: Logger;
  trust: { status(): { state: 'trusted' | 'untrusted' } };
  slot: Pick<Slot<LedgerState>, 'read' | 'write'>;
  effects: CommandEffects;
  /** Takes the answers of interrupted commands to their clouds; what it rejects is told again at the next start. */
  onInterrupted?: (command: InterruptedCommand) => void | Promise<void>;
  /** The agent's life: when it ends, a running effect is given up and its command counts as interrupted. */
  signal?: AbortSignal;
}

export interface CloudCommandsSnapshot {
  received: number;
  done: number;
  failed: number;
  repeated: number;
  interrupted: number;
  refused: Readonly<Partial<Record<ErrorCode, number>>>;
  waiting: number;
  running: CommandName | undefined;
  /** Entries in the ledger. */
  remembered: number;
  last:
    | { from: string; name: string; end: CommandResult['end']; code?: string; message: string; monoMs: number }
    | undefined;
}

export interface CloudCommands {
  /** Takes one command of any cloud. Never rejects. */
  readonly sink: CommandSink;
  /**
   * To be called once at the start, when answers can be taken: tells every command an earlier life left without an end, and
   * then notes that it was told. Never rejects; empty when the ledger cannot be read (then commands are refused, too).
   */
  interrupted(): Promise<readonly InterruptedCommand[]>;
  snapshot(): CloudCommandsSnapshot;
}

export function createCloudCommands(deps: CloudCommandDeps, settings: CommandSettings): CloudCommands {
  const { clock, effects } = deps;
  const log = deps.log.child('commands');
  const ledger = createCommandLedger(deps.slot);
  const counts = { received: 0, done: 0, failed: 0, repeated: 0, interrupted: 0 };
  const refusals = new Map<ErrorCode, number>();
  let runsMonoMs: readonly number[] = [];
  let running: CommandName | undefined;
  let waiting = 0;
  let last: CloudCommandsSnapshot['last'];
  let tail: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = tail.then(work);
    tail = mine.catch(() => undefined);
    return mine;
  };

  const refused = (command: CloudCommand, code: ErrorCode, message: string): CommandResult => {
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
    return resultOf(command, { end: 'refused', code, message });
  };

  /** The effect of one order; resolves with what a report holds. */
  async function perform(
    order: Order,
    from: string,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | undefined> {
    switch (order.name) {
      case 'report-status':
        return boundedData(await effects.reportStatus());
      case 'resubscribe':
        await effects.resubscribe();
        return undefined;
      case 'renew-identity':
        await effects.renewIdentity(order.reason === undefined ? `asked for by ${from}` : sentence(order.reason));
        return undefined;
      case 'recover':
        await effects.recover(order.rung, signal);
        return undefined;
      case 'set-report-interval':
        await effects.setReportInterval(order.seconds, from);
        return undefined;
      default:
        return unreachable(order);
    }
  }

  async function run(command: CloudCommand, order: Order): Promise<CommandResult> {
    const { from, id, sentUtcMs } = command;
    const isTrusted = deps.trust.status().state === 'trusted';
    const now = { wallMs: clock.wall(), isTrusted };
    await ledger.intend(
      {
        ...{ from, id, name: order.name, atUtcMs: now.wallMs, isTimed: isTrusted },
        ...(sentUtcMs === undefined ? {} : { sentUtcMs }),
      },
      now,
    );
    runsMonoMs = [...runsMonoMs.filter((at) => clock.mono() - at < RATE_WINDOW_MS), clock.mono()];
    running = order.name;
    log.info('command.run', { from, name: order.name });
    let outcome: Outcome = { end: 'done', message: `${order.name}: done` };
    let data: Record<string, unknown> | undefined;
    try {
      data = await withDeadline(
        { clock, ms: DEADLINES_MS[order.name], signal: deps.signal, what: `the command ${order.name}` },
        (signal) => perform(order, from, signal),
      );
    } catch (error) {
      // Stopping is a restart like any other: nobody knows how far the effect came.
      if (deps.signal?.aborted === true) return resultOf(command, INTERRUPTED);
      log.warn('command.failed', { from, name: order.name, error: toWaymarkError(error) });
      outcome = failure(error);
    } finally {
      running = undefined;
    }
    if (outcome.end === 'done') counts.done++;
    else counts.failed++;
    if (!(await ledger.finish(from, id, outcome)))
      log.warn('command.end-not-kept', { from, name: order.name }, 'After a restart it counts as interrupted.');
    return resultOf(command, outcome, data);
  }

  async function answer(command: CloudCommand): Promise<CommandResult> {
    if (deps.signal?.aborted === true) return refused(command, 'command.not-available', 'the gateway is stopping');
    const decision = decide(command, {
      settings,
      ledger: await ledger.known(),
      wallMs: clock.wall(),
      isTrusted: deps.trust.status().state === 'trusted',
      monoMs: clock.mono(),
      runsMonoMs,
    });
    switch (decision.do) {
      case 'refuse':
        return refused(command, decision.code, decision.message);
      case 'repeat':
        counts.repeated++;
        return resultOf(command, repeated(decision.entry));
      case 'interrupted':
        counts.interrupted++;
        return resultOf(command, INTERRUPTED);
      case 'run':
        return run(command, decision.order);
      default:
        return unreachable(decision);
    }
  }

  /** Whatever goes wrong on the way is an answer, too. */
  async function answerSurely(command: CloudCommand): Promise<CommandResult> {
    try {
      return await answer(command);
    } catch (error) {
      const { code, message } = toWaymarkError(error);
      if (code !== 'command.not-durable') log.error('command.trouble', { error: toWaymarkError(error) });
      return refused(command, code, code === 'core.internal' ? 'an internal error' : message);
    }
  }

  let saidCode: string | undefined;
  let saidMonoMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  /** One line for each new reason, and once a minute how often it was the same. */
  const sayRefused = (told: { name: string; code?: string }): void => {
    if (told.code === saidCode && clock.mono() - saidMonoMs < RATE_WINDOW_MS) {
      unsaid++;
      return;
    }
    log.info('command.refused', { ...told, ...(unsaid === 0 ? {} : { unsaid }) });
    saidCode = told.code;
    saidMonoMs = clock.mono();
    unsaid = 0;
  };

  const note = (from: unknown, { name, end, code, message }: CommandResult): void => {
    const told = { name, end, ...(code === undefined ? {} : { code }), message };
    last = { from: typeof from === 'string' ? sentence(from) : '', ...told, monoMs: clock.mono() };
    if (end === 'refused') sayRefused(told);
  };

  return {
    async sink(given) {
      // A value of its own: what the caller does to it while it waits, or what it is not at all, changes nothing here.
      const command: CloudCommand = { ...given };
      counts.received++;
      let result: CommandResult;
      if (waiting >= MAX_WAITING)
        result = refused(command, 'command.rate', `${MAX_WAITING} wait for their turn already`);
      else {
        waiting++;
        result = await inTurn(() => {
          waiting--;
          return answerSurely(command);
        });
      }
      note(command.from, result);
      return result;
    },
    interrupted: () =>
      inTurn(async () => {
        const told: InterruptedCommand[] = [];
        try {
          for (const { from, id, name } of await ledger.left()) {
            const result: InterruptedCommand = { from, ...resultOf({ id, name }, INTERRUPTED) };
            // Told first, noted then: a crash in between tells it twice, the other way round would keep it silent.
            await deps.onInterrupted?.(result);
            counts.interrupted++;
            told.push(result);
            await ledger.finish(from, id, INTERRUPTED);
          }
        } catch (error) {
          log.warn('command.interrupted-not-told', { error: toWaymarkError(error) }, 'It is told at the next start.');
        }
        return told;
      }),
    snapshot: () => ({
      ...counts,
      refused: Object.fromEntries(refusals),
      waiting,
      running,
      remembered: ledger.size,
      last,
    }),
  };
}
