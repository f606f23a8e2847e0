// The outbox's way to deviceWISE over one road, whichever it is: records become commands, commands become requests, and
// what the cloud answers becomes the verdict on each record.
//
//   records ─commands-of─> units ─pack─> requests ──one after the other──> outcomes ─verdicts─> verdicts
//                             ^                                               |
//                             └── a batch failed: its units go without company┤
//                             └── values of one record: key by key ───────────┘   refused-keys.ts
//
// Answers to methods go first, and a call ends soon even if not everything has been tried: whoever called a method waits.
import {
  type Clock,
  type ClockTrust,
  type CloudLink,
  type CloudRecord,
  type LinkLimits,
  type SendOptions,
  type Tr50Command,
  type Tr50Outcome,
  type Verdict,
} from '../../core/index.js';
import { commandsOf } from './commands-of.js';
import { ConfirmedUnits } from './confirmed-units.js';
import { createRequestPace } from './pace.js';
import { type PackedRequest, pack, singlesOf, type Unit } from './pack.js';
import { KeyMemory } from './refused-keys.js';
import type { Tr50Road } from './types.js';
import { combined, verdictOf } from './verdicts.js';

export interface DeviceWiseLinkDeps {
  clock: Clock;
  trust: Pick<ClockTrust, 'status'>;
  /** The outbox's number of this boot. */
  boot: number;
  road: Pick<Tr50Road, 'limits' | 'request'>;
  maxCallsPerSecond: number;
}

export interface DeviceWiseLink extends CloudLink {
  /** Keys of the state the thing definition does not take. */
  readonly refusedKeys: readonly string[];
}

/** No further request is begun after that: of several records, and of one, within the outbox's patience. */
const BATCH_CALL_MS = 6000;
const SINGLE_CALL_MS = 20_000;
/** The last request begun then may take the module 45 s. */
const PATIENCE_MS = 75_000;
/** Not tried in this call. */
const NOT_TRIED: Verdict = { is: 'busy', retryAfterMs: 1 };
const GATEWAY_BATCH = { fromBacklog: 20, maxRecords: 100, maxBytes: 65_536, everyMs: 1000 };
/** About as many positions as 1400 bytes hold. */
const MODULE_BATCH = { fromBacklog: 3, maxRecords: 10, maxBytes: 8192, everyMs: 1000 };
const MAX_REMEMBERED = 1000;

/** The cloud's own word on what was said, not on the role or from the module. */
const isAboutKey = (verdict: Verdict): boolean => verdict.is === 'rejected' && verdict.code === 'devicewise.rejected';

export function createDeviceWiseLink(deps: DeviceWiseLinkDeps): DeviceWiseLink {
  const { clock, road } = deps;
  const pace = createRequestPace(clock, deps.maxCallsPerSecond);
  const keys = new KeyMemory(clock);
  /** Records of a failed batch that were not tried alone yet. */
  const alone = new Set<string>();
  const done = new ConfirmedUnits();
  const limits: LinkLimits = {
    window: road.limits.maxInFlight,
    patienceMs: PATIENCE_MS,
    pace: { count: deps.maxCallsPerSecond, perMs: 1000 },
    batch: road.limits.maxCommands > 1 ? GATEWAY_BATCH : MODULE_BATCH,
  };

  interface Call {
    signal: AbortSignal;
    endMonoMs: number;
    hasAsked: boolean;
  }

  /** Undefined: not tried. */
  const ask = async (commands: readonly Tr50Command[], call: Call): Promise<readonly Tr50Outcome[] | undefined> => {
    if (call.hasAsked && clock.mono() >= call.endMonoMs) return undefined;
    if (!(await pace.turn(call))) return undefined;
    call.hasAsked = true;
    return await road.request(commands, { signal: call.signal });
  };

  /** Each by itself; what its key is learned from. Undefined: all are certain. */
  const singly = async (values: readonly Tr50Command[], call: Call): Promise<Verdict | undefined> => {
    const left = [...values];
    while (left.length > 0) {
      const commands = left.splice(0, road.limits.maxCommands);
      const outcomes = await ask(commands, call);
      if (!outcomes) return NOT_TRIED;
      for (const [i, command] of commands.entries()) {
        const verdict = verdictOf(outcomes[i] ?? { is: 'timeout' }, command);
        if (verdict.is === 'confirmed') keys.note(command, 'taken');
        else if (isAboutKey(verdict)) keys.note(command, 'refused');
        else return verdict;
      }
    }
    return undefined;
  };

  /** A refused batch of one record: which of its values were the reason, and the rest of them stored. */
  const byKey = async (refusal: Verdict, values: readonly Tr50Command[], call: Call): Promise<Verdict> => {
    const [first] = values;
    if (first && values.length === 1) keys.note(first, 'refused');
    const unsent = values.filter((value) => keys.of(value) === 'taken');
    const open = await singly(
      values.filter((value) => keys.of(value) === undefined),
      call,
    );
    if (open) return open;
    const isKeyRefused = values.some((value) => keys.of(value) === 'refused');
    // At its next try the batch goes without what is refused, and so through.
    if (isKeyRefused && unsent.length > 0) return NOT_TRIED;
    const left = await singly(unsent, call);
    if (left) return left;
    return values.some((value) => keys.of(value) === 'taken') ? { is: 'confirmed' } : refusal;
  };

  const send = async (
    units: readonly Unit[],
    idOf: (unit: Unit) => string,
    call: Call,
  ): Promise<Map<Unit, Verdict>> => {
    const verdicts = new Map<Unit, Verdict>();
    const isAlone = (unit: Unit): boolean => alone.has(idOf(unit));
    const queue: PackedRequest[] = [
      ...pack(
        units.filter((unit) => !isAlone(unit)),
        road.limits,
        { isMerging: true },
      ),
      ...pack(units.filter(isAlone), road.limits, { isMerging: false }),
    ];
    for (let request = queue.shift(); request; request = queue.shift()) {
      const outcomes = await ask(
        request.map(({ command }) => command),
        call,
      );
      if (!outcomes) break;
      const again: Unit[] = [];
      let isStopped = false;
      for (const [i, { command, units: company }] of request.entries()) {
        const outcome = outcomes[i] ?? { is: 'timeout' };
        let verdict = verdictOf(outcome, command);
        if (verdict.is === 'rejected' && company.length > 1) {
          again.push(...company);
          for (const unit of company) if (alone.size < MAX_REMEMBERED) alone.add(idOf(unit));
          continue;
        }
        const values = singlesOf(command);
        if (isAboutKey(verdict) && values) verdict = await byKey(verdict, values, call);
        for (const unit of company) verdicts.set(unit, verdict);
        isStopped ||= verdict.is !== 'confirmed' && verdict.is !== 'rejected';
      }
      if (isStopped) break;
      queue.unshift(...pack(again, road.limits, { isMerging: false }));
    }
    return verdicts;
  };

  /** One verdict a record, in order. */
  const sendRecords = async (records: readonly CloudRecord[], call: Call): Promise<Verdict[]> => {
    const answers = records.map((record) =>
      commandsOf(record, {
        nowUtcMs: clock.wall(),
        nowMonoMs: clock.mono(),
        isClockTrusted: deps.trust.status().state === 'trusted',
        boot: deps.boot,
        maxRequestBytes: road.limits.maxRequestBytes,
        refusedKeys: keys.refused,
      }),
    );
    const units = answers.flatMap((answer, of) =>
      answer.is === 'commands' ? answer.commands.map((command) => ({ of, command })) : [],
    );
    const isAnswer = ({ of }: Unit): boolean => records[of]?.kind === 'result';
    const idOf = ({ of }: Unit): string => records[of]?.id ?? '';
    const isDone = (unit: Unit): boolean => done.has(idOf(unit), unit.command);
    const open = units.filter((unit) => !isDone(unit));
    const inOrder = [...open.filter(isAnswer), ...open.filter((unit) => !isAnswer(unit))];
    const verdicts = await send(inOrder, idOf, call);
    return answers.map((answer, of) => {
      if (answer.is === 'rejected') return { ...answer, isLocal: true };
      const id = records[of]?.id ?? '';
      const own = units.filter((unit) => unit.of === of);
      const verdict = combined(
        own.map((unit): Verdict => (isDone(unit) ? { is: 'confirmed' } : (verdicts.get(unit) ?? NOT_TRIED))),
      );
      if (verdict.is === 'confirmed' || verdict.is === 'rejected') {
        alone.delete(id);
        done.forget(id);
      } else for (const unit of own) if (verdicts.get(unit)?.is === 'confirmed') done.note(id, unit.command);
      return verdict;
    });
  };

  return {
    limits,
    get refusedKeys() {
      return [...keys.refused];
    },
    async publish(record, { signal }: SendOptions) {
      if (signal.aborted) return { is: 'timeout' };
      const call = { signal, endMonoMs: clock.mono() + SINGLE_CALL_MS, hasAsked: false };
      const [verdict] = await sendRecords([record], call);
      return verdict ?? { is: 'timeout' };
    },
    publishMany: (records, { signal }) =>
      sendRecords(records, { signal, endMonoMs: clock.mono() + BATCH_CALL_MS, hasAsked: false }),
  };
}
