// The simulated Losant: REST API, MQTT broker and an operator's enrolment endpoint in front of one account
// (specs/losant.md, rows R1 to R29 and M1 to M27). Healthy by default; what is not known for certain is a knob
// (settings.ts), faults are pushed in front.
import { join } from 'node:path';
import { type Clock, createDisposer, type Logger } from '../../../core/index.js';
import type { Pki, ServerFace } from '../pki.js';
import { type LosantAccount, newDevice, openLosantAccount } from './account.js';
import { createLosantBroker, type LosantBroker } from './broker.js';
import { createLosantCloud, type StateRow } from './cloud.js';
import { ENROL_PATH } from './enrol.js';
import { type CommandSeen, createLedger, keep, type LosantLedger } from './ledger.js';
import { createLosantRest, type LosantRest } from './rest.js';
import type { LosantRoute } from './rest-call.js';
import type { LosantFault } from './rest-faults.js';
import { DEFAULT_LOSANT_SETTINGS, type LosantSettings } from './settings.js';
import { createBans, createWindow, MAX_PER_TOPIC } from './throttle.js';

/** How to reach the simulated Losant. Holds simulated secrets: hand it over, do not log it. */
export interface LosantDescription {
  restUrl: string;
  mqtt: { host: string; port: number; plainPort: number };
  applicationId: string;
  /** May do everything. */
  applicationToken: string;
  /** May send states, read commands and tell the connection. */
  narrowToken: string;
  deviceId: string;
  accessKey: string;
  accessSecret: string;
  enrol: { url: string; token: string };
}

export interface SimLosant extends AsyncDisposable {
  readonly description: LosantDescription;
  readonly rest: LosantRest;
  readonly broker: LosantBroker;
  readonly account: LosantAccount;
  readonly ledger: LosantLedger;
  readonly settings: LosantSettings;
  configure(changes: Partial<LosantSettings>): void;
  /** The next `times` requests (default 1) of one route, or of any, get this fault; faults queue up. */
  pushFault(fault: LosantFault, options?: { times?: number; route?: LosantRoute }): void;
  clearFaults(): void;
  /** What a device (default: the ready one) has stored, by time. */
  stored(deviceId?: string): readonly StateRow[];
  /** Sends a command: delivered now or never, but always in the history. */
  command(name: string, payload?: unknown, deviceId?: string): CommandSeen;
  /** Sends bytes as a command, whatever they are; not in the history. False when the device does not listen. */
  commandRaw(bytes: Uint8Array | string, deviceId?: string): boolean;
  commands(deviceId?: string): readonly CommandSeen[];
  /** False when there is no such device. `duplicate`: a second one with the same tags. */
  changeDevice(what: 'delete' | 'restore' | 'duplicate', deviceId?: string): boolean;
  /** By the key's own text (default: the ready one). False when there is no such key. */
  changeKey(what: 'active' | 'inactive' | 'delete', accessKey?: string): boolean;
  changeToken(what: 'active' | 'inactive' | 'delete' | 'expire', which?: 'application' | 'narrow'): boolean;
  /** Bans a device for as long as its past says, or for `ms`, and cuts it; gives how long. */
  ban(ms?: number, deviceId?: string): number;
  liftBan(deviceId?: string): void;
  /** Milliseconds left. */
  banLeft(deviceId?: string): number;
  /** What certificate both servers show from now on. */
  show(face: ServerFace): Promise<void>;
}

export interface LosantDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  /** The account is kept in it, as `losant.json`. */
  folder: string;
}

/** Starts both servers. Errors: `demo.port`. */
export async function createSimLosant(
  { clock, log, pki, folder }: LosantDeps,
  ports: { rest?: number; broker?: number; plain?: number } = {},
): Promise<SimLosant> {
  const account = openLosantAccount(join(folder, 'losant.json'), clock.wall());
  const ledger = createLedger();
  let settings = DEFAULT_LOSANT_SETTINGS;
  const cloud = createLosantCloud({ clock, account, ledger, settings: () => settings });
  const bans = createBans(clock);
  const disposer = createDisposer();
  try {
    const broker = disposer.use(
      await createLosantBroker({ cloud, bans, log, pki }, { port: ports.broker ?? 0, plainPort: ports.plain ?? 0 }),
    );
    const rest: LosantRest = disposer.use(
      await createLosantRest(
        {
          ...{ cloud, log, pki },
          window: createWindow(clock, MAX_PER_TOPIC),
          addresses: () => ({ broker: `localhost:${broker.door.port}`, api: `https://localhost:${rest.door.port}` }),
          afterCall: () => broker.review(),
        },
        { port: ports.rest ?? 0 },
      ),
    );
    const restUrl = `https://localhost:${rest.door.port}`;
    const own = account.deviceId;

    return {
      description: {
        restUrl,
        mqtt: { host: 'localhost', port: broker.door.port, plainPort: broker.plainDoor.port },
        applicationId: account.applicationId,
        applicationToken: account.applicationToken,
        narrowToken: account.narrowToken,
        deviceId: own,
        accessKey: account.accessKey,
        accessSecret: account.accessSecret,
        enrol: { url: `${restUrl}${ENROL_PATH}`, token: account.enrolToken },
      },
      rest,
      broker,
      account,
      ledger,
      get settings() {
        return settings;
      },
      configure(changes) {
        settings = { ...settings, ...changes };
        broker.review();
      },
      pushFault: (fault, { times = 1, route } = {}) =>
        rest.pushFault(fault, { times, ...(route === undefined ? {} : { route }) }),
      clearFaults: () => rest.clearFaults(),
      stored: (deviceId = own) => cloud.rows(deviceId),
      command: (name, payload = {}, deviceId = own) => cloud.command(deviceId, name, payload),
      commandRaw: (bytes, deviceId = own) => broker.publishRaw(deviceId, Buffer.from(bytes)),
      commands: (deviceId = own) => cloud.commands(deviceId),
      changeDevice(what, deviceId = own) {
        const device = account.devices.find((each) => each.deviceId === deviceId);
        if (!device) return false;
        if (what === 'duplicate') {
          const { name, tags, attributes, deviceClass } = device;
          account.devices.push(newDevice(clock.wall(), { name, tags: [...tags], attributes, deviceClass }));
        } else device.isDeleted = what === 'delete';
        account.save();
        broker.review();
        return true;
      },
      changeKey(what, accessKey = account.accessKey) {
        const at = account.keys.findIndex(({ key }) => key === accessKey);
        const key = account.keys[at];
        if (!key) return false;
        if (what === 'delete') account.keys.splice(at, 1);
        else key.status = what;
        account.save();
        broker.review();
        return true;
      },
      changeToken(what, which = 'application') {
        const at = account.tokens.findIndex(({ name }) => name === (which === 'narrow' ? 'narrow' : 'everything'));
        const token = account.tokens[at];
        if (!token) return false;
        if (what === 'delete') account.tokens.splice(at, 1);
        else if (what === 'expire') token.expiresMs = clock.wall();
        else token.status = what;
        account.save();
        return true;
      },
      ban(ms, deviceId = own) {
        const forMs = bans.ban(deviceId, ms);
        keep(ledger.bans, { deviceId, atMs: clock.wall(), forMs, why: 'by hand' });
        broker.cut(deviceId, 'banned');
        return forMs;
      },
      liftBan: (deviceId = own) => bans.lift(deviceId),
      banLeft: (deviceId = own) => bans.left(deviceId),
      async show(face) {
        await Promise.all([rest.show(face), broker.show(face)]);
      },
      async [Symbol.asyncDispose]() {
        await disposer[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await disposer[Symbol.asyncDispose]();
    throw error;
  }
}
