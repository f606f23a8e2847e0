// Who this gateway is to its correction service: a versioned union, because the provisioning service answers in three
// shapes (specs/ublox.md sections 1.3, 1.4, 1.6). Secret members are Secrets; the vault writes them 0600.
import type { Secret } from '../core/index.js';

/** A SPARTN decryption key. Times are ms since 1970 UTC as ZTP and the key topic give them. */
export interface SpartnKey {
  startUtcMs: number;
  durationMs: number;
  /** 32 hex digits. */
  value: Secret;
}

/** MQTT plan: certificate, topics and keys. */
export interface KeysIdentity {
  shape: 'keys';
  version: 1;
  clientId: string;
  /** PEM. */
  certificate: string;
  privateKey: Secret;
  host: string;
  port: number;
  /** Every single topic the account may subscribe to, already split at `;`. */
  topics: readonly string[];
  keys: { current?: SpartnKey; next?: SpartnKey };
  supports: { ip: boolean; lband: boolean };
  /** PEM authorities that came with it (u-center file); the configured ones win. */
  caPem?: string;
}

/** NTRIP plan. */
export interface NtripIdentity {
  shape: 'ntrip';
  version: 1;
  host: string;
  port: number;
  tlsPort?: number;
  userName: string;
  password: Secret;
  mountPoint: string;
}

/** AssistNow. */
export interface ChipcodeIdentity {
  shape: 'chipcode';
  version: 1;
  chipcode: Secret;
  serviceUrl: string;
  allowedData: readonly string[];
  /** SHA-256 (hex) of the UBX-SEC-UNIQID frame of the receiver it was issued for. */
  receiver?: string;
}

export type Identity = KeysIdentity | NtripIdentity | ChipcodeIdentity;
