// Location tokens on loan to the services: what a refusal means is judged by what is known of the token, not by the
// service that met it (specs/tokens.md T1, T2).
import type { Clock, ClockTrust, Secret, WaymarkError } from '../core/index.js';
import type { CellLocateToken } from '../services/index.js';
import { type Credential, type CredentialOutcome, type CredentialSource, judgeTokenRefusal } from '../vault/index.js';

export interface TokenJudgeDeps {
  clock: Clock;
  trust: ClockTrust;
}

type Kind = 'permanent' | 'temporary';

const judged = ({ clock, trust }: TokenJudgeDeps, credential: Credential, kind: Kind) => {
  const { tested, expiresAt } = credential.status();
  return judgeTokenRefusal({
    kind,
    tested,
    endsAtUtcMs: expiresAt,
    nowUtcMs: trust.status().state === 'trusted' ? clock.wall() : undefined,
  });
};

/** The token of the old AssistNow service. */
export function legacyLoans(deps: TokenJudgeDeps, credential: Credential, kind: Kind): CredentialSource<Secret> {
  return {
    get: (options) => credential.get(options),
    report(lease, outcome: CredentialOutcome) {
      const isAmbiguous = outcome.is === 'refused' && outcome.reason === 'ambiguous-400';
      credential.report(lease, isAmbiguous ? { ...outcome, ...judged(deps, credential, kind) } : outcome);
    },
    status: () => credential.status(),
    onChange: (callback) => credential.onChange(callback),
  };
}

/** The token that is handed to the module. */
export function cellLocateLoans(deps: TokenJudgeDeps, credential: Credential, kind: Kind): CellLocateToken {
  return {
    get: (options) => credential.get(options),
    report(loan, outcome: 'ok' | WaymarkError) {
      if (outcome === 'ok') credential.report(loan, { is: 'ok' });
      else
        credential.report(loan, {
          is: 'refused',
          ...judged(deps, credential, kind),
          evidence: outcome.evidence ?? {},
        });
    },
    generation: () => credential.status().generation,
    onChange: (callback) => credential.onChange(callback),
  };
}
