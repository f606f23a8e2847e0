// Can every configured service be reached, and does its certificate hold: chain, name, dates?
import { createClockTrust } from '../../../core/index.js';
import { buildTimeMs } from '../../version.js';
import type { Desk } from '../desk.js';
import { knownServices } from '../known-services.js';
import { type Reached, reach } from '../reach.js';
import { type CheckResult, defineCheck, type Finding, ok, skipped } from '../types.js';
import { failedOnTheWay } from './data-path.js';

type Facts =
  | { is: keyof typeof SKIPPED }
  | { is: 'tried'; reached: readonly Reached[]; nowUtcMs: number; earlier: CheckResult | undefined };

const SOON_MS = 14 * 86_400_000;
/** Further off, the clock is at fault and no certificate. */
export const WRONG_CLOCK_MS = 12 * 3_600_000;

export const floorOf = ({ config }: Pick<Desk, 'config'>): number =>
  Math.max(buildTimeMs, config.clock.floor === undefined ? 0 : Date.parse(config.clock.floor));

const SKIPPED = {
  none: skipped('no service is configured'),
  offline: skipped('--offline: nobody outside is asked'),
  'untrusted-clock': skipped('first comes: Clock', 'clock'),
  unresolved: skipped('first comes: Name look-up', 'dns'),
} as const;

export const servicesCheck = defineCheck<Desk, Facts>({
  id: 'services',
  title: 'Services',
  needs: ['configuration', 'data-path'],
  deadlineMs: 60_000,
  looksAt:
    'TCP and TLS to every configured service: chain, name, end of the certificate, with the configured `caFile`; about 6 kB each, no login (`--offline` leaves it out)',
  cures: [
    ['not reachable, refused', 'a firewall, or host and port in the configuration'],
    ['not signed by a known authority', 'set `caFile` for a server of your own; otherwise somebody is in between'],
    ['for another name', 'correct the host in the configuration'],
    ['outside its dates', 'the server’s operator has to renew it (the clock of this machine was compared first)'],
  ],
  async gather(desk) {
    const { machine, isOffline, notes, signal } = desk;
    const services = await knownServices(desk);
    if (services.length === 0) return { is: 'none' };
    if (isOffline) return { is: 'offline' };
    // The agent tries nothing secure by such a clock, either.
    if (createClockTrust(machine.clock, floorOf(desk)).status().state !== 'trusted') return { is: 'untrusted-clock' };
    const known = services.filter(({ host }) => !notes.unresolved.has(host));
    if (known.length === 0) return { is: 'unresolved' };
    const reached = await Promise.all(known.map((service) => reach(service, machine, signal)));
    for (const { skewMs, service } of reached)
      if (skewMs !== undefined) notes.skew ??= { ms: skewMs, host: service.host };
    return { is: 'tried', reached, nowUtcMs: machine.clock.wall(), earlier: failedOnTheWay(desk) };
  },
  judge(facts) {
    if (facts.is !== 'tried') return SKIPPED[facts.is];
    const skew = facts.reached.find(({ skewMs }) => skewMs !== undefined)?.skewMs;
    const isClock = skew !== undefined && Math.abs(skew) > WRONG_CLOCK_MS;
    const cut = cutOff(facts.reached);
    if (cut.length > 0 && facts.earlier) return skipped(`first comes: ${facts.earlier.title}`, facts.earlier.id);
    const [{ service: one, error: why } = {}] = cut;
    if (one && why && cut.length > 1)
      return {
        is: 'fail',
        sentence: `none of ${cut.length} services is reached; ${one.name} (${one.host}:${one.port}): ${why.message}`,
        cure: `A firewall, a proxy or the route, not the services: curl -v telnet://${one.host}:${one.port} tries one`,
        code: why.code,
      };
    return facts.reached.map(({ service, error, expiresAtUtcMs }): Finding => {
      const where = `${service.name} (${service.host}:${service.port})`;
      if (error?.code === 'tls.expired' && isClock) return skipped('first comes: Clock', 'clock');
      if (error)
        return {
          is: 'fail',
          sentence: `${where}: ${error.message}`,
          cure: cureOf(error.code, service.key, service.host, service.port) ?? error.hint,
          code: error.code,
        };
      // By a wrong calendar everything ends soon.
      if (!isClock && expiresAtUtcMs !== undefined && expiresAtUtcMs - facts.nowUtcMs < SOON_MS)
        return {
          is: 'warn',
          sentence: `${where}: its certificate ends on ${new Date(expiresAtUtcMs).toISOString().slice(0, 10)}`,
          cure: 'Whoever runs that server has to renew its certificate; nothing to do here',
          code: 'tls.expired',
        };
      return ok(`${where}${service.tls ? '' : ', without TLS'}`);
    });
  },
});

/** All that were tried, if none was reached for a reason of the road. Plain TCP that opens proves nothing: a proxy may. */
function cutOff(reached: readonly Reached[]): readonly Reached[] {
  const said = reached.filter(({ service, error }) => service.tls || error);
  return said.every(({ error }) => error?.code.startsWith('net.')) ? said : [];
}

function cureOf(code: string, key: string, host: string, port: number): string | undefined {
  switch (code) {
    case 'tls.expired':
      return 'Whoever runs that server has to renew its certificate; the clock of this machine is right';
    case 'tls.untrusted':
      return `Name the authority that signed it in caFile beside ${key}, if the server is your own; otherwise somebody is in between: openssl s_client -connect ${host}:${port} shows who`;
    case 'tls.name':
      return `Correct ${key}: the server’s certificate is for another name`;
    case 'net.refused':
      return `Correct host and port in ${key}: nobody serves on ${host}:${port}`;
    case 'net.closed':
      return `Something on the way ends the connection (a firewall, a proxy, the operator), or that server does: curl -v telnet://${host}:${port} tries it`;
    case 'net.unreachable':
      return `A firewall or the route: curl -v telnet://${host}:${port} tries it; or correct ${key}`;
    default:
      return undefined;
  }
}
