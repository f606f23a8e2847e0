// PointPerfect's provisioning: the device is named by a hardware id, the answer is a certificate with topics or an NTRIP
// account (specs/ublox.md sections 1.2 to 1.5).
import { abortable } from '../core/index.js';
import type { ZtpService } from './call.js';
import type { Remembered } from './memory.js';
import { createServiceClient, type Provisioner, type ProvisionerDeps } from './provisioner.js';
import { refusalOf } from './refusal.js';
import { isPreferred } from './renewal.js';
import { encodeZtpRequest } from './request.js';
import { decodeZtpAnswer, type ShapePreference } from './response.js';

export interface ProvisionOptions {
  /** The endpoint, as the portal shows it beside the token. */
  url: string;
  givenName?: string | undefined;
  tags: readonly string[];
  /** PEM authorities trusted beside the built-in ones. */
  caPem?: readonly string[] | undefined;
  /** A text is the user's word; a function makes a choice that is then kept for good. */
  hardwareId: string | (() => Promise<string>);
  /** The way of delivery that is wanted (default `auto`): an identity for the other one is not used. */
  prefer?: ShapePreference | undefined;
}

/** The client for PointPerfect; its identities are of shape `keys` or `ntrip`. */
export function createProvisioner(deps: ProvisionerDeps, options: ProvisionOptions): Provisioner {
  return createServiceClient(deps, pointPerfect(options));
}

function pointPerfect(options: ProvisionOptions): ZtpService {
  const { url, caPem, givenName, tags, prefer = 'auto' } = options;
  return {
    url,
    caPem,
    async encode(token, { memory, signal }) {
      const hardwareId = await keptHardwareId(memory, options.hardwareId, signal);
      return {
        body: encodeZtpRequest({ token, hardwareId, givenName, tags }),
        device: hardwareId,
        // A plan refused for being of the wrong kind must not hold back who no longer asks for that kind.
        ...(prefer === 'auto' ? {} : { variant: prefer }),
      };
    },
    decode: (body) => decodeZtpAnswer(body, { prefer }),
    accepts: (identity) => isPreferred(identity, prefer),
    refusal: refusalOf,
  };
}

async function keptHardwareId(
  memory: Remembered,
  choice: ProvisionOptions['hardwareId'],
  signal: AbortSignal,
): Promise<string> {
  if (typeof choice === 'string') return choice;
  const kept = (await memory.load()).hardwareId;
  if (kept !== undefined) return kept;
  const chosen = await abortable(choice(), signal);
  await memory.change((m) => ({ ...m, hardwareId: chosen }));
  return chosen;
}
