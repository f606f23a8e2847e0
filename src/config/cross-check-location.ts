// Mistakes between keys of the location services' sections: corrections, identity, assistance.
import { type CrossFinding, type Section, section } from './cross-check-parts.js';

const FILES = ['certFile', 'keyFile', 'clientId', 'host', 'topics'] as const;
const CONSTELLATIONS = ['gps', 'glo', 'gal', 'bds', 'qzss'];
const SPOKEN_LEVELS = ['0', '1', '2', '3', '4', '5'];

export function crossCheckLocation(root: Section): CrossFinding[] {
  const found: CrossFinding[] = [];
  const problem = (path: readonly string[], message: string): void => void found.push({ path, message });
  const warning = (path: readonly string[], message: string): void =>
    void found.push({ path, message, isWarning: true });

  const identity = section(root, 'identity');
  if (identity) {
    const isUcenter = identity['ucenterConfigFile'] !== undefined;
    for (const key of FILES) {
      if (isUcenter && identity[key] !== undefined)
        problem(
          ['identity', key],
          'has no place beside ucenterConfigFile, which holds it already: remove one of the two',
        );
      if (!isUcenter && identity[key] === undefined)
        problem(['identity', key], 'is missing: it is required unless ucenterConfigFile is given');
    }
  }

  const corrections = section(root, 'corrections');
  const ntrip = section(corrections, 'ntrip');
  const source = corrections?.['source'] ?? 'auto';
  if (ntrip) {
    if (ntrip['host'] !== undefined) {
      if (ntrip['mountPoint'] === undefined)
        problem(['corrections', 'ntrip', 'host'], 'needs a mountPoint beside it: the caster serves several');
      if (source === 'mqtt')
        problem(
          ['corrections', 'source'],
          'is mqtt, but a caster is named in corrections.ntrip.host: keep one of the two',
        );
    } else
      for (const key of ['userName', 'password', 'port'])
        if (ntrip[key] !== undefined)
          warning(['corrections', 'ntrip', key], 'has no effect without host: the provisioning answer says it');
    if ((ntrip['userName'] === undefined) !== (ntrip['password'] === undefined))
      problem(
        ['corrections', 'ntrip', ntrip['userName'] === undefined ? 'password' : 'userName'],
        'userName and password belong together: give both or none',
      );
    if (ntrip['host'] !== undefined && ntrip['password'] !== undefined && ntrip['tls'] !== 'required')
      warning(['corrections', 'ntrip', 'password'], 'travels unencrypted: set tls: required where the caster has TLS');
  }
  if (source === 'mqtt' && root['ztp'] !== undefined)
    warning(
      ['corrections', 'source'],
      'PointPerfect announced the end of its MQTT delivery for 2026-09-30; auto follows the account',
    );
  const localized = corrections?.['localized'];
  if (typeof localized === 'string' && SPOKEN_LEVELS.includes(localized) && source === 'ntrip')
    warning(['corrections', 'localized'], 'has no effect with source: ntrip, which is local by itself');

  const assistNow = section(root, 'assistNow');
  if (assistNow) {
    if (assistNow['token'] === undefined && assistNow['legacy'] === undefined)
      problem(['assistNow'], 'needs a token: token for the current service, legacy.token for the old one');
    if (root['gnss'] === undefined) problem(['assistNow'], 'needs a gnss section: there is no receiver to assist');
    const constellations = assistNow['constellations'];
    if (Array.isArray(constellations))
      for (const name of constellations as readonly unknown[])
        if (typeof name === 'string' && !CONSTELLATIONS.includes(name))
          problem(['assistNow', 'constellations'], `must be taken from ${CONSTELLATIONS.join(', ')}`);
    const legacy = section(assistNow, 'legacy');
    if (legacy)
      warning(
        ['assistNow', 'legacy'],
        'this service is reported to have ended on 2026-05-31: put the token of an AssistNow device profile into assistNow.token',
      );
    expiring(legacy, ['assistNow', 'legacy'], warning);
  }
  expiring(section(section(root, 'modem'), 'cellLocate'), ['modem', 'cellLocate'], warning);
  return found;
}

function expiring(
  token: Section | undefined,
  path: readonly string[],
  warning: (path: readonly string[], message: string) => void,
): void {
  if (token?.['kind'] === 'temporary' && token['issuedAt'] === undefined)
    warning([...path, 'kind'], 'add issuedAt, the day the token was issued: its end is not shown otherwise');
  if (token?.['issuedAt'] !== undefined && token['kind'] !== 'temporary')
    warning([...path, 'issuedAt'], 'has no effect on a permanent token');
}
