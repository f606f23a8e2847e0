// Zero touch provisioning: from a token to a proved identity.
export type { CallOptions } from './call.js';
export { ztpMemoryCodec } from './memory.js';
export type {
  IdentityStore,
  MemoryStore,
  Prove,
  TokenLease,
  TokenOutcome,
  TokenSource,
  ZtpHttp,
  ZtpMemory,
} from './ports.js';
export { nextProvision, type ProvisionEffect, type ProvisionEvent, type ProvisionState } from './provision.js';
export * from './provisioner.js';
export { isProofRefused, refusalOf, type SetbackKind, setbackKind } from './refusal.js';
export { isUsable, renewAtUtcMs } from './renewal.js';
export { encodeZtpRequest, requestHash, type ZtpRequest } from './request.js';
export { decodeZtpAnswer, MAX_ANSWER_BYTES } from './response.js';
