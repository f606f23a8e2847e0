// What a wipe cannot reach: at the far side each credential stays valid until somebody withdraws it there. One line each,
// by what the configuration uses.
import type { Config } from '../../config/index.js';

export interface StillValid {
  what: string;
  /** Where it is withdrawn. */
  where: string;
}

const THINGSTREAM = 'Thingstream portal, Location Services, Location Things';

/** Pure. */
export function stillValid(config: Config): StillValid[] {
  const { ztp, identity, corrections, assistNow, modem, thingspace, losant, deviceWise } = config;
  const list: (StillValid | false)[] = [
    ztp !== undefined && {
      what: 'the Thing made by provisioning, with its certificate or NTRIP account',
      where: `${THINGSTREAM}: deactivate or delete the Thing (an active one is billed)`,
    },
    ztp !== undefined && {
      what: 'the ZTP token, which other gateways may use too',
      where: `${THINGSTREAM}, Device Profiles: a new token, when it was seen by somebody`,
    },
    identity !== undefined && {
      what: 'the client certificate and its key',
      where: `${THINGSTREAM}, or whoever runs the broker ${identity.host ?? ''}`.trim(),
    },
    corrections?.ntrip.password !== undefined && {
      what: 'the NTRIP account',
      where: 'with the operator of the caster',
    },
    assistNow !== undefined && { what: 'the AssistNow token or chipcode', where: `${THINGSTREAM}, Device Profiles` },
    modem?.cellLocate !== undefined && {
      what: 'the CellLocate token',
      where: `${THINGSTREAM}, Location Tokens`,
    },
    (deviceWise !== undefined || modem?.deviceWise !== undefined) && {
      what: 'the deviceWISE app token, one for many gateways, and the thing',
      where: 'deviceWISE portal, Developer, App Tokens; and Things',
    },
    losant !== undefined && {
      what: 'the Losant access key and the device',
      where: 'Losant, Application, Security, Access Keys; and Devices',
    },
    losant?.enrol !== undefined && {
      what: 'the token that enrols devices',
      where: 'Losant, Application, Security, Application API Tokens; or the operator’s endpoint',
    },
    thingspace !== undefined && {
      what: 'the ThingSpace keys and the UWS login',
      where: 'ThingSpace developer portal, Key Management; the account’s own user administration',
    },
    modem?.sim.pin !== undefined && {
      what: 'the SIM and its PIN',
      where: 'with the operator of the SIM: suspend or cancel the line',
    },
  ];
  return list.filter((each) => each !== false);
}
