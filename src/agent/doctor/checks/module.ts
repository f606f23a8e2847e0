// Does the module answer? The running agent is asked where there is one: its port is not touched then.
import { isWaymarkError } from '../../../core/index.js';
import type { ModemReport } from '../../modem-report.js';
import type { Desk } from '../desk.js';
import { type CheckId, defineCheck, type Finding, ok, skipped } from '../types.js';

type Facts = { is: 'report'; report: ModemReport } | { is: 'absent' } | { is: 'blamed'; finding: Finding };
type Trouble = ModemReport['troubles'][number];

const troubleOf = ({ troubles }: ModemReport): Trouble | undefined =>
  troubles.find(({ code }) => /^(?:modem|link|core)\./.test(code));

/** What keeps us from the port has a check of its own, which comes first. */
const BEFORE: Readonly<Record<string, readonly CheckId[]>> = {
  'link.absent': ['port'],
  // As a running agent says it: the port went away under it.
  'link.closed': ['port'],
  'link.permission': ['serial-permission'],
  'link.busy': ['modem-manager', 'port-holder'],
  'link.shared': ['modem-manager', 'port-holder'],
  'link.driver': ['node'],
};

/** The check that has told this trouble already. */
export function toldBefore(desk: Pick<Desk, 'result'>, code: string): CheckId | undefined {
  return BEFORE[code]?.find((id) => desk.result(id)?.state === 'fail');
}

const comesFirst = (desk: Pick<Desk, 'result'>, id: CheckId): Finding =>
  skipped(`first comes: ${desk.result(id)?.title ?? id}`, id);

export const moduleCheck = defineCheck<Desk, Facts>({
  id: 'module',
  title: 'Module answers',
  needs: ['configuration'],
  deadlineMs: 120_000,
  looksAt: 'whether the module answers AT on its port, or what the running agent knows of it; no PIN is ever sent',
  cures: [
    [
      'nobody answers',
      'wait a minute after power-on; check power and cable; another port of the module (`waymark modem list --probe`)',
    ],
    ['a receiver answers', 'exchange `modem.port` and `gnss.port`, or set both to `auto`'],
  ],
  async gather(desk) {
    if (!desk.config.modem) return { is: 'absent' };
    try {
      const report = await desk.module();
      if (!report) return { is: 'absent' };
      const after = toldBefore(desk, troubleOf(report)?.code ?? '');
      return after ? { is: 'blamed', finding: comesFirst(desk, after) } : { is: 'report', report };
    } catch (error) {
      if (!isWaymarkError(error)) throw error;
      const { code, message, hint } = error;
      const after = toldBefore(desk, code);
      return {
        is: 'blamed',
        finding: after ? comesFirst(desk, after) : { is: 'fail', sentence: message, cure: hint, code },
      };
    }
  },
  judge(facts) {
    if (facts.is === 'absent') return skipped('no modem is configured');
    if (facts.is === 'blamed') return facts.finding;
    const { report } = facts;
    const trouble = troubleOf(report);
    if (trouble)
      return {
        is: 'fail',
        sentence: trouble.message,
        cure: trouble.hint ?? 'waymark status tells what the agent does about it',
        code: trouble.code as 'modem.timeout',
      };
    const name = [report.manufacturer, report.model].filter((word) => word !== undefined).join(' ');
    const by = report.source === 'agent' ? ' (told by the running agent)' : '';
    return ok(`${name === '' ? 'a module' : name} answers on ${report.port}${by}`);
  },
});
