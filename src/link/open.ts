// One opener for every kind of address, so that a port in the configuration may be a path or `tcp://host:port`.
import type { LinkOpener } from './link.js';
import { type LinkDeps, openSerial } from './serial.js';
import { openTcp } from './tcp.js';

/** An opener for serial paths and `tcp://` addresses. */
export function createLinkOpener(deps: LinkDeps): LinkOpener {
  const scoped: LinkDeps = { clock: deps.clock, log: deps.log.child('link') };
  return (target, { signal }) =>
    target.address.startsWith('tcp://') ? openTcp(scoped, target, signal) : openSerial(scoped, target, signal);
}
