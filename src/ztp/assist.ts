// AssistNow's provisioning: the receiver itself is the device, named by its own UBX-SEC-UNIQID, and the answer is a
// chipcode that stays good (specs/ublox.md section 1.6). It is kept and never asked for on every start; another receiver,
// token or endpoint needs another one.
import { createHash } from 'node:crypto';
import { WaymarkError } from '../core/index.js';
import type { ChipcodeIdentity, Identity } from '../vault/index.js';
import type { ZtpService } from './call.js';
import type { ReceiverFrames } from './ports.js';
import {
  createServiceClient,
  type EnsureOptions,
  type ProvisionerDeps,
  type ProvisionSnapshot,
} from './provisioner.js';
import { assistRefusalOf } from './refusal.js';
import { encodeAssistRequest } from './request.js';
import { decodeAssistAnswer } from './response.js';

export interface AssistProvisionOptions {
  /** The endpoint, as the portal shows it beside the token. */
  url: string;
  /** PEM authorities trusted beside the built-in ones. */
  caPem?: readonly string[] | undefined;
  /** Both whole frames of the receiver that is there now; waits for one. */
  receiver: { whenIdentified(signal: AbortSignal): Promise<ReceiverFrames> };
}

export interface AssistProvisioner {
  /**
   * The chipcode of the receiver that is there now: the kept one where it was made for it, else a new one, however long
   * that takes. Rejects only as `patience` says.
   */
  ensure(options: EnsureOptions): Promise<ChipcodeIdentity>;
  /**
   * A new chipcode, because the service refuses the one there is. At most one a day: before that `ztp.budget`, with the
   * time left as `retryAfterMs`, whatever the patience.
   */
  renew(options: EnsureOptions & { reason: string }): Promise<ChipcodeIdentity>;
  status(): ProvisionSnapshot;
  /** Called after each change of the status; returns the unsubscribe. */
  onChange(callback: () => void): () => void;
}

/** `prove` is optional here: the proof of a chipcode is the first request for data, or none. */
export type AssistProvisionerDeps = Omit<ProvisionerDeps, 'prove'> & Partial<Pick<ProvisionerDeps, 'prove'>>;

export function createAssistProvisioner(
  deps: AssistProvisionerDeps,
  options: AssistProvisionOptions,
): AssistProvisioner {
  const client = createServiceClient({ prove: () => Promise.resolve(), ...deps }, assistNow(options));
  return {
    async ensure({ signal, patience }) {
      const receiver = receiverHash(await options.receiver.whenIdentified(signal));
      const kept = await client.kept(signal);
      if (kept?.shape === 'chipcode' && (kept.receiver === undefined || kept.receiver === receiver)) return kept;
      const reason = kept ? 'another receiver' : 'no chipcode for this receiver';
      return chipcodeOf(await client.renew({ signal, reason, ...(patience === undefined ? {} : { patience }) }));
    },
    async renew(request) {
      await client.kept(request.signal);
      const waitMs = client.renewalWaitMs();
      if (waitMs > 0)
        throw new WaymarkError('ztp.budget', 'a new chipcode is asked for at most once a day', {
          retryAfterMs: waitMs,
        });
      return chipcodeOf(await client.renew(request));
    },
    status: () => client.status(),
    onChange: (callback) => client.onChange(callback),
  };
}

function assistNow({ url, caPem, receiver }: AssistProvisionOptions): ZtpService {
  return {
    url,
    caPem,
    async encode(token, { signal }) {
      const frames = await receiver.whenIdentified(signal);
      return { body: encodeAssistRequest({ token, frames }), device: receiverHash(frames) };
    },
    decode: (body, { device }) => ({ ...decodeAssistAnswer(body), receiver: device }),
    accepts: (identity) => identity.shape === 'chipcode',
    refusal: assistRefusalOf,
  };
}

/** Tells receivers apart without keeping their unique id. */
const receiverHash = ({ secUniqid }: ReceiverFrames): string => createHash('sha256').update(secUniqid).digest('hex');

function chipcodeOf(identity: Identity): ChipcodeIdentity {
  if (identity.shape !== 'chipcode') throw new Error(`a chipcode was asked for, not ${identity.shape}`);
  return identity;
}
