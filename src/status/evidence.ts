// What a far side said, for people: the facts of a refusal as they stand in the status object.
import type { CredentialView } from './views.js';

/** `http 403, body {"errors":["…"]}, at 2026-01-01T00:00:00.000Z`; empty when there is nothing but the time. */
export function evidenceWords(evidence: CredentialView['evidence'] = {}): string {
  const facts = Object.entries(evidence).filter(([, value]) => value !== '');
  return facts.some(([name]) => name !== 'at') ? facts.map(([name, value]) => `${name} ${value}`).join(', ') : '';
}
