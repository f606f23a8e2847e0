// Wiring of who we are to the correction service and of the session with it: identity, its proof, both lanes.
import type { Config } from '../config/index.js';
import type { Clock, ClockTrust, Logger, WaymarkError } from '../core/index.js';
import type { Receiver } from '../gnss/index.js';
import type { Modem } from '../modem/index.js';
import type { Meter } from '../net/index.js';
import { createCorrectionService } from './correction-service.js';
import type { CredentialSet } from './credentials.js';
import type { Thrift } from './data-use/index.js';
import type { IdentityHolder } from './identity-holder.js';
import { createIdentitySource, type ReportingIdentitySource } from './identity-source.js';
import type { LampBoard } from './lamp-board.js';
import type { Lane } from './lane.js';
import { type CorrectionLane, createCorrectionLane } from './lanes/corrections.js';
import { createIdentityLane } from './lanes/identity.js';
import type { LocationSide } from './location-side.js';
import type { AgentMemory } from './memory.js';
import { onNewValue } from './on-new-value.js';
import { createSessionReport } from './report-credentials.js';

export interface CorrectionSideDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  meter: Meter;
  thrift: () => Thrift;
  memory: AgentMemory;
  credentials: CredentialSet;
  holder: IdentityHolder;
  receiver: Receiver | undefined;
  modem: Modem | undefined;
  lamps: LampBoard;
  location: Pick<LocationSide, 'position' | 'assistance'>;
  networkUp: (signal: AbortSignal) => Promise<void>;
  /** Cuts the wait of the session lane short. */
  newSession: () => void;
  /** How each session went, for whoever looks after the road. */
  onSession: (result: 'ok' | WaymarkError) => void;
}

export interface CorrectionSide {
  readonly identity: ReportingIdentitySource | undefined;
  readonly session: CorrectionLane | undefined;
  readonly lanes: readonly Lane[];
}

/** Errors: `config.unreadable` for a CA file. */
export async function createCorrectionSide(deps: CorrectionSideDeps): Promise<CorrectionSide> {
  const { config, configDir, clock, trust, log, meter, memory, credentials, holder, receiver, lamps, location } = deps;
  const isOwnCaster = config.corrections?.ntrip.host !== undefined;
  const service = await createCorrectionService({
    config,
    configDir,
    clock,
    log,
    meter,
    receiver,
    holder,
    identitySlot: memory.identity,
    keepaliveSeconds: () => deps.thrift().keepaliveSeconds,
    position: location.position,
    assistance: location.assistance,
    account: isOwnCaster ? credentials.ntripAccount : undefined,
  });
  const identity = await createIdentitySource({
    config,
    configDir,
    clock,
    log,
    meter,
    memory,
    modem: deps.modem,
    credentials,
    prove: service.prove,
  });

  holder.onUpdate(() => credentials.identityChanged());
  holder.onChange((next) => {
    // Whoever was refused with the old one has a new one to try.
    deps.newSession();
    if (next.shape === 'keys')
      receiver?.setKeys([next.keys.current, next.keys.next].filter((key) => key !== undefined));
  });
  // A password put right is tried at once.
  if (isOwnCaster) onNewValue(credentials.ntripAccount, deps.newSession);

  const ended = createSessionReport({
    credentials,
    identity: holder.current,
    isOwnCaster,
    requestRenewal: holder.requestRenewal,
  });
  const session =
    (identity || isOwnCaster) && config.corrections
      ? createCorrectionLane({
          source: service.source,
          receiver,
          lamps,
          clock,
          trust,
          renewed: (listener) => holder.onChange(listener),
          outcome: (result) => {
            ended(result);
            deps.onSession(result);
          },
        })
      : undefined;
  const lanes: Lane[] = [];
  if (session) lanes.push(session);
  if (identity)
    lanes.push(createIdentityLane({ source: identity, holder, lamps, clock, trust, networkUp: deps.networkUp }));
  return { identity, session, lanes };
}
