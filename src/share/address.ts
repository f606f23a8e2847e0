// Which of this machine's addresses a phone on the local network can reach: a private one of a wired or wireless network,
// never one of the cellular connection.
import type { NetworkInterfaceInfo } from 'node:os';

const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)/;
/** Cellular, tunnels, containers. */
const NOT_LOCAL = /^(?:wwan|ppp|tun|tap|wg|docker|br-|veth|virbr|lxc|cni|flannel|tailscale|zt)/;
/** Wireless before wired: that is where the phone is. */
const WIRELESS = /^(?:wl|ap|uap)/;

/** Pure. Undefined where there is none. */
export function localAddress(
  interfaces: Readonly<
    Record<string, readonly Pick<NetworkInterfaceInfo, 'family' | 'address' | 'internal'>[] | undefined>
  >,
): string | undefined {
  const found = Object.entries(interfaces)
    .filter(([name]) => !NOT_LOCAL.test(name))
    .flatMap(([name, addresses = []]) =>
      addresses
        .filter(({ family, internal, address }) => family === 'IPv4' && !internal && PRIVATE.test(address))
        .map(({ address }) => ({ name, address })),
    );
  return (found.find(({ name }) => WIRELESS.test(name)) ?? found[0])?.address;
}
