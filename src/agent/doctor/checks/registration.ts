// Has a network taken the module in, and is it one that may be used?
import type { ModemReport } from '../../modem-report.js';
import type { Desk } from '../desk.js';
import { defineCheck, ok, skipped } from '../types.js';

interface Facts {
  report: ModemReport | undefined;
  roaming: 'allowed' | 'refused';
}

export const registrationCheck = defineCheck<Desk, Facts>({
  id: 'registration',
  title: 'Registration',
  needs: ['module', 'sim'],
  deadlineMs: 10_000,
  looksAt: 'what the network says: home, roaming, searching, or denied with its cause',
  cures: [
    ['searching', 'check the antenna (the right socket, screwed on) and the coverage'],
    ['denied', 'check the plan, roaming and the IMEI lock with the operator, then unplug the module for a moment'],
    ['a foreign network, which `modem.roaming` refuses', 'set `modem.roaming: allowed`, or check antenna and coverage'],
  ],
  gather: async (desk) => ({ report: await desk.module(), roaming: desk.config.modem?.roaming ?? 'allowed' }),
  judge({ report, roaming }) {
    if (!report) return skipped('no modem is configured');
    if (report.sim === 'pin') return skipped('the SIM is not unlocked yet: the agent does that when it starts');
    if (report.radio === 'off') return skipped('the radio is off: the agent switches it on when it starts');
    const trouble = report.troubles.find(({ code }) => /^network\.(?:denied|searching|roaming)$/.test(code));
    if (trouble)
      return {
        is: 'fail',
        sentence: trouble.message,
        cure: trouble.hint ?? 'waymark modem info tells more',
        code: trouble.code as 'network.denied',
      };
    const { state, technology } = report.registration;
    const words = [report.operator, technology].filter((word) => word !== undefined).join(', ');
    if (state === 'roaming' && roaming === 'refused')
      return {
        is: 'fail',
        sentence: `on the foreign network ${report.operator ?? report.registration.plmn ?? ''}, and modem.roaming is refused`,
        cure: 'Set modem.roaming: allowed, or check antenna and coverage of the home network',
        code: 'network.roaming',
      };
    return ok(`${state}${words === '' ? '' : ` (${words})`}`);
  },
});
