// What the simulated receiver counts, for tests and for `state`. Counters go on over restarts.

export interface ReceiverCounters {
  /** On the wire, before anything is lost. */
  bytesIn: number;
  bytesOut: number;
  /** Lost by the `swallowBytes` fault. */
  swallowedBytes: number;
  /** Lost because the input buffer was full. */
  droppedBytes: number;
  ubxIn: number;
  spartnIn: number;
  rtcmIn: number;
  mgaIn: number;
  /** Correction frames by what became of them; only those that were heard count here. */
  used: number;
  unused: number;
  notDecrypted: number;
  crcErrors: number;
  /** Bytes outside any frame. */
  otherBytes: number;
  correctionBytes: number;
  restarts: number;
  /** How often a first fix was reached. */
  fixes: number;
}

export function createCounters(): ReceiverCounters {
  return {
    bytesIn: 0,
    bytesOut: 0,
    swallowedBytes: 0,
    droppedBytes: 0,
    ubxIn: 0,
    spartnIn: 0,
    rtcmIn: 0,
    mgaIn: 0,
    used: 0,
    unused: 0,
    notDecrypted: 0,
    crcErrors: 0,
    otherBytes: 0,
    correctionBytes: 0,
    restarts: 0,
    fixes: 0,
  };
}
