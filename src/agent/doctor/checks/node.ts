// Is Node new enough, and does the serial addon load on this processor?
import { toWaymarkError, type WaymarkError } from '../../../core/index.js';
import type { Desk } from '../desk.js';
import { defineCheck, ok } from '../types.js';

const WANTED = [20, 19] as const;

export const nodeCheck = defineCheck<Desk, { version: string; serial: WaymarkError | undefined }>({
  id: 'node',
  title: 'Node and serial driver',
  needs: [],
  deadlineMs: 15_000,
  looksAt: 'the version of Node, and whether the serial addon of this program loads',
  cures: [
    [
      'Node is too old',
      'Debian 13: `apt install nodejs`; on Debian 12 take the container image, or Node 22 from nodejs.org',
    ],
    [
      'the addon does not load',
      'install the package for this processor (`dpkg --print-architecture`); in a source tree `npm ci`',
    ],
  ],
  gather: async ({ machine }) => ({
    version: machine.nodeVersion,
    serial: await machine.loadSerial().then(
      () => undefined,
      (error: unknown) => toWaymarkError(error),
    ),
  }),
  judge({ version, serial }) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < WANTED[0] || (major === WANTED[0] && minor < WANTED[1]))
      return {
        is: 'fail',
        sentence: `Node ${version} is too old: ${WANTED.join('.')} or newer is needed`,
        cure: 'Debian 13: apt install nodejs. On Debian 12: the container image, or Node 22 from nodejs.org.',
      };
    if (serial)
      return {
        is: 'fail',
        sentence: serial.message,
        cure: 'Install the package made for this processor (dpkg --print-architecture shows it); in a source tree: npm ci',
        code: serial.code,
      };
    return ok(`Node ${version}, the serial driver loads`);
  },
});
