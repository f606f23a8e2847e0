// What sessions and the card say of the secrets they were given, handed on to the credentials, which keep it.
import type { WaymarkError } from '../core/index.js';
import type { CredentialSet } from './credentials.js';

/** What a session's end says about the client certificate, and whether asking for a new one may help. */
export function reportSession(
  result: 'ok' | WaymarkError,
  credentials: CredentialSet,
  requestRenewal: (reason: string) => void,
): void {
  const { certificate } = credentials;
  if (!certificate) return;
  const { generation } = certificate.status();
  if (result === 'ok') certificate.report({ generation }, { is: 'ok' });
  else if (result.code === 'mqtt.refused' || result.code === 'tls.client-refused') {
    certificate.report(
      { generation },
      { is: 'refused', state: 'rejected', reason: 'refused', evidence: { code: result.code, ...result.evidence } },
    );
    requestRenewal(result.code);
  } else certificate.report({ generation }, { is: 'weather' });
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
