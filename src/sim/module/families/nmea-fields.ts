// Fields of NMEA 0183 as the module's own receiver writes them.

const pad = (value: number): string => `${value}`.padStart(2, '0');

/** `ddmm.mmmm`, `degreeDigits` before the minutes; without its sign. */
export function nmeaAngle(deg: number, degreeDigits: number): string {
  const tenThousandths = Math.round(Math.abs(deg) * 600_000);
  const degrees = Math.floor(tenThousandths / 600_000);
  const minutes = (tenThousandths % 600_000) / 10_000;
  return `${`${degrees}`.padStart(degreeDigits, '0')}${minutes.toFixed(4).padStart(7, '0')}`;
}

/** `hhmmss.sss` of UTC. */
export function nmeaTime(utcMs: number): string {
  const at = new Date(utcMs);
  const milliseconds = `${at.getUTCMilliseconds()}`.padStart(3, '0');
  return `${[at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(pad).join('')}.${milliseconds}`;
}

/** `ddmmyy` of UTC. */
export function nmeaDate(utcMs: number): string {
  const at = new Date(utcMs);
  return [at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCFullYear() % 100].map(pad).join('');
}

/** With `$`, checksum and line end. */
export function sentence(body: string): string {
  let sum = 0;
  for (const char of body) sum ^= char.charCodeAt(0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}
