// A module that means harm: it steers terminals, floods, and repeats secrets.
import type { Behaviour, BehaviourIo } from '../../src/sim/index.js';

export const SECRETS = ['Dw7-stolen-Tkn', 'hunter2-pass', '73914826', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'];

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export const HARM: readonly string[] = [
  '\u001b[2J\u001b[H',
  '\u001b]0;pwned\u0007',
  '\u009b31m',
  '\u0090q#0\u009c',
  '\u0007\u0008\u007f\u000b\u000c\u000e',
  utf8('\u202eevil\u202c\u2066x\u2069\u200f\u061c'),
  utf8('\u009b5m'),
  'tab\there',
];

const LINES: readonly string[] = [
  ...HARM,
  `#DWCFG: api.example.org:8883,0,${SECRETS[0]}`,
  `+CGAUTH: 1,1,"user","${SECRETS[1]}"`,
  `AT+CPIN="${SECRETS[2]}"`,
  `-----BEGIN PRIVATE KEY-----${SECRETS[3]}-----END PRIVATE KEY-----`,
  'x'.repeat(10_000),
  `${'y'.repeat(3000)}${HARM[0]}`,
];

/** Answers every question with harm before the right answer, and says harm by itself ten times a second. */
export function hostile(): Behaviour {
  const harm = (io: BehaviourIo): void => {
    for (const line of LINES) io.raw(bytes(`\r\n${line}\r\n`));
  };
  return {
    line(line, io) {
      const body = line.slice(2).toUpperCase();
      if (/^\+(?:CGMM|CGMR)$/.test(body)) io.raw(bytes(`\r\nLE910${HARM.join('')}\r\n`));
      else if (body === '+COPS?') io.raw(bytes(`\r\n+COPS: 0,0,"Evil${HARM.join('')}",7\r\n`));
      else if (body === '+CGDCONT?') io.raw(bytes(`\r\n+CGDCONT: 9,"IP","apn${HARM.join('')}"\r\n`));
      else if (body.startsWith('+')) harm(io);
      return false;
    },
    attach(io) {
      let timer = io.clock.after(50, function tick() {
        harm(io);
        timer = io.clock.after(100, tick);
      });
      return () => timer.cancel();
    },
  };
}
