// Credentials in words: those in trouble among the status, and all of them as `token list` shows them.
import { oneLine } from '../core/index.js';
import { evidenceWords } from './evidence.js';
import type { CredentialView } from './views.js';

/** In trouble by itself: what waits for another one is told there, and what is fetched when needed is none. */
const isTroubled = ({ state, waitsFor, isOnDemand }: CredentialView): boolean =>
  state !== 'valid' && waitsFor === undefined && isOnDemand !== true;

/** Lines below the lamps: each trouble once, at its root, with how much waits for it. */
export function credentialLines(credentials: readonly CredentialView[]): string[] {
  const lines: string[] = [];
  for (const credential of credentials.filter(isTroubled)) {
    lines.push(`  credential  ${credential.id} is ${credential.state}: ${credential.remedy ?? ''}`);
    const evidence = evidenceWords(credential.evidence);
    if (evidence !== '') lines.push(`              evidence: ${evidence}`);
    const waiting = credentials.filter(({ waitsFor }) => waitsFor === credential.id).map(({ id }) => id);
    if (waiting.length > 0) lines.push(`              for it wait: ${waiting.join(', ')}`);
  }
  for (const { rotation } of credentials)
    if (rotation && rotation.state !== 'probation') lines.push(`  new value   ${rotation.sentence}`);
  return lines;
}

/** The last day of its life; the minute where that is near. An end at midnight is the end of the day before. */
function endWords(expiresAt: string, inDays = 0): string {
  if (inDays < 1) return `${expiresAt.slice(0, 16).replace('T', ' ')} UTC`;
  return new Date(Date.parse(expiresAt) - 1).toISOString().slice(0, 10);
}

/** `token list` in words. */
export function describeCredentials(credentials: readonly CredentialView[]): string {
  if (credentials.length === 0) return 'No credentials are configured.\n';
  const width = Math.max(20, ...credentials.map(({ id }) => id.length));
  const below = (text: string | undefined): string => `${' '.repeat(width + 1)}${text ?? ''}`;
  const lines = credentials.map((c) => {
    const id = c.id.padEnd(width);
    const rotation = c.rotation ? [below(`new value: ${c.rotation.sentence}`)] : [];
    if (c.waitsFor !== undefined)
      return [`${id} ${c.state}, waits for ${c.waitsFor}`, ...rotation].map(oneLine).join('\n');
    if (c.isOnDemand === true) return [`${id} fetched when it is needed`, ...rotation].map(oneLine).join('\n');
    const parts = [
      `${id} ${c.state}${c.tested || c.state !== 'valid' ? '' : ' (not tested yet)'}`,
      c.fingerprint ? `fingerprint ${c.fingerprint}` : '',
      c.expiresAt ? `until ${endWords(c.expiresAt, c.expiresInDays)} (${c.expirySource ?? ''})` : '',
      c.reason ? `because: ${c.reason}` : '',
    ].filter(Boolean);
    const evidence = evidenceWords(c.evidence);
    const more = [evidence && `evidence: ${evidence}`, c.state === 'valid' ? '' : c.remedy && `→ ${c.remedy}`].filter(
      Boolean,
    );
    return [parts.join(', '), ...more.map(below), ...rotation].map(oneLine).join('\n');
  });
  return `${lines.join('\n')}\n`;
}
