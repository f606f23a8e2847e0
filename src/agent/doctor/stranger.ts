// A person of their own who looks at a gateway that runs as somebody else. What they may not touch says nothing about the
// gateway, and a cure that made it theirs would break it: so it is left out, and who may look is told.
import type { CheckId, Finding } from './types.js';

const BY_OWN_RIGHTS: ReadonlySet<CheckId> = new Set<CheckId>(['module', 'receiver', 'services']);

export const isStrangerTo = (uid: number): boolean => {
  const mine = process.geteuid?.() ?? uid;
  return mine !== 0 && mine !== uid;
};

export const onlyFor = (owner: string): string => (owner === 'root' ? 'root' : `${owner} or root`);

/** The finding as it counts for a stranger; the checks judged by the owner's rights stay as they are. */
export function seenByStranger(check: CheckId, finding: Finding, owner: string): Finding {
  if (!BY_OWN_RIGHTS.has(check)) return finding;
  const { sentence } = finding;
  const isClosed =
    finding.is === 'fail'
      ? finding.code === 'link.permission' || (finding.code === 'config.unreadable' && /\bEACCES\b/.test(sentence))
      : finding.is === 'skipped' && / permission denied$/.test(sentence);
  return isClosed ? { is: 'skipped', sentence: `can only be looked at as ${onlyFor(owner)}` } : finding;
}
