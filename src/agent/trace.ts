// The AT dialogue of the last minutes, for people who watch. What a module says is foreign text: every line is scrubbed
// of secrets and of whatever a terminal would obey, here once more, whoever made it.
import { type Clock, escapeControls, maskIdentifier, scrubber } from '../core/index.js';
import type { TraceLine } from '../status/index.js';

/** Longer lines are cut and say so. */
const MAX_LINE = 1000;
const CUT_ROOM = 24;
/** Answers with user and password of an access point: nothing behind the context is shown. */
const LOGIN_ANSWER = /([+#](?:CGAUTH|UAUTHREQ|PDPAUTH|QICSGP|UPSD)\s*:\s*\d{1,3}\s*,)(?!\[secret)[^\r\n]+/gi;
/** IMEI, IMSI and ICCID, also as a card file has them. */
const IDENTIFIER = /(?<![0-9A-Za-z])\d{14,22}F{0,2}(?![0-9A-Za-z])/gi;
/** Tabs and line ends may pass in a log; here one entry is one line. */
const LINE_BREAKS = /[\t\n]/g;

/** Text of a module as it may be shown on one line of a terminal. */
export function shownText(text: string): string {
  const clean = scrubber.scrub(text).replace(LOGIN_ANSWER, '$1[secret]');
  const safe = escapeControls(clean).replace(LINE_BREAKS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (safe.length <= MAX_LINE) return safe;
  const kept = MAX_LINE - CUT_ROOM;
  return `${safe.slice(0, kept)}… (${safe.length - kept} more)`;
}

export interface Trace {
  push(direction: '>' | '<', line: string): void;
  /** What was said lately, and from now on each line as it comes. */
  follow(onLine: (line: TraceLine) => void): { recent: readonly TraceLine[]; stop(): void };
}

export interface TraceOptions {
  clock: Clock;
  /** So many lines are kept for whoever comes later (default 200). */
  capacity?: number;
  /** IMEI, IMSI and ICCID in full; otherwise their last four characters, because traces are sent around. */
  showIdentifiers?: boolean;
}

export function createTrace({ clock, capacity = 200, showIdentifiers = false }: TraceOptions): Trace {
  const lines: TraceLine[] = [];
  const followers = new Set<(line: TraceLine) => void>();
  return {
    push(direction, text) {
      const shown = shownText(text);
      const line: TraceLine = {
        atMs: clock.wall(),
        direction,
        text: showIdentifiers ? shown : shown.replace(IDENTIFIER, maskIdentifier),
      };
      lines.push(line);
      if (lines.length > capacity) lines.shift();
      for (const follower of [...followers]) follower(line);
    },
    follow(onLine) {
      // The same function may follow twice: each has an entry of its own.
      const follower = (line: TraceLine): void => onLine(line);
      followers.add(follower);
      return { recent: [...lines], stop: () => void followers.delete(follower) };
    },
  };
}
