// AssistNow's chipcode: provisioned once for the receiver that is there, kept, and shown as a credential.
import type { Config } from '../../config/index.js';
import type { Clock, Logger } from '../../core/index.js';
import { createHostDialer, createHttpsClient, type Meter } from '../../net/index.js';
import type { ChipcodeIdentity, Credential, CredentialOutcome } from '../../vault/index.js';
import { type AssistProvisioner, createAssistProvisioner, type ReceiverFrames } from '../../ztp/index.js';
import { type CredentialSet, readCa } from '../credentials.js';
import type { AgentMemory } from '../memory.js';

export interface ChipcodeSourceDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  log: Logger;
  meter: Meter;
  memory: Pick<AgentMemory, 'assistIdentity' | 'assistZtp'>;
  credentials: Pick<CredentialSet, 'assistToken' | 'holdChipcode'>;
  /** Both whole frames once this connection's receiver has sent them. */
  receiver: { whenIdentified(signal: AbortSignal): Promise<ReceiverFrames> };
}

/** Undefined without `assistNow.token`. Errors: `config.unreadable` for a CA file. */
export async function createChipcodeSource(deps: ChipcodeSourceDeps): Promise<AssistProvisioner | undefined> {
  const { config, clock, memory, credentials } = deps;
  const { assistNow } = config;
  const token = credentials.assistToken;
  if (!assistNow || !token) return undefined;
  const log = deps.log.child('assistnow');
  const caPem = await readCa(assistNow.caFile, deps.configDir);
  const http = createHttpsClient({
    dial: deps.meter.metered('assistnow-ztp', createHostDialer({ clock })),
    clock,
    log,
  });
  const provisioner = createAssistProvisioner(
    { http, identitySlot: memory.assistIdentity, memorySlot: memory.assistZtp, token, clock, log },
    { url: assistNow.url, caPem, receiver: deps.receiver },
  );
  const held = async (chipcode: ChipcodeIdentity): Promise<ChipcodeIdentity> => {
    await credentials.holdChipcode(chipcode);
    return chipcode;
  };
  return {
    ...provisioner,
    ensure: async (options) => held(await provisioner.ensure(options)),
    renew: async (options) => held(await provisioner.renew(options)),
  };
}

/** What became of a chipcode counts for the one in force only: a late word about the one before says nothing of it. */
export function chipcodeReports(
  credential: Pick<Credential, 'report' | 'status'> | undefined,
): (outcome: CredentialOutcome, identity: ChipcodeIdentity) => void {
  return (outcome, { chipcode }) => {
    const status = credential?.status();
    if (status?.fingerprint === chipcode.fingerprint) credential?.report(status, outcome);
  };
}
