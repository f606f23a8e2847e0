// curl as a person would use it to see what a service answers. Addresses may hold tokens: they go in by standard input,
// so that they stand on no command line.
import { spawn } from 'node:child_process';

export interface CurlAnswer {
  /** curl's own: 0, or for example 18 when the answer ended before its Content-Length. */
  exit: number;
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** One character a byte. */
  body: string;
}

const HEAD_END = '\r\n\r\n';
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** `GET url`, or a `POST` of `body`. */
export function curl(
  caFile: string,
  url: string,
  options: { body?: string; headers?: readonly string[]; method?: string } = {},
): Promise<CurlAnswer> {
  const lines = [
    ['url', url],
    ['cacert', caFile],
    ['max-time', '20'],
    ...(options.headers ?? []).map((header) => ['header', header]),
    ...(options.body === undefined ? [] : [['data-binary', options.body]]),
    ...(options.method === undefined ? [] : [['request', options.method]]),
  ].map(([name = '', value = '']) => `${name} = ${quoted(value)}`);
  return new Promise((resolve, reject) => {
    const child = spawn('curl', ['-sS', '-i', '-K', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(parts).toString('latin1');
      const at = text.indexOf(HEAD_END);
      const [first = '', ...rest] = text.slice(0, Math.max(0, at)).split('\r\n');
      resolve({
        exit: code ?? -1,
        status: Number(first.split(' ')[1] ?? 0),
        headers: Object.fromEntries(
          rest.map((line) => {
            const colon = line.indexOf(':');
            return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
          }),
        ),
        body: text.slice(at + HEAD_END.length),
      });
    });
    child.stdin.end(`${lines.join('\n')}\n`);
  });
}
