// Whoever waits because of a credential need not wait for its next try once the value is another.
import type { CredentialSource } from '../vault/index.js';

type Watched = Pick<CredentialSource<unknown>, 'status' | 'onChange'>;

/**
 * Calls `tell` when the credential has another value. `orWorksAgain`: also when the same value is valid again, as after a
 * person's test. Returns the unsubscribe.
 */
export function onNewValue(
  source: Watched | undefined,
  tell: () => void,
  { orWorksAgain = false }: { orWorksAgain?: boolean } = {},
): () => void {
  if (!source) return () => undefined;
  let before = source.status();
  return source.onChange(() => {
    const now = source.status();
    const worksAgain = orWorksAgain && now.state === 'valid' && before.state !== 'valid';
    if (now.generation !== before.generation || worksAgain) tell();
    before = now;
  });
}
