// One-shot looks for the command line, when no agent runs: nothing is connected, nothing is written.
import type { Config } from '../config/index.js';
import { type Clock, silentLogger } from '../core/index.js';
import type { CredentialView } from '../status/index.js';
import { createCredentials } from './credentials.js';
import { identityFromFiles } from './identity-files.js';
import { credentialView } from './report.js';

export interface InspectDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  env: NodeJS.ProcessEnv;
}

/** State, expiry and remedy of every configured credential, judged offline. */
export async function inspectCredentials({
  config,
  configDir,
  clock,
  env,
}: InspectDeps): Promise<readonly CredentialView[]> {
  const identity =
    config.identity && (await identityFromFiles(config.identity, configDir, clock.wall()).catch(() => undefined));
  using credentials = createCredentials({
    config,
    configDir,
    env,
    clock,
    log: silentLogger,
    vault: undefined,
    isWallTrusted: () => true,
    identity: () => identity,
  });
  await Promise.all(credentials.all().map((credential) => credential.reload()));
  return credentials.all().map((credential) => credentialView(credential.status(), clock));
}
