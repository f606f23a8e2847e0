// Can the names of the services be looked up?
import { isIP } from 'node:net';
import { isWaymarkError, WaymarkError, withDeadline } from '../../../core/index.js';
import type { Desk } from '../desk.js';
import { knownServices } from '../known-services.js';
import type { Service } from '../services.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  isOffline: boolean;
  hasServices: boolean;
  asked: readonly { service: Service; isKnown: boolean; isTimeout: boolean }[];
}

const NAME_MS = 8000;

export const dnsCheck = defineCheck<Desk, Facts>({
  id: 'dns',
  title: 'Name look-up',
  needs: ['configuration', 'data-path'],
  deadlineMs: 20_000,
  looksAt: 'the name of every configured service (`--offline` leaves it out)',
  cures: [
    ['no name at all', '`cat /etc/resolv.conf`: name a resolver that can be reached; `getent hosts NAME` tries it'],
    ['one name', 'correct the key that is printed'],
  ],
  async gather(desk) {
    const { machine, isOffline, notes, signal } = desk;
    if (isOffline) return { isOffline, hasServices: true, asked: [] };
    const services = await knownServices(desk);
    const named = services.filter(
      ({ host }, i) => isIP(host) === 0 && services.findIndex((each) => each.host === host) === i,
    );
    const asked = await Promise.all(
      named.map(async (service) => {
        const { host } = service;
        try {
          const found = await withDeadline(
            { clock: machine.clock, ms: NAME_MS, signal, code: 'net.dns', what: host },
            () => machine.resolve(host),
          );
          if (found.length === 0) throw new WaymarkError('net.dns', `${host}: no address`);
          return { service, isKnown: true, isTimeout: false };
        } catch (error) {
          notes.unresolved.add(host);
          return { service, isKnown: false, isTimeout: isWaymarkError(error, 'net.dns') };
        }
      }),
    );
    return { isOffline, hasServices: services.length > 0, asked };
  },
  judge({ isOffline, hasServices, asked }) {
    if (isOffline) return skipped('--offline: nobody outside is asked');
    if (!hasServices) return skipped('no service is configured');
    if (asked.length === 0) return ok('no service goes by a name');
    const failed = asked.filter(({ isKnown }) => !isKnown);
    const first = failed[0];
    if (!first) return ok(asked.map(({ service }) => service.host).join(', '));
    if (failed.length === asked.length && asked.length > 1)
      return {
        is: 'fail',
        sentence: `none of ${asked.length} names can be looked up (${first.service.host}, …)`,
        cure: `cat /etc/resolv.conf: name a resolver that can be reached; getent hosts ${first.service.host} tries it`,
        code: 'net.dns',
      };
    return failed.map(
      ({ service: { host, key, name } }): Finding => ({
        is: 'fail',
        sentence: `${host} (${name}) cannot be looked up`,
        cure: `getent hosts ${host} tries it; if other names work, correct ${key}; otherwise look at /etc/resolv.conf`,
        code: 'net.dns',
      }),
    );
  },
});
