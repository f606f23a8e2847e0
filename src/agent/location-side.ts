// Wiring of where the gateway is and of what helps the receiver to find out: position, assistance, CellLocate.
import type { Config } from '../config/index.js';
import { type Clock, type ClockTrust, type Logger, toWaymarkError } from '../core/index.js';
import type { Receiver } from '../gnss/index.js';
import { type BestLocation, createBestLocation, createPositionChoice, type PositionChoice } from '../location/index.js';
import type { Modem } from '../modem/index.js';
import { createHostDialer, createHttpsClient, type Meter } from '../net/index.js';
import {
  type AssistMemoryStore,
  type AssistService,
  assistMemoryCodec,
  assistSlots,
  type CellLocateService,
  createAssistCache,
  createAssistMemory,
  createCellLocateService,
  createCurrentService,
  createLegacyService,
} from '../services/index.js';
import type { Vault } from '../vault/index.js';
import type { AssistProvisioner, ProvisionSnapshot } from '../ztp/index.js';
import { chipcodeReports, createChipcodeSource } from './assistance/chipcode.js';
import { type Assistance, createAssistance } from './assistance/keeper.js';
import type { CredentialSetback } from './assistance/report.js';
import { createOutputs, type Outputs } from './clouds/outputs.js';
import { type CredentialSet, readCa } from './credentials.js';
import type { LampBoard } from './lamp-board.js';
import type { Lane } from './lane.js';
import { createAssistanceLane } from './lanes/assistance.js';
import { createCellLocateLane } from './lanes/cell-locate.js';
import { createModuleGnssLane } from './lanes/module-gnss.js';
import { cellLocateLoans, legacyLoans } from './location-tokens.js';
import type { AgentMemory } from './memory.js';
import { onNewValue } from './on-new-value.js';

export interface LocationSideDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  bootId: string;
  vault: Vault;
  memory: AgentMemory;
  meter: Meter;
  credentials: CredentialSet;
  receiver: Receiver | undefined;
  modem: Modem | undefined;
  lamps: LampBoard;
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
}

export interface LocationSide extends AsyncDisposable {
  readonly position: PositionChoice;
  /** The best one, as it is reported: not good enough is better than none, and everybody is asked. */
  readonly best: BestLocation;
  readonly outputs: Outputs;
  /** Also the sink of what comes beside the corrections; absent without a u-blox receiver. */
  readonly assistance: Assistance | undefined;
  readonly cellLocate: CellLocateService | undefined;
  readonly lanes: readonly Lane[];
}

/** A fix older than this is no fix. */
const FIX_FRESH_MS = 5000;
/** Radius of 68 % for one of 50 %, where errors are alike in all directions. */
const R68_OF_R50 = 1.28;

/** Errors: `config.unreadable` for a CA file. */
export async function createLocationSide(deps: LocationSideDeps): Promise<LocationSide> {
  const { config, clock, log, receiver, modem, onChange } = deps;
  const position = createPositionChoice({ clock }, { configured: config.corrections?.position });
  const best = createBestLocation({ clock, log: log.child('location') });
  receiver?.onFix((fix) => {
    position.offerFix(fix);
    best.offerFix(fix);
  });
  const life = new AbortController();

  const isAssisted = receiver !== undefined && config.gnss?.protocol === 'ubx';
  const assistance = isAssisted ? await makeAssistance(deps, receiver, position, life.signal) : undefined;

  const settings = config.modem?.cellLocate;
  const token = deps.credentials.cellLocateToken;
  const cellLocate =
    modem && settings && token
      ? createCellLocateService(
          {
            module: modem.cellLocate,
            token: cellLocateLoans(deps, token, settings.kind),
            isPositionKnown: () => {
              const known = position.current();
              return known !== undefined && known.from !== 'cell' && known.from !== 'carrier';
            },
            onPosition({ latitudeDeg, longitudeDeg, altitudeM, uncertaintyM }, atMonoMs) {
              const accuracyM = uncertaintyM * R68_OF_R50;
              const place = { latitudeDeg, longitudeDeg, altitudeMslM: altitudeM, accuracyM, atMonoMs };
              position.offerCell(place);
              best.offerCell(place);
            },
            clock,
            log: log.child('cell'),
            random: Math.random,
          },
          settings,
        )
      : undefined;

  const lanes: Lane[] = [];
  // Without a service there is nothing to run: what comes beside the corrections is injected by itself.
  if (assistance && config.assistNow) lanes.push(createAssistanceLane({ assistance }));
  if (cellLocate) lanes.push(createCellLocateLane({ service: cellLocate, lamps: deps.lamps, onChange }));
  if (modem && config.location.moduleGnss)
    lanes.push(
      createModuleGnssLane({
        modem,
        clock,
        hasReceiverFix: () => best.hasReceiverFix(),
        onFix(fix) {
          position.offerFix(fix);
          best.offerFix(fix);
        },
      }),
    );
  const outputs = createOutputs({ settings: config.location, clock, trust: deps.trust, log, best, receiver });
  lanes.push(...outputs.lanes);
  return {
    position,
    best,
    outputs,
    assistance,
    cellLocate,
    lanes,
    [Symbol.asyncDispose]() {
      life.abort();
      assistance?.[Symbol.dispose]();
      best[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

async function makeAssistance(
  deps: LocationSideDeps,
  receiver: Receiver,
  position: PositionChoice,
  life: AbortSignal,
): Promise<Assistance> {
  const { clock, log, vault, credentials } = deps;
  const memory = createAssistMemory(vault.slot('assist-memory', assistMemoryCodec), log);
  let renewed = (): void => undefined;
  const provisioner = await createChipcodeSource({ ...deps, receiver });
  provisioner?.onChange(deps.onChange);
  const service = await makeService(deps, provisioner, memory, life, () => renewed());
  const keeper = createAssistance({
    clock,
    trust: deps.trust,
    log,
    random: Math.random,
    bootId: deps.bootId,
    target: receiver,
    receiver: () => {
      const { running, fix } = receiver.snapshot();
      const isFresh = clock.mono() - fix.atMonoMs <= clock.ioBudgetMs(FIX_FRESH_MS);
      return { isRunning: running, hasFix: running && isFresh && fix.quality !== 'none' };
    },
    position,
    cache: createAssistCache(assistSlots(vault), log),
    memory,
    service,
    setback: () => setbackOf(provisioner?.status(), clock),
    networkUp: deps.networkUp,
    onChange: deps.onChange,
  });
  renewed = () => keeper.credentialChanged();
  for (const token of [credentials.assistToken, credentials.legacyToken])
    onNewValue(token, () => keeper.credentialChanged());
  return keeper;
}

/** Provisioning keeps trying by itself and says nothing to who waits for it: status has to ask. */
function setbackOf(status: ProvisionSnapshot | undefined, clock: Clock): CredentialSetback | undefined {
  if (!status?.reason) return undefined;
  const { reason, nextAttemptMonoMs: at } = status;
  const next =
    at === undefined ? {} : { next: { what: 'provisioning is tried again', inMs: Math.max(0, at - clock.mono()) } };
  return { reason, ...next };
}

/** The current service where its token is configured, else the old one; undefined without either. */
async function makeService(
  deps: LocationSideDeps,
  provisioner: AssistProvisioner | undefined,
  memory: AssistMemoryStore,
  life: AbortSignal,
  renewed: () => void,
): Promise<AssistService | undefined> {
  const { config, configDir, clock, log, meter, credentials } = deps;
  const { assistNow } = config;
  if (!assistNow) return undefined;
  const ca = await readCa(assistNow.caFile, configDir);
  const http = createHttpsClient({ dial: meter.metered('assistnow', createHostDialer({ clock })), clock, log });
  const shared = { http, clock, log, memory, random: Math.random, ...(ca === undefined ? {} : { ca }) };
  if (provisioner)
    return createCurrentService(
      {
        ...shared,
        chipcode: (signal) => provisioner.ensure({ signal }),
        report: chipcodeReports(credentials.chipcode),
        renew: (reason) => {
          provisioner.renew({ signal: life, reason }).then(renewed, (error: unknown) => {
            if (!life.aborted) log.warn('assist.not-renewed', { error: toWaymarkError(error) });
          });
        },
      },
      {
        constellations: assistNow.constellations,
        predictiveDays: Number(assistNow.predictiveDays),
        live: assistNow.live,
      },
    );
  const { legacy } = assistNow;
  const token = credentials.legacyToken;
  if (!legacy || !token) return undefined;
  return createLegacyService(
    { ...shared, credential: legacyLoans(deps, token, legacy.kind) },
    {
      service: legacy.service,
      constellations: assistNow.constellations,
      days: legacy.days,
      ...(legacy.primary === undefined ? {} : { primary: legacy.primary }),
      ...(legacy.secondary === undefined ? {} : { secondary: legacy.secondary }),
    },
  );
}
