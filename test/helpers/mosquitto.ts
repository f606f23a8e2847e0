// Debian's mosquitto as somebody's broker, and mosquitto_sub as the judge of what is said there.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type Authority, createAuthority } from './pki.js';
import { eventually } from './scenario.js';

export interface Mosquitto extends AsyncDisposable {
  /** With TLS and a password, or only a certificate of `authority`; `host:port`. */
  readonly address: string;
  readonly caFile: string;
  readonly authority: Authority;
  readonly user: string;
  readonly password: string;
  /** In the clear, for everybody. */
  readonly plainPort: number;
  /** Follows these topics; each message as it came. */
  follow(topic: string): Follower;
}

export interface Told {
  isRetained: boolean;
  topic: string;
  payload: string;
}

export interface Follower extends Disposable {
  readonly messages: readonly Told[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('close', () => resolve());
  });

export async function startMosquitto(
  dir: string,
  { wants = 'password' }: { wants?: 'password' | 'certificate' } = {},
): Promise<Mosquitto> {
  const authority = await createAuthority();
  const { cert, key } = await authority.issue({ name: 'localhost', hosts: ['localhost'] });
  const at = (name: string): string => join(dir, name);
  writeFileSync(at('broker-ca.pem'), authority.ca);
  writeFileSync(at('broker.pem'), cert);
  writeFileSync(at('broker.key'), key);
  const [user, password] = ['gateway', 'fleet-test-Passw0rd'];
  execFileSync('mosquitto_passwd', ['-b', '-c', at('users'), user, password], { stdio: 'ignore' });
  const [port, plainPort] = [await freePort(), await freePort()];
  writeFileSync(
    at('mosquitto.conf'),
    [
      'per_listener_settings true',
      'persistence false',
      // Started by root it would give that up, and could then not read its own files here.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      ...(wants === 'password'
        ? [`password_file ${at('users')}`]
        : ['require_certificate true', 'use_identity_as_username true']),
      `cafile ${at('broker-ca.pem')}`,
      `certfile ${at('broker.pem')}`,
      `keyfile ${at('broker.key')}`,
      `listener ${plainPort} 127.0.0.1`,
      'allow_anonymous true',
      '',
    ].join('\n'),
  );
  const child = spawn('mosquitto', ['-c', at('mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  await eventually('mosquitto is there', async () => {
    if (child.exitCode !== null) throw new Error(`mosquitto ended: ${said}`);
    return (await isOpen(port)) && (await isOpen(plainPort));
  });
  const followers = new Set<ChildProcess>();
  return {
    address: `localhost:${port}`,
    caFile: at('broker-ca.pem'),
    ...{ authority, user, password, plainPort },
    follow(topic) {
      const follower = spawn(
        'mosquitto_sub',
        ['-h', '127.0.0.1', '-p', String(plainPort), '-t', topic, '-q', '1', '-F', '%r\t%t\t%p'],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      followers.add(follower);
      const messages: Told[] = [];
      let rest = '';
      follower.stdout.setEncoding('utf8').on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const [retained, name = '', payload = ''] = line.split('\t');
          messages.push({ isRetained: retained === '1', topic: name, payload });
        }
      });
      return { messages, [Symbol.dispose]: () => void follower.kill('SIGKILL') };
    },
    async [Symbol.asyncDispose]() {
      for (const process of [...followers, child]) process.kill('SIGKILL');
      await Promise.all([...followers, child].map(ended));
    },
  };
}
