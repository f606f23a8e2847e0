// How long each command may take (specs/modem.md 1.6, reliability.md 2.3): ceilings, not hopes. A time-out costs a
// resync, so it must mean that something is wrong.

const READ_MS = 5000;

/** First match wins; matched against the command text without its line end. */
const LIMITS: readonly [RegExp, number][] = [
  [/^AT$/i, 1000],
  [/^AT[EVQZ&S]/i, 2000],
  [/^AT\+COPS=\?/i, 200_000],
  [/^AT\+COPS=/i, 180_000],
  [/^AT(?:\+CGATT|\+CGACT|\+CGDATA)=/i, 150_000],
  [/^AT#SGACT=/i, 180_000],
  [/^AT\+CFUN=/i, 30_000],
  [/^AT(?:#REBOOT|#SHDN|#SYSHALT)/i, 40_000],
  [/^AT\+CPIN\?/i, 10_000],
  [/^AT\+C(?:|G|E|5G)REG\?/i, 10_000],
  [/^AT(?:\+CRSM|\+CSIM|[+#]CCID|\+Q?C?ICCID|\+QCCID|\+CIMI)/i, 20_000],
  [/^AT#DWCONN=/i, 35_000],
  [/^AT(?:#DWSTATUS|#DWSEND)/i, 15_000],
  [/^AT#DWCFG=/i, 10_000],
  // The module's own receiver starts and stops in up to half a minute.
  [/^AT\+UGPS=/i, 40_000],
  [/^AT(?:\$GPSP=|\+QGPS=|\+QGPSEND|\+CGPS=)/i, 15_000],
  [/^AT\+UGSRV=/i, 10_000],
  [/^AT\+ULOC=\d/i, 15_000],
  [/^AT#SSENDEXT=/i, 15_000],
  [/^AT#SD=/i, 140_000],
  [/^AT#SH=/i, 10_000],
];

/** The time `command` may take, ms. */
export function commandLimitMs(command: string): number {
  for (const [pattern, ms] of LIMITS) if (pattern.test(command)) return ms;
  return READ_MS;
}
