// Credentials are made from others: where one fails, those above it fail with it, and a person must be sent to one place
// only (specs/tokens.md section 2, dependencies).
//
//   ztp-token ──brings──> client-certificate ──> spartn-keys          (T12 > T13 > T14)
//   assistnow-token ──brings──> assistnow-chipcode
//   thingspace-key, -secret ──> thingspace-token ──> thingspace-session <── thingspace-user, -password   (T5 > T6 > T8 < T7)
//   losant-access-key, -secret ──> losant-device-token                (T10 > T11)
//
//   root(x) = none                       x works
//           = root(first broken need)    x does not work, and neither does what it needs
//           = x                          x does not work, and everything it needs does
import type { CredentialState } from './credential-model.js';
import type { CredentialStatus } from './credential-source.js';

export interface CredentialEdge {
  child: string;
  needs: string;
  /** The need is where a missing child comes from: it is waited for even while nothing is wrong with it. */
  brings?: boolean;
}

type Known = Pick<CredentialStatus, 'id' | 'state' | 'isOnDemand' | 'waitsFor'>;

const USABLE: readonly CredentialState[] = ['valid', 'expiring'];

/** True when it can be used, or will be had as soon as it is used. */
export const isUsable = ({ state, isOnDemand, waitsFor }: Pick<Known, 'state' | 'isOnDemand' | 'waitsFor'>): boolean =>
  USABLE.includes(state) || (isOnDemand === true && waitsFor === undefined);

/**
 * Of each credential that waits for another one: the id of the root of its trouble. What is broken by itself, and what
 * works, is not in the answer. Needs that are not among the statuses are not waited for.
 */
export function rootCauses(statuses: readonly Known[], edges: readonly CredentialEdge[]): ReadonlyMap<string, string> {
  const known = new Map(statuses.map((status) => [status.id, status]));
  const needs = new Map<string, CredentialEdge[]>();
  for (const edge of edges) needs.set(edge.child, [...(needs.get(edge.child) ?? []), edge]);
  const settled = new Map<string, string | undefined>();

  const rootOf = (status: Known): string | undefined => {
    const { id, state } = status;
    if (settled.has(id)) return settled.get(id);
    // A ring of needs has no root: whoever is met twice stands for itself.
    settled.set(id, undefined);
    let root: string | undefined;
    if (!USABLE.includes(state)) {
      for (const { needs: need, brings } of needs.get(id) ?? []) {
        const parent = known.get(need);
        if (!parent) continue;
        const above = rootOf(parent);
        if (above === undefined && isUsable(parent) && !(brings === true && state === 'missing')) continue;
        root = above ?? need;
        break;
      }
      root ??= status.waitsFor;
    }
    settled.set(id, root);
    return root;
  };

  const found = new Map<string, string>();
  for (const status of statuses) {
    const root = rootOf(status);
    if (root !== undefined && root !== status.id) found.set(status.id, root);
  }
  return found;
}
