// Put in by the build; sources run unbuilt in tests say so.
declare const __WAYMARK_VERSION__: string | undefined;
declare const __WAYMARK_BUILD_TIME_MS__: number | undefined;

export const version: string = typeof __WAYMARK_VERSION__ === 'string' ? __WAYMARK_VERSION__ : '0.0.0-source';

/** No good clock shows a time before this, ms since 1970 UTC. */
export const buildTimeMs: number =
  typeof __WAYMARK_BUILD_TIME_MS__ === 'number' ? __WAYMARK_BUILD_TIME_MS__ : Date.UTC(2026, 0, 1);
