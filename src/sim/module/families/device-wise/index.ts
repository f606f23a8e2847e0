// The module's own deviceWISE client, as its AT commands show it.
import type { CommandSpec, CommandTable, Handler } from '../../command.js';
import { CONNECTION_COMMANDS } from './connection.js';
import { MESSAGE_COMMANDS } from './messages.js';
import { SETTINGS_COMMANDS } from './settings.js';
import { TLS_COMMANDS } from './tls.js';

export { createDeviceWiseClient, type DeviceWiseClient } from './client.js';

/** A module without the client knows none of its commands. */
function onlyWithClient(name: string, spec: CommandSpec): CommandSpec {
  const guard =
    (handler: Handler): Handler =>
    (context, args, text) =>
      context.state.deviceWise.knobs.hasClient ? handler(context, args, text) : context.family.unknownCommand;
  const { exec, read, set, test } = spec;
  const ranges: Handler = ({ info }) => {
    if (test !== '') info(`${name}: ${test as string}`);
    return 'OK';
  };
  return {
    ...spec,
    ...(exec ? { exec: guard(exec) } : {}),
    ...(read ? { read: guard(read) } : {}),
    ...(set ? { set: guard(set) } : {}),
    ...(test === undefined ? {} : { test: guard(typeof test === 'function' ? test : ranges) }),
  };
}

const CLIENT_COMMANDS: CommandTable = { ...SETTINGS_COMMANDS, ...CONNECTION_COMMANDS, ...MESSAGE_COMMANDS };

export const DEVICE_WISE_COMMANDS: CommandTable = {
  ...Object.fromEntries(Object.entries(CLIENT_COMMANDS).map(([name, spec]) => [name, onlyWithClient(name, spec)])),
  ...TLS_COMMANDS,
};
