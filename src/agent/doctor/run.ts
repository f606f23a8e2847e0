// One visit of the doctor: the checks in their order, each with an end, and none that blames what an earlier one has
// already found out.
//
//   for each check:  a need has failed ──→ skipped (after that one)
//                    a need was skipped ─→ skipped (for the same reason)
//                    else ──examine──→ findings; the worst is the result
//                             └─ its deadline, an error ──→ fail
import {
  type Clock,
  isWaymarkError,
  linkedController,
  oneLine,
  toWaymarkError,
  type WaymarkError,
  withDeadline,
} from '../../core/index.js';
import { version } from '../version.js';
import { CHECKS } from './checks.js';
import { createDesk, type Desk, type DeskOptions } from './desk.js';
import { asOneLine } from './files.js';
import { isStrangerTo, seenByStranger } from './stranger.js';
import type { Check, CheckId, CheckResult, DoctorReport, Finding } from './types.js';

export interface DoctorOptions extends DeskOptions {
  signal: AbortSignal;
  /** Told before each check that is examined. */
  onCheck?: ((check: { id: CheckId; title: string; n: number; of: number }) => void) | undefined;
  onResult?: ((result: CheckResult) => void) | undefined;
}

const RANK = { fail: 3, warn: 2, ok: 1, skipped: 0 } as const;
const GUIDE = 'docs/operate/doctor.md';
/** Longer sentences help nobody. */
const MAX_TEXT = 600;

/** Never rejects for what checks find; only with the abort reason. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const { machine, signal, onCheck, onResult } = options;
  const results = new Map<CheckId, CheckResult>();
  using visit = linkedController(signal);
  const isStranger = isStrangerTo(machine.user.uid);
  const desk = createDesk(options, results, visit.signal);
  for (const [i, check] of CHECKS.entries()) {
    signal.throwIfAborted();
    let result = whySkipped(check, results);
    if (!result) {
      onCheck?.({ id: check.id, title: check.title, n: i + 1, of: CHECKS.length });
      const found = await examined(check, desk, machine.clock);
      result = resultOf(
        check,
        isStranger ? found.map((finding) => seenByStranger(check.id, finding, machine.user.name)) : found,
      );
      signal.throwIfAborted();
    }
    results.set(check.id, result);
    onResult?.(result);
  }
  const checks = [...results.values()];
  const has = (state: CheckResult['state']): boolean => checks.some((each) => each.state === state);
  const status = desk.hasConfig() ? await desk.status() : undefined;
  return {
    schemaVersion: 1,
    version,
    source: status ? 'agent' : 'machine',
    checks,
    verdict: has('fail') ? 'failures' : has('warn') ? 'warnings' : 'ok',
  };
}

function whySkipped(check: Check<Desk>, results: ReadonlyMap<CheckId, CheckResult>): CheckResult | undefined {
  for (const id of check.needs) {
    const before = results.get(id);
    if (before?.state === 'fail') return resultOf(check, [afterFinding(before)]);
    if (before?.state === 'skipped')
      return resultOf(check, [{ is: 'skipped', sentence: before.sentence, after: before.after }]);
  }
  return undefined;
}

const afterFinding = ({ id, title }: CheckResult): Finding => ({
  is: 'skipped',
  sentence: `first comes: ${title}`,
  after: id,
});

async function examined(check: Check<Desk>, desk: Desk, clock: Clock): Promise<readonly Finding[]> {
  try {
    return await withDeadline(
      { clock, ms: check.deadlineMs, signal: desk.signal, what: check.title },
      // Its own signal in front of the visit's.
      (signal) => check.examine(Object.assign(Object.create(desk) as Desk, { signal })),
    );
  } catch (error) {
    return [fromError(toWaymarkError(error), isWaymarkError(error, 'core.timeout') ? check : undefined)];
  }
}

function fromError(error: WaymarkError, slow: Check<Desk> | undefined): Finding {
  const cure = slow
    ? `It took longer than ${Math.round(slow.deadlineMs / 1000)} s: look for a hanging device or disk (dmesg), then run this again.`
    : error.hint;
  return { is: 'fail', sentence: error.message, cure, code: error.code };
}

const text = (words: string): string => {
  const line = oneLine(asOneLine(words));
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
};

type Trouble = Extract<Finding, { cure: string }>;
const isTroubled = (finding: Finding): finding is Trouble => finding.is === 'warn' || finding.is === 'fail';

function resultOf({ id, title }: Check<Desk>, findings: readonly Finding[]): CheckResult {
  const sorted = findings.toSorted((a, b) => RANK[b.is] - RANK[a.is]);
  const worst = sorted[0] ?? { is: 'ok' as const, sentence: 'nothing to say' };
  const others = sorted.slice(1).filter(isTroubled);
  const good = sorted.filter(({ is }) => is === worst.is).map(({ sentence }) => text(sentence));
  return {
    id,
    title,
    state: worst.is,
    sentence: isTroubled(worst) ? text(worst.sentence) : good.join('; '),
    ...(isTroubled(worst) ? { cure: text(worst.cure), ...(worst.code ? { code: worst.code } : {}) } : {}),
    anchor: `${GUIDE}#${id}`,
    ...(worst.is === 'skipped' && worst.after ? { after: worst.after } : {}),
    ...(others.length > 0
      ? {
          also: others.slice(0, 16).map(({ is, sentence, cure, code }) => ({
            ...{ state: is, sentence: text(sentence), cure: text(cure) },
            ...(code ? { code } : {}),
          })),
        }
      : {}),
  };
}
