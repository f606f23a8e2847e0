// Mistakes between keys of the section fleet.
import { type CrossFinding, type Section, section } from './cross-check-parts.js';

export function crossCheckFleet(root: Section): CrossFinding[] {
  const fleet = section(root, 'fleet');
  if (!fleet) return [];
  const found: CrossFinding[] = [];
  const problem = (key: string, message: string): void => void found.push({ path: ['fleet', key], message });
  const warning = (key: string, message: string): void =>
    void found.push({ path: ['fleet', key], message, isWarning: true });
  const has = (key: string): boolean => fleet[key] !== undefined;

  const { broker } = fleet;
  if (typeof broker === 'string' && Number(broker.slice(broker.lastIndexOf(':') + 1)) > 65_535)
    problem('broker', 'the port must be from 1 to 65535');
  if (has('password') && !has('user')) problem('password', 'needs user beside it');
  if (has('certFile') !== has('keyFile'))
    problem(has('certFile') ? 'certFile' : 'keyFile', 'certFile and keyFile belong together: give both or none');
  if (fleet['security'] === 'none') {
    for (const key of ['caFile', 'certFile']) if (has(key)) problem(key, 'has no place with security: none');
    if (has('password')) warning('security', 'is none: the password goes over the network in the clear');
  }
  return found;
}
