// Carries out what the simulated clouds are told from outside, and tells how they are.
import type { SimClouds } from './clouds/clouds.js';
import type { AssistCommand } from './commands-assistnow.js';
import type { CloudsCommand } from './commands-clouds.js';
import type { DeviceWiseCommand } from './commands-devicewise.js';
import type { LosantCommand } from './commands-losant.js';
import type { ThingSpaceCommand } from './commands-thingspace.js';
import { createDeviceWiseDesk } from './devicewise-desk.js';
import { mistake } from './fields.js';
import { createLosantDesk } from './losant-desk.js';
import { createThingSpaceDesk } from './thingspace-desk.js';

export interface CloudsDesk {
  /** Gives what there is to report. Errors: `cli.usage`, as sentences. */
  perform(command: Told): Promise<Readonly<Record<string, unknown>>>;
  /** What `state` tells of the clouds; no password, key or token. */
  state(): Readonly<Record<string, unknown>>;
}

type Told = CloudsCommand | AssistCommand | ThingSpaceCommand | LosantCommand | DeviceWiseCommand;
type Of<Name extends Told['do']> = Extract<Told, { do: Name }>;

export function createCloudsDesk(clouds: SimClouds): CloudsDesk {
  const { ztp, broker, caster, assistnow } = clouds;
  const thingspace = createThingSpaceDesk(clouds.thingspace);
  const losant = createLosantDesk(clouds.losant);
  const devicewise = createDeviceWiseDesk(clouds.devicewise);

  const changeZtp = async (command: Of<'ztp'>): Promise<void> => {
    ztp.configure(command.change);
    if (command.rotate === true) ztp.rotateNext();
    if (command.face !== undefined) await ztp.show(command.face);
  };
  const changeThing = ({ hardwareId: named, active, revoke, rotate }: Of<'thing'>): { hardwareId: string } => {
    const hardwareId = named === 'last' ? ztp.lastHardwareId : named;
    if (hardwareId === undefined) throw mistake('no Thing has been answered yet');
    const missing = mistake(`there is no Thing ${hardwareId}`);
    if (active !== undefined && !ztp.setActive(hardwareId, active)) throw missing;
    if (revoke === true && !ztp.revoke(hardwareId)) throw missing;
    if (rotate === true && !ztp.rotatePassword(hardwareId)) throw missing;
    return { hardwareId };
  };
  const changeCaster = async ({ change, fault, times, face, cut }: Of<'caster'>): Promise<void> => {
    caster.configure(change);
    if (fault === 'none') caster.setFault(undefined);
    else if (fault !== undefined && times === undefined) caster.setFault(fault);
    else if (fault !== undefined) caster.pushFault(fault, times);
    if (face !== undefined) await caster.show(face);
    if (cut === true) caster.cutSessions();
  };
  const changeBroker = async ({ stall, connack, face, cut, ended }: Of<'broker'>): Promise<void> => {
    if (stall !== undefined) broker.stall(stall);
    if (connack !== undefined) broker.answerConnectWith(connack);
    if (face !== undefined) await broker.show(face);
    if (ended !== undefined) broker.endOfService(ended);
    if (cut === true) broker.cutSessions();
  };
  const changeAssistNow = async ({ change, renewChipcodes, face }: Of<'assistnow'>): Promise<void> => {
    assistnow.configure(change);
    if (renewChipcodes === true) assistnow.renewChipcodes();
    if (face !== undefined) await assistnow.show(face);
  };

  return {
    async perform(command) {
      switch (command.do) {
        case 'ztp':
          await changeZtp(command);
          return {};
        case 'ztp-fault':
          if (command.fault === 'none') ztp.clearFaults();
          else ztp.pushFault(command.fault, command.times);
          return {};
        case 'thing':
          return changeThing(command);
        case 'caster':
          await changeCaster(command);
          return {};
        case 'broker':
          await changeBroker(command);
          return {};
        case 'assistnow':
          await changeAssistNow(command);
          return {};
        case 'assistnow-fault': {
          const { fault, times, service } = command;
          if (fault === 'none') assistnow.clearFaults();
          else assistnow.pushFault(fault, { times, ...(service === undefined ? {} : { service }) });
          return {};
        }
        case 'assistnow-ztp-fault':
          if (command.fault === 'none') assistnow.clearFaults();
          else assistnow.pushZtpFault(command.fault, command.times);
          return {};
        case 'thingspace':
        case 'thingspace-fault':
        case 'thingspace-device':
        case 'thingspace-user':
          return thingspace.perform(command);
        case 'devicewise':
        case 'devicewise-fault':
        case 'devicewise-method':
        case 'devicewise-mail':
        case 'devicewise-token':
        case 'devicewise-thing':
        case 'devicewise-definition':
          return devicewise.perform(command);
        case 'ucenter':
          clouds.writeUcenterFile(command.change);
          return { ucenterConfigFile: clouds.description.pointperfect.ucenterConfigFile };
        case 'reachable':
          clouds.setOutage(!command.reachable);
          return { isReachable: clouds.isReachable };
        default:
          return losant.perform(command);
      }
    },
    state() {
      const { sessions, connects, refusedConnects, refusedHandshakes } = broker.stats;
      const lastCall = ztp.calls.at(-1);
      return {
        isReachable: clouds.isReachable,
        // Kept where it always was.
        sessions: sessions.length,
        ztp: { ...ztp.profile, calls: ztp.calls.length, ...(lastCall ? { lastCall } : {}) },
        broker: { sessions: sessions.length, connects, refusedConnects, refusedHandshakes },
        assistnow: {
          ...assistnow.settings,
          requests: assistnow.requests.length,
          ztpCalls: assistnow.ztpCalls.length,
          ...(assistnow.requests.length > 0 ? { lastRequest: assistnow.requests.at(-1) } : {}),
        },
        thingspace: thingspace.state(),
        losant: losant.state(),
        devicewise: devicewise.state(),
        caster: { ...caster.stats, settings: caster.settings, ...(caster.fault ? { fault: caster.fault } : {}) },
      };
    },
  };
}
