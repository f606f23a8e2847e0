// What provisioning has brought, in plain words. Nothing of it is secret, and identifiers are cut already.
import { oneLine } from '../core/index.js';
import { cureLines, duration, type StatusSnapshot } from '../status/index.js';
import { labelled } from './labelled.js';

type IdentityView = StatusSnapshot['identity'];

const SOURCE_WORDS: Readonly<Record<IdentityView['source'], string>> = {
  ztp: 'provisioned by the service (ZTP)',
  files: 'the files that the configuration names',
  ucenter: 'the u-center file that the configuration names',
  none: 'none is configured',
};

/** What the machine of provisioning is doing (src/ztp/provision.ts). */
const STATE_WORDS: Readonly<Record<string, string>> = {
  need: 'to be asked for',
  ask: 'the service is asked',
  stage: 'a new one has come',
  prove: 'a new one is tried on a real connection',
  promote: 'a new one takes the place of the one before',
  have: 'in force',
};

const SHAPE_WORDS: Readonly<Record<string, string>> = {
  keys: 'certificate and key, for MQTT',
  ntrip: 'user and password of a caster, for NTRIP',
  chipcode: 'chip code, for AssistNow',
};

const day = (iso: string | undefined): string | undefined => iso?.slice(0, 10);

/** True while there is an identity to work with. */
export const hasIdentity = ({ identity }: StatusSnapshot): boolean => identity.shape !== undefined;

function nextWords({ reason, nextInMs }: IdentityView): string | undefined {
  if (reason === undefined || nextInMs === undefined) return undefined;
  return `tried again in ${duration(nextInMs)}`;
}

/** Several lines ending in a newline. */
export function describeIdentity({ identity, lamps }: StatusSnapshot): string {
  const { shape, host, port } = identity;
  if (identity.source === 'none')
    return 'No identity is configured: add a ztp section (or identity) to the configuration; a caster of your own (corrections.ntrip.host) needs none.\n';
  const message = lamps.find(({ name }) => name === 'identity')?.message;
  const isTrouble = identity.reason !== undefined;
  const lines = [
    oneLine(
      `Identity: ${shape === undefined ? (STATE_WORDS[identity.state] ?? identity.state) : (SHAPE_WORDS[shape] ?? shape)}`,
    ),
    ...labelled('from', SOURCE_WORDS[identity.source]),
    ...(shape === undefined ? [] : labelled('state', STATE_WORDS[identity.state] ?? identity.state)),
    ...labelled('host', host === undefined ? undefined : `${host}${port === undefined ? '' : `:${port}`}`),
    ...labelled('mountpoint', identity.mountPoint),
    ...labelled('topics', identity.topicCount === undefined ? undefined : `${identity.topicCount}`),
    ...labelled('client id', identity.clientId),
    ...labelled('certificate', identity.certificateExpiresAt && `until ${day(identity.certificateExpiresAt) ?? ''}`),
    ...labelled('keys', identity.keyExpiresAt && `until ${day(identity.keyExpiresAt) ?? ''}`),
    ...labelled('hardware id', identity.hardwareId),
    ...labelled('calls', identity.source === 'ztp' ? `${identity.ztpCallsToday} of 4 within a day` : undefined),
    ...(isTrouble ? labelled('trouble', `${message ?? 'the last try failed'} [${identity.reason ?? ''}]`) : []),
    ...(isTrouble && identity.hint !== undefined ? cureLines('      ', identity.hint, identity.reason) : []),
    ...labelled('next', nextWords(identity)),
  ];
  return `${lines.join('\n')}\n`;
}
