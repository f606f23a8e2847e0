// Does this machine have a way out? By its routes, and by what the running agent has found of the road.
import { join } from 'node:path';
import type { ModemReport } from '../../modem-report.js';
import type { Desk } from '../desk.js';
import { isThere, readText } from '../files.js';
import { type CheckId, type CheckResult, defineCheck, ok, skipped } from '../types.js';

interface Facts {
  /** Interface of the default route; undefined: none. Empty: the kernel does not tell. */
  route: string | undefined;
  wanted: { name: string; isThere: boolean } | undefined;
  /** An earlier check that would explain it. */
  earlier: CheckResult | undefined;
  report: ModemReport | undefined;
  road: { state: string; reason?: string } | undefined;
  bearerMode: 'observe' | 'activate' | undefined;
}

const ZERO_6 = '0'.repeat(32);
const UP = 1;
const REJECT = 0x200;

/** The interface a default route leads to, from the kernel's two tables; empty where it shows neither. */
export function defaultRoute(v4: string | undefined, v6: string | undefined): string | undefined {
  if (v4 === undefined && v6 === undefined) return '';
  for (const line of (v4 ?? '').split('\n').slice(1)) {
    const [name = '', destination, , flags = '0', , , , mask] = line.split('\t');
    if (destination === '00000000' && mask === '00000000' && (Number.parseInt(flags, 16) & UP) !== 0) return name;
  }
  for (const line of (v6 ?? '').split('\n')) {
    const [destination, length, , , , , , , flags = '0', name = ''] = line.trim().split(/\s+/);
    if (destination !== ZERO_6 || length !== '00' || name === 'lo') continue;
    if ((Number.parseInt(flags, 16) & UP) !== 0 && (Number.parseInt(flags, 16) & REJECT) === 0) return name;
  }
  return undefined;
}

const EARLIER: readonly CheckId[] = [
  'port',
  'serial-permission',
  'modem-manager',
  'port-holder',
  'module',
  'sim',
  'registration',
];

/** The first failure between us and the network, which explains that nobody is reached. */
export const failedOnTheWay = ({ result }: Pick<Desk, 'result'>): CheckResult | undefined =>
  EARLIER.map((id) => result(id)).find((each) => each?.state === 'fail');

export const dataPathCheck = defineCheck<Desk, Facts>({
  id: 'data-path',
  title: 'Data path',
  needs: ['configuration'],
  deadlineMs: 10_000,
  looksAt:
    'the default route, the interface named in `modem.dataPath.interface`, the module’s data context, the agent’s own probe',
  cures: [
    ['no default route', '`ip route`; bring up the connection: NetworkManager, pppd, or `modem.dataPath.kind: ecm`'],
    ['no data context is active', 'check the APN; `modem.bearer.mode: activate` with `apn`, or the program that dials'],
    ['nothing comes back', 'check the plan’s volume and the APN'],
  ],
  async gather(desk) {
    const { roots } = desk.machine;
    const { modem } = desk.config;
    const name = modem?.dataPath.interface;
    return {
      route: defaultRoute(
        await readText(join(roots.proc, 'net/route')),
        await readText(join(roots.proc, 'net/ipv6_route')),
      ),
      wanted: name === undefined ? undefined : { name, isThere: await isThere(join(roots.sys, 'class/net', name)) },
      earlier: failedOnTheWay(desk),
      report: desk.result('module')?.state === 'ok' ? await desk.module() : undefined,
      road: (await desk.status())?.modem?.road,
      bearerMode: modem?.bearer.mode,
    };
  },
  judge({ route, wanted, earlier, report, road, bearerMode }) {
    const isWithout = route === undefined || (wanted !== undefined && !wanted.isThere);
    if (isWithout && earlier) return skipped(`first comes: ${earlier.title}`, earlier.id);
    if (isWithout && report && !report.contexts.some(({ active }) => active) && bearerMode === 'observe')
      return {
        is: 'fail',
        sentence: 'registered, but no data context of the module is active',
        cure: 'Start what dials (NetworkManager, pppd), or set modem.bearer.mode: activate and modem.bearer.apn',
        code: 'network.no-bearer',
      };
    if (wanted && !wanted.isThere)
      return {
        is: 'fail',
        sentence: `the network interface ${wanted.name} is not there`,
        cure: 'ip link shows the interfaces: correct modem.dataPath.interface, or start what makes it',
        code: 'network.no-road',
      };
    if (route === undefined)
      return {
        is: 'fail',
        sentence: 'there is no default route: nothing outside can be reached',
        cure: 'ip route shows the routes; bring the connection up (NetworkManager, pppd, or modem.dataPath.kind: ecm)',
        code: 'network.no-road',
      };
    if (road?.state === 'dead')
      return {
        is: 'fail',
        sentence: `the agent’s probe gets nothing back${road.reason === undefined ? '' : ` (${road.reason})`}`,
        cure: 'Check the plan’s volume and the APN; ip route shows which way is taken',
        code: 'network.no-road',
      };
    return route === '' ? skipped('this system does not tell its routes') : ok(`default route by ${route}`);
  },
});
