// Mistakes between keys of the clouds' sections: thingspace, losant, commands, location.
import { type CrossFinding, isDay, type Section, section } from './cross-check-parts.js';
import { CLOUD_COMMANDS } from './schema-clouds.js';
import { nearest } from './suggest.js';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const DIRECT = ['key', 'secret', 'user', 'password', 'accountName'] as const;

export function crossCheckClouds(root: Section): CrossFinding[] {
  const found: CrossFinding[] = [];
  const problem = (path: readonly string[], message: string): void => void found.push({ path, message });
  const warning = (path: readonly string[], message: string): void =>
    void found.push({ path, message, isWarning: true });

  const thingspace = section(root, 'thingspace');
  if (thingspace) checkThingspace(thingspace, root, problem, warning);
  const losant = section(root, 'losant');
  if (losant) checkLosant(losant, root, problem, warning);

  const allow = section(root, 'commands')?.['allow'];
  if (Array.isArray(allow))
    for (const name of allow as readonly unknown[]) {
      if (typeof name !== 'string' || (CLOUD_COMMANDS as readonly string[]).includes(name)) continue;
      const near = nearest(name, CLOUD_COMMANDS);
      problem(
        ['commands', 'allow'],
        `must be taken from ${CLOUD_COMMANDS.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
      );
    }

  const location = section(root, 'location');
  for (const name of ['raw', 'jsonLines'] as const) {
    const output = section(location, name);
    const host = output?.['host'];
    if (typeof host === 'string' && !LOOPBACK.includes(host))
      warning(
        ['location', name, 'host'],
        output?.['writable'] === true
          ? 'lets others in the network write to the receiver, without a password'
          : 'lets others in the network follow where the gateway is, without a password',
      );
  }
  if (section(location, 'raw') && root['gnss'] === undefined)
    problem(['location', 'raw'], 'needs a gnss section: there is no receiver whose bytes could be passed on');
  if (location?.['moduleGnss'] === true && root['modem'] === undefined)
    problem(['location', 'moduleGnss'], 'needs a modem section');
  return found;
}

type Say = (path: readonly string[], message: string) => void;

function checkThingspace(thingspace: Section, root: Section, problem: Say, warning: Say): void {
  const mode = typeof thingspace['mode'] === 'string' ? thingspace['mode'] : '';
  const identity = section(thingspace, 'identity');
  if (mode === 'direct') {
    const missing = DIRECT.filter((key) => thingspace[key] === undefined);
    if (missing.length > 0) problem(['thingspace', 'mode'], `is direct, which needs ${missing.join(', ')}`);
    else if (thingspace['acceptAccountWideRisk'] !== true)
      problem(
        ['thingspace', 'mode'],
        'is direct: whoever reads this disk can then use every SIM of the account. Set acceptAccountWideRisk: true if this gateway is the only one, else take delegated or proxy',
      );
  } else if (mode === 'delegated' || mode === 'proxy') {
    const endpoint = mode === 'proxy' ? 'locateEndpoint' : 'tokenEndpoint';
    const missing = [
      ...(thingspace[endpoint] === undefined ? [endpoint] : []),
      ...(identity ? [] : ['identity (certFile and keyFile, or bearer)']),
    ];
    if (missing.length > 0) problem(['thingspace', 'mode'], `is ${mode}, which needs ${missing.join(' and ')}`);
    for (const key of ['key', 'secret', 'user', 'password'])
      if (thingspace[key] !== undefined)
        problem(['thingspace', key], `has no place on this device in mode ${mode}: remove the line and the file`);
  }
  if (identity) {
    if ((identity['certFile'] === undefined) !== (identity['keyFile'] === undefined))
      problem(['thingspace', 'identity'], 'certFile and keyFile belong together: give both or none');
    if (identity['certFile'] === undefined && identity['bearer'] === undefined)
      problem(['thingspace', 'identity'], 'needs certFile and keyFile, or bearer');
  }
  if (root['modem'] === undefined) {
    if ((thingspace['imei'] ?? 'auto') === 'auto')
      warning(['thingspace', 'imei'], 'is auto, but there is no modem section to ask: write the IMEI');
    if (mode !== 'proxy' && thingspace['mdn'] === undefined)
      warning(['thingspace', 'mdn'], 'is missing, and there is no modem section to ask: write the number of the SIM');
  }
}

function checkLosant(losant: Section, root: Section, problem: Say, warning: Say): void {
  const has = (key: string): boolean => losant[key] !== undefined;
  const enrol = section(losant, 'enrol');
  if (has('accessKey') !== has('accessSecret'))
    problem(
      ['losant', has('accessKey') ? 'accessKey' : 'accessSecret'],
      'accessKey and accessSecret belong together: give both or none',
    );
  if (has('accessKey') && !has('deviceId'))
    problem(['losant', 'accessKey'], 'needs a deviceId beside it: the device signs in under its id');
  if (!has('accessKey') && !has('applicationToken') && !enrol)
    problem(['losant'], 'needs accessKey and accessSecret, an applicationToken, or enrol');
  if (has('applicationToken') && !has('accessKey') && !enrol && losant['transport'] !== 'rest')
    problem(['losant', 'transport'], 'must be rest with an application token: it is not accepted over MQTT');
  if (!has('accessKey') && has('applicationToken') && !(has('applicationId') && has('deviceId')))
    problem(['losant', 'applicationToken'], 'needs applicationId and deviceId beside it');
  if (losant['transport'] === 'rest' && !has('applicationId') && !has('accessKey') && !enrol)
    problem(['losant', 'transport'], 'is rest, which needs applicationId');
  if (has('applicationToken') && has('accessKey'))
    warning(['losant', 'applicationToken'], 'has no effect beside accessKey: the narrower one is used');
  const ends = losant['applicationTokenExpires'];
  if (typeof ends === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(ends) && !isDay(ends))
    problem(['losant', 'applicationTokenExpires'], 'is not a day of the calendar');
  if (enrol) {
    if (enrol['mode'] === 'operator' && enrol['url'] === undefined)
      problem(['losant', 'enrol', 'mode'], 'is operator, which needs url');
    if (enrol['mode'] === 'application-token' && !has('applicationId'))
      problem(['losant', 'enrol', 'mode'], 'is application-token, which needs losant.applicationId');
    if (has('accessKey')) warning(['losant', 'enrol'], 'has no effect beside accessKey: the device is given');
    else if (root['modem'] === undefined)
      problem(['losant', 'enrol'], 'needs a modem section: a device is enrolled under the IMEI of its module');
    if (enrol['mode'] === 'application-token' && enrol['url'] !== undefined)
      warning(['losant', 'enrol', 'url'], 'has no effect in the mode application-token');
    const tags = enrol['tags'];
    if (Array.isArray(tags))
      for (const tag of tags as readonly unknown[])
        if (typeof tag === 'string' && !/^[0-9a-zA-Z_-]{1,255}=.{1,255}$/.test(tag))
          problem(['losant', 'enrol', 'tags'], 'must be of the form key=value; keys are letters, digits, _ and -');
  }
}
