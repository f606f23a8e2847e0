// Mistakes between keys of the sections deviceWise and modem.deviceWise.
import { type CrossFinding, type Section, section } from './cross-check-parts.js';

const portOf = (hostAndPort: string): number => Number(hostAndPort.slice(hostAndPort.lastIndexOf(':') + 1));
const textAt = (from: Section | undefined, key: string): string | undefined => {
  const value = from?.[key];
  return typeof value === 'string' ? value : undefined;
};

export function crossCheckDeviceWise(root: Section): CrossFinding[] {
  const found: CrossFinding[] = [];
  const problem = (path: readonly string[], message: string): void => void found.push({ path, message });
  const warning = (path: readonly string[], message: string): void =>
    void found.push({ path, message, isWarning: true });

  const server = (path: readonly string[], value: string | undefined, isTls: boolean, isModule: boolean): void => {
    if (value?.includes(':') !== true) return;
    const port = portOf(value);
    if (port < 1 || port > 65_535) problem(path, 'the port must be from 1 to 65535');
    else if (isModule && isTls && port !== 8883)
      warning(path, 'with security: tls the module uses port 8883 whatever is written here');
  };

  const ofModem = section(section(root, 'modem'), 'deviceWise');
  server(
    ['modem', 'deviceWise', 'server'],
    textAt(ofModem, 'server'),
    (ofModem?.['security'] ?? 'tls') === 'tls',
    true,
  );

  const own = section(root, 'deviceWise');
  if (!own) return found;
  if (ofModem)
    problem(
      ['modem', 'deviceWise'],
      'has no place beside the section deviceWise, which sets the module’s parameters itself: remove one of the two',
    );
  const road = textAt(own, 'road') ?? 'auto';
  const isTls = (own['security'] ?? 'tls') === 'tls';
  const hasModem = root['modem'] !== undefined;
  const gateway = section(own, 'gateway');
  server(['deviceWise', 'server'], textAt(own, 'server'), isTls, road !== 'gateway' && hasModem);
  server(['deviceWise', 'gateway', 'server'], textAt(gateway, 'server'), isTls, false);
  if (!isTls) warning(['deviceWise', 'security'], 'is none: the app token travels in the clear');
  if (road === 'module' && !hasModem) problem(['deviceWise', 'road'], 'is module, but there is no modem section');
  if (!hasModem && road !== 'module') {
    if (gateway?.['thingKey'] === undefined)
      problem(
        ['deviceWise', 'gateway', 'thingKey'],
        'is missing, and there is no modem section whose IMEI could be taken',
      );
    if (gateway?.['applicationId'] === 'imei')
      problem(['deviceWise', 'gateway', 'applicationId'], 'is imei, but there is no modem section');
  }
  if (road === 'module' && gateway) warning(['deviceWise', 'gateway'], 'has no effect while road is module');
  if (road === 'gateway' && own['module'] !== undefined)
    warning(['deviceWise', 'module'], 'has no effect while road is gateway');
  return found;
}
