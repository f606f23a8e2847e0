// An agent whose configuration can be read again while it runs (SIGHUP, `waymark do reload-config`): the file is checked
// as at the start, and with any mistake the configuration in force stays. What cannot be changed in place is changed by
// ending the agent as on a stop and making another in the same process: same pid, same socket and port, nothing lost from
// the outbox, which is on disk. If the other cannot be made, or does not get as far as its doors, the one before is made
// again.
import { randomUUID } from 'node:crypto';
import { type Config, ConfigError, loadConfig } from '../config/index.js';
import {
  abortReason,
  type Deferred,
  deferred,
  isWaymarkError,
  type Logger,
  type LogLevel,
  linkedController,
  onAbort,
  sleep,
  type Timer,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import {
  type ConfigProblemView,
  type ConfigView,
  createHistory,
  type PersonActionResult,
  type StatusSnapshot,
} from '../status/index.js';
import { type Agent, type AgentDeps, createAgent } from './compose.js';
import { changeBetween } from './config-change.js';
import { nextReload, RELOAD_START, REST_MS, type ReloadEvent } from './reload-turns.js';

export interface ReloadingDeps extends Omit<AgentDeps, 'config' | 'reload' | 'life'> {
  configFile: string;
  /** As loaded from that file. */
  config: Config;
  /** The level was said on the command line: then the file does not change it. */
  isLevelFixed?: boolean;
  /** Reads and checks the file (default: as at the start). */
  load?: typeof loadConfig;
  /** Makes an agent (default: the real one). */
  make?: (deps: AgentDeps) => Promise<Agent>;
}

export interface ReloadingAgent {
  /** Runs until `signal`. Rejects like an agent's own `run`. */
  run(options: { signal: AbortSignal }): Promise<void>;
  /**
   * Reads the configuration again; resolves when it is known what follows, before parts are made anew.
   * Errors: `config.*`, `secret.permission` (nothing has changed then).
   */
  reload(): Promise<PersonActionResult>;
  snapshot(): StatusSnapshot;
}

/** So that an answer that tells of it leaves before the doors close. */
const ANSWER_MS = 300;
/** Longer than an agent takes to drain. A lane that does not end keeps its devices: then only a new process helps. */
const END_MS = 15_000;

const REREAD = { message: 'The configuration is as it was; the secret files were looked at again.' };

/** Errors: those of `createAgent`. */
export async function createReloadingAgent(deps: ReloadingDeps): Promise<ReloadingAgent> {
  const { configFile, clock, env, load = loadConfig, make = createAgent } = deps;
  const log: Logger = deps.log.child('config');
  let config = deps.config;
  let turns = RELOAD_START;
  let resting: Timer | undefined;
  let askers: Deferred<PersonActionResult>[] = [];
  /** The configuration that the next agent is made with; set while the present one is asked to end for it. */
  let next: Config | undefined;
  let endForNext: (() => void) | undefined;
  const isoNow = (): string => new Date(clock.wall()).toISOString();
  let view: ConfigView = { state: 'ok', since: isoNow(), file: configFile, reloads: 0, problems: [] };
  const setLevel = (level: LogLevel): void => {
    if (deps.isLevelFixed !== true) deps.setLogLevel?.(level);
  };
  const history = deps.history ?? createHistory(clock);
  const life = { bootId: randomUUID(), startedMonoMs: clock.mono(), startedWallMs: clock.wall() };

  const making = (each: Config, onReady?: () => void): Promise<Agent> =>
    make({
      ...deps,
      config: each,
      life,
      history,
      reload: { run: reload, view: () => view, isUnderWay: () => next !== undefined, ...(onReady ? { onReady } : {}) },
    });

  function refuse(error: unknown): WaymarkError {
    const known = toWaymarkError(error);
    const problems: ConfigProblemView[] =
      known instanceof ConfigError
        ? known.problems.map(({ file, line, column, path, message }) => ({ file, line, column, path, message }))
        : [{ file: configFile, line: 0, column: 0, path: '', message: `${known.message}. ${known.hint}` }];
    view = { ...view, state: 'refused', since: isoNow(), problems };
    for (const { file, line, path, message } of problems) log.error('config.problem', { file, line, path }, message);
    log.error('config.refused', { code: known.code, problems: problems.length }, 'The configuration before stays.');
    return known;
  }

  /** One reading. Resolves to what follows; the work that follows an answer is in `begin`. */
  async function read(): Promise<{ result: PersonActionResult; anew?: Config }> {
    const after = await load(configFile, { env, clock });
    const change = changeBetween(config, after);
    if (change.is === 'restart')
      throw new WaymarkError('config.needs-restart', `${change.keys.join(' and ')} cannot be changed while it runs`);
    if (view.state === 'refused') view = { ...view, state: 'ok', since: isoNow(), problems: [] };
    switch (change.is) {
      case 'none':
        agent.lookAtSecrets();
        log.info('config.unchanged');
        return { result: REREAD };
      case 'in-place':
        setLevel(change.config.log.level);
        config = change.config;
        agent.lookAtSecrets();
        view = { ...view, since: isoNow(), reloads: view.reloads + 1 };
        log.info('config.applied', { level: config.log.level });
        return {
          result: {
            message: !deps.isLevelFixed
              ? `The log level is ${config.log.level} now; nothing else differs.`
              : 'Only the log level differs, and the command line says another one.',
          },
        };
      case 'anew':
        log.info('config.changed', { sections: change.sections });
        return {
          result: {
            message: `The configuration is good; the gateway starts anew with it (changed: ${change.sections.join(', ')}).`,
          },
          anew: change.config,
        };
    }
  }

  async function turn(): Promise<void> {
    const mine = askers;
    askers = [];
    try {
      const { result, anew } = await read();
      for (const asker of mine) asker.resolve(result);
      if (anew) {
        await sleep(clock, ANSWER_MS, stop.signal);
        next = anew;
        endForNext?.();
      }
    } catch (error) {
      if (stop.signal.aborted) for (const asker of mine) asker.reject(abortReason(stop.signal));
      else {
        const known = refuse(error);
        for (const asker of mine) asker.reject(known);
      }
    }
    // An agent that is being replaced is done once another one runs.
    if (next === undefined) send('done');
  }

  function send(event: ReloadEvent): void {
    const step = nextReload(turns, event);
    turns = step.state;
    for (const effect of step.effects) {
      if (effect === 'read') void turn();
      else resting = clock.after(REST_MS, () => send('rested'));
    }
  }

  function reload(): Promise<PersonActionResult> {
    const asker = deferred<PersonActionResult>();
    asker.promise.catch(() => undefined);
    askers.push(asker);
    send('asked');
    return asker.promise;
  }

  const stop = new AbortController();
  let agent: Agent = await making(config);

  /** Runs one agent until the stop, its own failure, or another configuration. */
  async function runOne(one: Agent, signal: AbortSignal): Promise<void> {
    using mine = linkedController(signal);
    endForNext = () => mine.abort(new WaymarkError('core.cancelled', 'another configuration'));
    const running = one.run({ signal: mine.signal });
    running.catch(() => undefined);
    const ending = deferred<undefined>();
    const off = onAbort(mine.signal, () => ending.resolve(undefined));
    try {
      await Promise.race([running, ending.promise]);
      if (next !== undefined && !signal.aborted)
        await withDeadline({ clock, ms: END_MS, what: 'the agent before to end' }, () => running);
      await running;
    } catch (error) {
      // How the one before ended does not matter to the next, but that it has ended does.
      if (next === undefined || signal.aborted || isWaymarkError(error, 'core.timeout')) throw error;
      log.warn('config.ended', { error });
    } finally {
      endForNext = undefined;
      off();
    }
  }

  /** Runs the agent with `after`; where it does not get as far as its doors, the one with `before`. */
  async function replace(before: Config, after: Config, signal: AbortSignal): Promise<void> {
    const seen = { isReady: false };
    const onReady = (): void => {
      seen.isReady = true;
      next = undefined;
      view = { ...view, state: 'ok', since: isoNow(), problems: [], reloads: view.reloads + 1 };
      log.info('config.applied', { reloads: view.reloads });
      send('done');
    };
    next = undefined;
    try {
      agent = await making(after, onReady);
      config = after;
      setLevel(after.log.level);
      await runOne(agent, signal);
    } catch (error) {
      if (seen.isReady || signal.aborted) throw error;
      const known = toWaymarkError(error);
      refuse(new WaymarkError('config.not-started', known.message, { cause: known, hint: known.hint }));
      config = before;
      setLevel(before.log.level);
      agent = await making(before, () => send('done'));
      await runOne(agent, signal);
    }
  }

  return {
    reload,
    snapshot: () => agent.snapshot(),
    async run({ signal }) {
      const off = onAbort(signal, () => stop.abort(abortReason(signal)));
      try {
        await runOne(agent, signal);
        for (;;) {
          const after = next;
          if (signal.aborted || after === undefined) return;
          await replace(config, after, signal);
        }
      } finally {
        off();
        stop.abort();
        resting?.cancel();
        for (const asker of askers) asker.reject(new WaymarkError('core.cancelled', 'the gateway stops'));
      }
    },
  };
}
