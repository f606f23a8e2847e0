// What Losant is shown: lent from the vault, never kept here.
import type { Secret } from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';

/** An access key with its secret, an application token, or all three: then the token is not used here. */
export interface LosantCredentials {
  accessKey?: CredentialSource<Secret>;
  accessSecret?: CredentialSource<Secret>;
  applicationToken?: CredentialSource<Secret>;
}
