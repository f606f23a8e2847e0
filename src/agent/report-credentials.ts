// What sessions and the card say of the secrets they were given, handed on to the credentials, which keep it.
import type { WaymarkError } from '../core/index.js';
import type { Credential, Evidence, Identity } from '../vault/index.js';
import type { CredentialSet } from './credentials.js';

export interface SessionReportDeps {
  credentials: Pick<CredentialSet, 'certificate' | 'ntripAccount'>;
  /** The identity in force. */
  identity: () => Identity | undefined;
  /** The caster and its account stand in the configuration: provisioning has no other one to give. */
  isOwnCaster: boolean;
  requestRenewal: (reason: string) => void;
}

/**
 * Takes how each session went: 'ok' once it is up, else the error it ended with. Certificate or account hear of it, and a
 * new identity is asked for where that may help:
 *
 * * a refused certificate: each time; provisioning has its own budget.
 * * a refused account (`ntrip.unauthorized`): once, and not again before a session has been up; a fresh account that is
 *   refused as well stays refused, and only the lane's slow tries go on. One that has worked is given a second try first:
 *   after a lost connection the caster may hold its place for a minute, and says the same (specs/ublox.md 2.1).
 * * `corrections.ended` (this way of delivery is over): once for each identity.
 */
export function createSessionReport(deps: SessionReportDeps): (result: 'ok' | WaymarkError) => void {
  const { credentials, requestRenewal } = deps;
  const ended = new Set<string>();
  let mayAskForAccount = true;
  let accountRefusals = 0;

  const accountRefused = (error: WaymarkError): void => {
    const account = credentials.ntripAccount;
    if (!account) return;
    const { tested, evidence } = account.status();
    accountRefusals++;
    // Provisioned again for this very account already, perhaps before a restart.
    if (evidence?.['renewal'] === 'asked') mayAskForAccount = false;
    const asks = !deps.isOwnCaster && mayAskForAccount && (!tested || accountRefusals > 1);
    mayAskForAccount &&= !asks;
    refuse(account, error, 'refused', deps.isOwnCaster || mayAskForAccount ? {} : { renewal: 'asked' });
    if (asks) requestRenewal(error.code);
  };

  const worked = (): void => {
    const isNtrip = deps.isOwnCaster || deps.identity()?.shape === 'ntrip';
    const credential = isNtrip ? credentials.ntripAccount : credentials.certificate;
    if (isNtrip) {
      mayAskForAccount = true;
      accountRefusals = 0;
    }
    credential?.report(credential.status(), { is: 'ok' });
  };

  return (result) => {
    if (result === 'ok') {
      worked();
      return;
    }
    switch (result.code) {
      case 'mqtt.refused':
      case 'tls.client-refused':
        if (!credentials.certificate) return;
        refuse(credentials.certificate, result, 'refused');
        requestRenewal(result.code);
        return;
      case 'ntrip.unauthorized':
        accountRefused(result);
        return;
      case 'ntrip.refused':
        if (credentials.ntripAccount) refuse(credentials.ntripAccount, result, 'operator-said');
        return;
      case 'corrections.ended': {
        const identity = deps.identity();
        if (!identity || deps.isOwnCaster || ended.has(accountOf(identity))) return;
        ended.add(accountOf(identity));
        requestRenewal(result.code);
        return;
      }
      default:
        return;
    }
  };
}

/** Tells identities apart; newer decryption keys do not make another one. */
function accountOf(identity: Identity): string {
  switch (identity.shape) {
    case 'keys':
      return identity.certificate;
    case 'ntrip':
      return JSON.stringify([identity.host, identity.userName, identity.password.fingerprint]);
    case 'chipcode':
      return identity.chipcode.fingerprint;
  }
}

function refuse(
  credential: Credential,
  error: WaymarkError,
  reason: 'refused' | 'operator-said',
  more: Evidence = {},
): void {
  credential.report(credential.status(), {
    is: 'refused',
    state: 'rejected',
    reason,
    evidence: { code: error.code, ...error.evidence, ...more },
  });
}

/** What the card said to its PIN; the ledger alone decides whether it is sent. */
export function reportPin(error: WaymarkError | 'accepted', { pin }: CredentialSet): void {
  if (!pin) return;
  const { generation } = pin.status();
  if (error === 'accepted') {
    pin.report({ generation }, { is: 'ok' });
    return;
  }
  if (error.code !== 'sim.pin-refused' && error.code !== 'sim.pin-guarded') return;
  const reason = error.code === 'sim.pin-refused' ? 'refused' : 'locked-risk';
  pin.report(
    { generation },
    { is: 'refused', state: 'rejected', reason, evidence: { code: error.code, ...error.evidence } },
  );
}
