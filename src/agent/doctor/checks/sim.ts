// The SIM: there, unlocked or able to be. Its PIN is never tried from here.
import type { ModemReport } from '../../modem-report.js';
import type { Desk } from '../desk.js';
import { defineCheck, ok, skipped } from '../types.js';

interface Facts {
  report: ModemReport | undefined;
  hasPin: boolean;
}

/** Fewer tries left, and the agent does not use one (specs/modem.md, the PIN decision). */
const TRIES = 3;

export const simCheck = defineCheck<Desk, Facts>({
  id: 'sim',
  title: 'SIM',
  needs: ['module'],
  deadlineMs: 10_000,
  looksAt: 'whether a card is there, whether it asks for PIN or PUK, and how many tries are left; none is used',
  cures: [
    ['no card', 'insert the SIM, contacts down, and check the tray'],
    [
      'it asks for its PIN',
      'put the PIN into a file (mode 0600) and name it in `modem.sim.pin`, or switch the PIN off in a phone',
    ],
    ['fewer than three tries are left', 'unlock it in a phone, which restores the tries'],
    ['it asks for its PUK', 'unblock it in a phone with the operator’s letter'],
  ],
  gather: async (desk) => ({ report: await desk.module(), hasPin: desk.config.modem?.sim.pin !== undefined }),
  judge({ report, hasPin }) {
    if (!report) return skipped('no modem is configured');
    const trouble = report.troubles.find(({ code }) => code.startsWith('sim.'));
    const tries = report.simTries?.pin;
    const left = tries === undefined ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'} left`;
    if (report.sim === 'pin' && hasPin && (trouble === undefined || trouble.code === 'sim.pin')) {
      if (tries === undefined || tries >= TRIES)
        return ok(`asks for its PIN, which the agent enters when it starts${left}`);
      return {
        is: 'fail',
        sentence: `asks for its PIN${left}: the agent does not use the last tries`,
        cure: 'Unlock the SIM in a phone, which restores its tries; then correct the file that modem.sim.pin names',
        code: 'sim.pin-guarded',
      };
    }
    if (trouble)
      return {
        is: 'fail',
        sentence: `${trouble.message}${report.sim === 'pin' ? left : ''}`,
        cure: trouble.hint ?? 'waymark modem info tells more',
        code: trouble.code as 'sim.absent',
      };
    return report.sim === 'ready'
      ? ok(`ready${report.iccid === undefined ? '' : `, ICCID ${report.iccid}`}`)
      : ok(report.sim);
  },
});
