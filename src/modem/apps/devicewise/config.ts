// The app token inside the module (specs/devicewise.md 1.2): read, compare all nine parameters, write all nine only when
// one differs, read back. The module keeps them in its flash, so a write that does not show is not repeated. A changed
// token counts for the module's next connection, not for the one it has.
import { isWaymarkError, type Secret, WaymarkError } from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import { cmeOf, isTransientCme } from '../../codec/errors.js';
import { bodyOf, intOf } from '../../codec/fields.js';
import { type AtCommand, deviceWiseServer, deviceWiseToken, numeral } from '../../command.js';

/** The module's own client: what is written into it, and how it is driven. */
export interface DeviceWiseOptions {
  /** `host:port`. */
  server: string;
  deviceIdSelector: 0 | 1;
  /** As its file holds it now; undefined while there is none: then nothing is written. */
  appToken: Secret | undefined;
  security: 0 | 1;
  heartbeatSeconds: number;
  autoReconnect: 0 | 1 | 2 | 3;
  overflowHandling: 0 | 1;
  atrunInstanceId: number;
  serviceTimeoutSeconds: number;
  /** PEM text; the module is given its first certificate. Without it the module does not check the server. */
  ca?: string | undefined;
  /** The cloud may run AT commands on the module (default: no). */
  remoteAt?: boolean;
  /** How often the module is asked whether it is still connected (default 30). */
  pollSeconds?: number;
}

/** The nine parameters as texts, in order; the third is the token. */
export interface DeviceWiseParameters {
  readonly plain: readonly string[];
  readonly token: Secret;
}

/** What a module has: of its token only whether it is ours. */
export interface FoundParameters {
  readonly plain: readonly string[];
  readonly hasToken: boolean;
}

const COUNT = 9;
const TOKEN_AT = 2;
/** 65535: longer ones overflow the keepalive field of the module's own client. */
const MAX_HEARTBEAT = 65_535;

/** Checked and encoded. Errors: `modem.injection`. */
export function encodeDeviceWise(options: DeviceWiseOptions & { appToken: Secret }): DeviceWiseParameters {
  deviceWiseToken(options.appToken);
  return {
    plain: [
      deviceWiseServer(options.server, options.security),
      numeral(options.deviceIdSelector, 0, 1, 'deviceWise.deviceId'),
      '',
      numeral(options.security, 0, 1, 'deviceWise.security'),
      numeral(options.heartbeatSeconds, 10, MAX_HEARTBEAT, 'deviceWise.heartbeatSeconds'),
      numeral(options.autoReconnect, 0, 3, 'deviceWise.autoReconnect'),
      numeral(options.overflowHandling, 0, 1, 'deviceWise.overflow'),
      numeral(options.atrunInstanceId, 0, 4, 'deviceWise.atInstance'),
      numeral(options.serviceTimeoutSeconds, 1, 120, 'deviceWise.serviceTimeoutSeconds'),
    ],
    token: options.appToken,
  };
}

/** The command that writes all nine. Its shown form has no token. */
export function writeCommand(parameters: DeviceWiseParameters): AtCommand {
  const line = (token: string): string =>
    `AT#DWCFG=${parameters.plain.map((text, i) => (i === TOKEN_AT ? token : text)).join(',')}`;
  const token = deviceWiseToken(parameters.token);
  return { text: line(token), shown: line('[secret app-token]'), secrets: [token] };
}

/**
 * The answer of `AT#DWCFG?`; reserved parameters at its end are left out. Another token than `wanted` is no secret of
 * ours: remembered as one, whatever a module says would be cut out of every log line and status from then on.
 */
export function parseDwcfg(line: string, wanted: Secret | undefined): FoundParameters | undefined {
  const body = bodyOf(line, '#DWCFG');
  if (body === undefined || body.length > 1024) return undefined;
  const fields = body.split(',').map((text) => text.trim().replace(/^"|"$/g, ''));
  if (fields.length < COUNT) return undefined;
  const token = fields[TOKEN_AT] ?? '';
  return {
    plain: fields.slice(0, COUNT).map((text, i) => (i === TOKEN_AT ? '' : text)),
    hasToken: wanted?.is(token) === true,
  };
}

/** Equal as the module means it: numbers by value, host names without case, the token exactly. */
export function sameParameters(a: DeviceWiseParameters, b: FoundParameters): boolean {
  return (
    b.hasToken &&
    a.plain.every((text, i) => {
      const other = b.plain[i] ?? '';
      const number = intOf(text);
      return number === undefined ? text.toLowerCase() === other.toLowerCase() : number === intOf(other);
    })
  );
}

/** `no-token`: the module has the client, and there is nothing to tell it yet. */
export type AppTokenOutcome = 'unsupported' | 'no-token' | 'verified' | 'written';

/** Whether the module has the client; `unknown` until it has been asked. */
export type DeviceWiseSupport = 'unknown' | 'supported' | 'unsupported';

export interface EnsureOptions {
  signal?: AbortSignal | undefined;
  /** Instead of the configuration's: the one a rotation tries. */
  appToken?: Secret | undefined;
}

export interface AppTokenKeeper {
  support(): DeviceWiseSupport;
  /**
   * Makes the module's parameters those of the configuration. Errors: `modem.error` (refused or not kept),
   * `modem.injection`, `link.*`, `modem.timeout`.
   */
  ensure(run: AtChannel['run'], options: EnsureOptions): Promise<AppTokenOutcome>;
}

/** What tells one set of parameters from another, without its token. */
const keyOf = ({ plain, token }: DeviceWiseParameters): string => [token.fingerprint, ...plain].join(',');

/**
 * One per modem: remembers what was written, so that a module that forgets does not wear its flash out. Another token
 * than the one written last may be written, also the one before it: that is how a refused rotation is taken back.
 */
export function createAppTokenKeeper(deviceWise: DeviceWiseOptions, onWrite: () => void): AppTokenKeeper {
  let support: DeviceWiseSupport = 'unknown';
  let lastWritten: string | undefined;
  /** Written and found gone: never again before the next start. */
  const forgotten = new Set<string>();

  return {
    support: () => support,
    async ensure(run, { signal, appToken = deviceWise.appToken }) {
      const wanted = appToken && encodeDeviceWise({ ...deviceWise, appToken });
      const send = (command: string | AtCommand) => run(command, { signal });
      const read = async (): Promise<FoundParameters | undefined> => {
        const { lines } = await send({ text: 'AT#DWCFG?', shown: 'AT#DWCFG?' });
        return lines.map((each) => parseDwcfg(each, wanted?.token)).find((found) => found !== undefined);
      };
      let found: FoundParameters | undefined;
      try {
        // The read form is its own probe (docs/decisions/0003): which error an unknown command gets differs by family.
        found = await read();
      } catch (error) {
        const cme = cmeOf(error);
        // A module that is busy has not said that it does not know the command.
        if (!isWaymarkError(error, 'modem.error') || (cme !== undefined && isTransientCme(cme))) throw error;
        support = 'unsupported';
        return 'unsupported';
      }
      support = 'supported';
      if (!wanted) return 'no-token';
      const key = keyOf(wanted);
      if (found && sameParameters(wanted, found)) return 'verified';
      if (lastWritten === key) forgotten.add(key);
      if (forgotten.has(key))
        throw new WaymarkError('modem.error', 'AT#DWCFG: the module does not keep its parameters', {
          hint: 'The module forgets its deviceWISE settings: it is not written again until the next start.',
        });
      await send(writeCommand(wanted));
      lastWritten = key;
      onWrite();
      const after = await read();
      if (after && sameParameters(wanted, after)) return 'written';
      forgotten.add(key);
      throw new WaymarkError('modem.error', 'AT#DWCFG: the module reads back other parameters than were written');
    },
  };
}
