// `waymark doctor`: everything that may be wrong with this gateway, in order, each with the line that cures it.
import { resolve } from 'node:path';
import type { CheckResult, DoctorReport } from '../agent/index.js';
import { doctorMachine, doctorUser, isStrangerTo, onlyFor, runDoctor } from '../agent/index.js';
import { createClock, createOutput, EXIT, isWaymarkError, linkedController, oneLine } from '../core/index.js';
import { hanging } from '../status/index.js';
import { runAsUser } from './as-user.js';
import { guidePath } from './guide.js';
import { createProgress, DEFAULT_CONFIG, reportFailure } from './modem-access.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stdout } from './output.js';
import { type RootFlags, rootsOf } from './roots.js';

export interface DoctorFlags extends RootFlags {
  config: string;
  runtimeDir?: string;
  user?: string;
  offline: boolean;
  json: boolean;
}

const EXIT_OF = { ok: 0, warnings: 1, failures: 2 } as const satisfies Record<DoctorReport['verdict'], number>;
const WORD = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skipped: '–   ' } as const;
const TITLE = 27;
const CLEAR = '\r\u001b[K';

/** One result as lines: the verdict, and the cure below it. */
export function describeResult({ state, title, sentence, cure, code, also = [] }: CheckResult): string {
  const lines = hanging(`${WORD[state]}  ${title.padEnd(TITLE)} `, oneLine(sentence));
  const cureLines = (text: string, of: string | undefined): string[] =>
    // Not wrapped: it is to be copied.
    [`      → ${oneLine(text)}${of === undefined ? '' : ` [${of}]`}`];
  if (cure !== undefined) lines.push(...cureLines(cure, code));
  for (const more of also) {
    lines.push(...hanging(`      ${WORD[more.state].trim()}: `, oneLine(more.sentence)));
    lines.push(...cureLines(more.cure, more.code));
  }
  return `${lines.join('\n')}\n`;
}

/** What was left out because something else comes first: a line for each cause, not one for each check. */
export function describeLeftOut(checks: readonly CheckResult[]): string {
  const causes = new Map<string, string[]>();
  for (const { title, sentence } of checks.filter(isLeftOut))
    causes.set(sentence, [...(causes.get(sentence) ?? []), title]);
  return [...causes].map(([why, titles]) => `–     left out, ${oneLine(why)}: ${titles.join(', ')}\n`).join('');
}

const isLeftOut = ({ state, after }: CheckResult): boolean => state === 'skipped' && after !== undefined;

export function describeVerdict({ checks, verdict }: DoctorReport): string {
  const count = (state: CheckResult['state'], word: string): string => {
    const n = checks.filter((each) => each.state === state).length;
    return `${n} ${n === 1 ? word : `${word}s`}`;
  };
  if (verdict === 'ok') return 'Nothing wrong was found.\n';
  const first = checks.find(({ state }) => state === 'fail');
  const begin = first ? ` Begin with: ${first.title}.` : '';
  return `${count('fail', 'failure')}, ${count('warn', 'warning')}.${begin} More about each check: ${guidePath('operate/doctor.md')}\n`;
}

/** The same question, for the process that asks it as another user. */
export function argumentsOf(
  { config, runtimeDir, offline, json }: DoctorFlags,
  { sys, dev, proc }: ReturnType<typeof rootsOf>,
): string[] {
  return [
    ...['doctor', '--config', config, '--sys-root', sys, '--dev-root', dev, '--proc-root', proc],
    ...(runtimeDir === undefined ? [] : ['--runtime-dir', runtimeDir]),
    ...(offline ? ['--offline'] : []),
    ...(json ? ['--json'] : []),
  ];
}

/** 0 nothing found, 1 warnings, 2 failures. */
export async function doctor(flags: DoctorFlags): Promise<number> {
  const clock = createClock();
  using stop = linkedController();
  const off = onStopSignal(() => stop.abort());
  const live = !flags.json && process.stderr.isTTY && process.stdout.isTTY;
  using progress = live ? undefined : createProgress(clock);
  // Its text is ours; the painted output leaves the line's clearing alone.
  const line = createOutput(process.stderr, { painted: true });
  const clear = (): void => {
    if (live) line.write(CLEAR);
  };
  try {
    const configFile = resolve(flags.config);
    const roots = rootsOf(flags);
    const visitor = await doctorUser({ roots, configFile, named: flags.user });
    if (visitor.become) return (await runAsUser(visitor.become, argumentsOf(flags, roots), { keep: false })).code;
    if (!flags.json && isStrangerTo(visitor.user.uid))
      stdout.write(
        `This gateway is of the user ${visitor.user.name}: what only ${onlyFor(visitor.user.name)} may see is left out. With sudo in front everything is looked at.\n\n`,
      );
    const report = await runDoctor({
      machine: doctorMachine({ clock, roots, ...visitor }),
      configFile,
      isDefaultFile: flags.config === DEFAULT_CONFIG,
      runtimeDir: flags.runtimeDir === undefined ? undefined : resolve(flags.runtimeDir),
      isOffline: flags.offline,
      signal: stop.signal,
      onCheck({ title, n, of }) {
        progress?.stage(title);
        if (live) line.write(`${CLEAR}… ${n}/${of} ${title}`);
      },
      onStage(what) {
        progress?.stage(what);
        if (live) line.write(`${CLEAR}… ${oneLine(what)}`);
      },
      onResult(result) {
        if (flags.json) return;
        clear();
        progress?.spoken();
        if (!isLeftOut(result)) stdout.write(describeResult(result));
      },
    });
    clear();
    if (flags.json) printJson(report);
    else stdout.write(`${describeLeftOut(report.checks)}\n${describeVerdict(report)}`);
    return EXIT_OF[report.verdict];
  } catch (error) {
    clear();
    if (isWaymarkError(error, 'core.cancelled')) return EXIT.ok;
    return reportFailure(error, flags.json);
  } finally {
    off();
  }
}
