// Zero touch provisioning: from a token to a proved identity.
export * from './assist.js';
export { ztpMemoryCodec } from './memory.js';
export * from './pointperfect.js';
export type {
  IdentityStore,
  MemoryStore,
  Prove,
  ReceiverFrames,
  TokenLease,
  TokenOutcome,
  TokenSource,
  ZtpHttp,
  ZtpMemory,
} from './ports.js';
export { nextProvision, type ProvisionEffect, type ProvisionEvent, type ProvisionState } from './provision.js';
export type { EnsureOptions, Provisioner, ProvisionerDeps, ProvisionSnapshot } from './provisioner.js';
export { assistRefusalOf, isProofRefused, refusalOf, type SetbackKind, setbackKind } from './refusal.js';
export { isPreferred, isUsable, keysEndUtcMs } from './renewal.js';
export { encodeAssistRequest, encodeZtpRequest, requestHash, type ZtpRequest } from './request.js';
export { decodeAssistAnswer, decodeZtpAnswer, MAX_ANSWER_BYTES, type ShapePreference } from './response.js';
export { MAX_UCENTER_BYTES, parseUcenterConfig } from './ucenter.js';
