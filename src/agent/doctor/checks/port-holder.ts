// Does another program have one of our ports open? ModemManager has a check of its own.
import { holderCure } from '../../../link/index.js';
import type { Desk, Holder, Target } from '../desk.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  held: readonly { target: Target; path: string; holders: readonly Holder[] }[];
}

export const portHolderCheck = defineCheck<Desk, Facts>({
  id: 'port-holder',
  title: 'Other programs on the ports',
  needs: ['configuration'],
  deadlineMs: 20_000,
  looksAt: 'the open files and locks of all processes (as root also those of others)',
  cures: [
    ['a terminal program', 'quit it, or `kill PID`'],
    ['a login prompt (getty)', '`systemctl disable --now serial-getty@PORT.service`'],
    ['gpsd', 'take the port out of DEVICES in /etc/default/gpsd, then `systemctl restart gpsd`'],
    ['pppd', 'give it another port of the module'],
  ],
  async gather(desk) {
    const held = (await desk.targets()).flatMap((target) =>
      target.path === undefined ? [] : [{ target, path: target.path }],
    );
    return { held: await Promise.all(held.map(async (each) => ({ ...each, holders: await desk.holders(each.path) }))) };
  },
  judge({ held }) {
    if (held.length === 0) return skipped('there is no port to look at');
    const agents = new Set(
      held.flatMap(({ holders }) => holders.filter(({ isAgent }) => isAgent).map(({ pid }) => pid)),
    );
    const found = held.flatMap(({ target, path, holders }): Finding[] =>
      holders
        .filter(({ isAgent, name }) => !isAgent && name !== 'ModemManager')
        .map((holder) => ({
          is: 'fail',
          sentence: `${path} is open in ${holder.name} (pid ${holder.pid})`,
          cure: holderCure([holder], target.port, path),
          code: 'link.shared',
        })),
    );
    if (found.length > 0) return found;
    return ok(
      agents.size > 0 ? `only this gateway’s agent (pid ${[...agents].join(', ')})` : 'nobody else has them open',
    );
  },
});
