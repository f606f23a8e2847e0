// Where the caster's bytes come from: generated corrections for one rover, or a recording everybody listens to, and the
// assistance data of the -MGA mountpoints.
import type { Clock } from '../../core/index.js';
import { type CorrectionStream, createCorrectionStream } from '../cadence.js';
import { createMgaGenerator } from '../mga.js';
import { createRtcmStream } from '../rtcm-stream.js';
import type { GgaPosition } from './caster-request.js';
import type { CasterSettings, MountPoint } from './caster-settings.js';

export interface CasterSource {
  /** Sends whole frames, the first ones at once. Returns the stop. */
  start(emit: (bytes: Uint8Array) => void): () => void;
}

export interface CasterSources {
  corrections(mountPoint: MountPoint, rover: GgaPosition, settings: CasterSettings): CasterSource;
  /** Time first, then live GPS and Galileo ephemerides. */
  assistance(): Uint8Array;
}

/** One stream for all who listen: it runs while anybody does. */
function shared(stream: CorrectionStream): CasterSource {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let stop: (() => void) | undefined;
  return {
    start(emit) {
      listeners.add(emit);
      stop ??= stream.start(({ payload }) => {
        for (const listener of [...listeners]) listener(payload);
      });
      return () => {
        listeners.delete(emit);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

/** `recorded`: plays on NEAR-SPARTN instead of the generated stream. */
export function createCasterSources(
  deps: { clock: Clock },
  options: { seed: string; recorded?: CorrectionStream },
): CasterSources {
  const { clock } = deps;
  const { seed } = options;
  const recording = options.recorded && shared(options.recorded);
  const mga = createMgaGenerator({ seed });
  const spartn = (): CasterSource => {
    const stream = createCorrectionStream({ clock, seed: `${seed}/ntrip` });
    return { start: (emit) => stream.start(({ payload }) => emit(payload)) };
  };
  return {
    corrections(mountPoint, { latitudeDeg, longitudeDeg, altitudeM }, { rtcmPeriodS, station }) {
      if (mountPoint === 'NEAR-SPARTN') return recording ?? spartn();
      const rover = { latitudeDeg, longitudeDeg, heightM: altitudeM };
      return createRtcmStream({ clock }, { seed, rover, periodS: rtcmPeriodS, station });
    },
    assistance() {
      const now = clock.wall();
      return Buffer.concat([mga.iniTimeUtc(now), ...mga.live(now, ['gps', 'gal'])]);
    },
  };
}
