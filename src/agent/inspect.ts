// One-shot looks for the command line, when no agent runs: nothing is connected, nothing is written.
import type { Config } from '../config/index.js';
import { type Clock, type SecretKind, silentLogger } from '../core/index.js';
import type { CredentialView } from '../status/index.js';
import { type Identity, identityCodec, openVault, readOnly, realDisk, type Vault } from '../vault/index.js';
import { createCredentials } from './credentials.js';
import { identityFromFiles } from './identity-files.js';
import { credentialView } from './report.js';

export interface InspectDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  env: NodeJS.ProcessEnv;
}

/** What an agent has left behind, never changed; undefined where nothing is, or nothing that this user may read. */
const leftBehind = (stateDir: string, clock: Clock): Promise<Vault | undefined> =>
  openVault(stateDir, { clock, log: silentLogger, disk: readOnly(realDisk) }).catch(() => undefined);

const keptIdentity = async (vault: Vault | undefined, slot: string): Promise<Identity | undefined> =>
  (
    await vault
      ?.slot(slot, identityCodec)
      .read()
      .catch(() => undefined)
  )?.value;

/** The file that holds a credential's value, as the configuration names it. */
export function inspectSecretFile(
  { config, configDir, clock, env }: InspectDeps,
  id: string,
): { path: string; kind: SecretKind } | undefined {
  using credentials = createCredentials({
    ...{ config, configDir, env, clock, log: silentLogger, vault: undefined },
    ...{ isWallTrusted: () => true, identity: () => undefined },
  });
  return credentials.fileOf(id);
}

/** Who the gateway is, by its files or by what the last agent left. */
export async function inspectIdentity({ config, configDir, clock }: InspectDeps): Promise<Identity | undefined> {
  if (config.identity)
    return identityFromFiles(config.identity, configDir, clock.wall()).catch((): undefined => undefined);
  return keptIdentity(await leftBehind(config.stateDir, clock), 'identity');
}

/** State, expiry and remedy of every configured credential, judged offline: by its files and by what the last agent left. */
export async function inspectCredentials({
  config,
  configDir,
  clock,
  env,
}: InspectDeps): Promise<readonly CredentialView[]> {
  const vault = await leftBehind(config.stateDir, clock);
  const identity = config.identity
    ? await identityFromFiles(config.identity, configDir, clock.wall()).catch(() => undefined)
    : await keptIdentity(vault, 'identity');
  const chipcode = await keptIdentity(vault, 'identity-assistnow');
  using credentials = createCredentials({
    config,
    configDir,
    env,
    clock,
    log: silentLogger,
    vault,
    isWallTrusted: () => true,
    identity: () => identity,
  });
  if (chipcode?.shape === 'chipcode') await credentials.holdChipcode(chipcode);
  await Promise.all(credentials.all().map((credential) => credential.reload()));
  return credentials.statuses().map((status) => credentialView(status, clock));
}
