// The simulated clouds judged by programs nobody here wrote: mosquitto_sub, curl and openssl must be installed.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds, type SimClouds } from '../../src/sim/clouds/index.js';
import { cutSpartn } from '../../src/sim/spartn.js';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. A missing program is a failure of the test. */
const run = (program: string, args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 25_000, maxBuffer: 4 << 20 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${program}: ${error.message}`));
      else resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });

let folder: string;
let clouds: SimClouds;
let strangers: SimClouds;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-interop-'));
  const start = (name: string): Promise<SimClouds> =>
    createSimClouds({ clock: createClock(), log: silentLogger, stateDir: join(folder, name) });
  [clouds, strangers] = [await start('ours'), await start('strangers')];
});
afterAll(async () => {
  await clouds[Symbol.asyncDispose]();
  await strangers[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('mosquitto_sub', () => {
  const subscribe = (identity: readonly string[], ...rest: string[]): Promise<Outcome> => {
    const { host, port } = clouds.description.pointperfect.mqtt;
    const where = ['-h', host, '-p', String(port), '--cafile', clouds.description.caFile, '-V', 'mqttv311'];
    return run('mosquitto_sub', [...where, ...identity, '-W', '20', ...rest]);
  };
  const identityOf = (whose: SimClouds): string[] => {
    const { clientId, certFile, keyFile } = whose.description.pointperfect.mqtt;
    return ['-i', clientId, '--cert', certFile, '--key', keyFile];
  };

  test('with the issued certificate it receives three messages of whole frames', async () => {
    const { code, stdout } = await subscribe(identityOf(clouds), '-t', '/pp/ip/eu', '-C', '3', '-F', '%x');
    expect(code).toBe(0);
    const messages = stdout.trim().split('\n');
    expect(messages).toHaveLength(3);
    for (const message of messages)
      expect(cutSpartn(Buffer.from(message, 'hex')).map((piece) => piece.is)).not.toContain('junk');
  });

  test('the key topic is retained and holds one UBX-RXM-SPARTNKEY frame', async () => {
    const { code, stdout } = await subscribe(identityOf(clouds), '-t', '/pp/ubx/0236/ip', '-C', '1', '-F', '%r %x');
    expect(code).toBe(0);
    expect(stdout.trim()).toMatch(/^1 b562023634000102[0-9a-f]{104}$/);
  });

  test('a path outside the account is denied', async () => {
    const { stdout, stderr } = await subscribe(identityOf(clouds), '-d', '-t', '/pp/Lb/eu', '-C', '1');
    expect(stdout).toContain('Subscribed (mid: 1): 128');
    expect(stderr).toContain('All subscription requests were denied');
  });

  test('without a certificate it is refused at the handshake', async () => {
    const { code, stdout, stderr } = await subscribe([], '-d', '-t', '/pp/ip/eu', '-C', '1');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/alert handshake failure|certificate required/);
    expect(stdout).not.toContain('CONNACK');
  });

  test('with a foreign certificate it is refused at the handshake', async () => {
    const { code, stdout, stderr } = await subscribe(identityOf(strangers), '-d', '-t', '/pp/ip/eu', '-C', '1');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('alert unknown ca');
    expect(stdout).not.toContain('CONNACK');
  });

  test('with another client id than the certificate’s it gets no CONNACK', async () => {
    const identity = identityOf(clouds).map((arg, i, all) => (all[i - 1] === '-i' ? 'somebody-else' : arg));
    const { code, stdout } = await subscribe(identity, '-d', '-t', '/pp/ip/eu', '-C', '1');
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('CONNACK');
  });
});

describe('openssl s_client', () => {
  /** Ends by itself once the far side has ended the connection; `-ign_eof` keeps it reading until then. */
  const handshake = (identity: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const { host, port } = clouds.description.pointperfect.mqtt;
      const at = ['-connect', `${host}:${port}`, '-CAfile', clouds.description.caFile, '-ign_eof'];
      const child = spawn('openssl', ['s_client', ...at, ...identity], { timeout: 20_000 });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
      child.on('error', reject);
      child.on('close', () => resolve(text));
    });

  test('a foreign certificate draws alert 48', async () => {
    const { certFile, keyFile } = strangers.description.pointperfect.mqtt;
    expect(await handshake(['-cert', certFile, '-key', keyFile])).toContain('SSL alert number 48');
  });

  test('no certificate draws alert 40', async () => {
    expect(await handshake([])).toContain('SSL alert number 40');
  });

  test('both servers’ certificates verify for localhost and 127.0.0.1', async () => {
    for (const port of [clouds.ztp.door.port, clouds.broker.door.port]) {
      for (const check of [
        ['-verify_hostname', 'localhost'],
        ['-verify_ip', '127.0.0.1'],
      ] as const) {
        const { certFile, keyFile } = clouds.description.pointperfect.mqtt;
        const at = ['-connect', `127.0.0.1:${port}`, '-CAfile', clouds.description.caFile, ...check];
        const { stdout } = await run('openssl', ['s_client', ...at, '-cert', certFile, '-key', keyFile]);
        expect(stdout).toContain('Verify return code: 0 (ok)');
      }
    }
  });
});

describe('curl against the provisioning service', () => {
  interface Answer {
    status: number;
    body: string;
  }
  const curl = async (...args: string[]): Promise<Answer> => {
    const { url } = clouds.description.ztp;
    const base = ['-sS', '--max-time', '20', '--cacert', clouds.description.caFile, '-w', '\n%{http_code}'];
    const { code, stdout, stderr } = await run('curl', [...base, ...args, url]);
    expect([code, stderr]).toEqual([0, '']);
    const at = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
  };
  const JSON_TYPE = ['-H', 'Content-Type: application/json'];
  const post = (changes: Record<string, unknown> = {}, ...args: string[]): Promise<Answer> => {
    const body = { token: clouds.description.ztp.token, hardwareId: 'curl', tags: ['ztp'], ...changes };
    // The token stays off the command line.
    const file = join(folder, 'body.json');
    writeFileSync(file, JSON.stringify(body), { mode: 0o600 });
    return curl(...(args.length > 0 ? args : JSON_TYPE), '--data-binary', `@${file}`);
  };
  const refusal = (status: number, text: string): Answer => ({ status, body: JSON.stringify({ errors: [text] }) });
  const clientIdOf = (answer: Answer): string => (JSON.parse(answer.body) as { clientId: string }).clientId;

  beforeEach(() => {
    clouds.ztp.clearFaults();
    clouds.ztp.configure({ plan: 'mqtt', existing: 'return-existing', allowList: undefined, incompleteAnswers: 0 });
  });

  test('a valid token gets 200, and the same client id again', async () => {
    const [first, second] = [await post(), await post()];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(clientIdOf(second)).toBe(clientIdOf(first));
  });

  test('the ntrip plan gets rtcmCredentials', async () => {
    clouds.ztp.configure({ plan: 'ntrip' });
    const answer = await post();
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      rtcmCredentials: { httpPort: String(clouds.description.pointperfect.ntrip.port) },
    });
  });

  test('an upper-case token is 422', async () => {
    const token = clouds.description.ztp.token.toUpperCase();
    expect(await post({ token })).toEqual(refusal(422, 'token invalid token format'));
  });

  test('a token that is no UUID is 422', async () => {
    expect(await post({ token: 'nonsense' })).toEqual(refusal(422, 'token invalid token format'));
  });

  test('an unknown token is 401', async () => {
    const token = '01234567-89ab-cdef-0123-456789abcdef';
    expect(await post({ token })).toEqual(refusal(401, 'unknown token'));
  });

  test('a known hardware code with action "error" is 403', async () => {
    await post();
    clouds.ztp.configure({ existing: 'error' });
    expect(await post()).toEqual(refusal(403, 'Device already registered'));
  });

  test('a deactivated Thing is 403', async () => {
    const id = clientIdOf(await post());
    clouds.ztp.setActive('curl', false);
    expect(await post()).toEqual(refusal(403, `No plan for device device:${id}`));
    clouds.ztp.setActive('curl', true);
  });

  test('a hardware code outside the allow list is 403', async () => {
    clouds.ztp.configure({ allowList: ['other'] });
    expect(await post()).toEqual(refusal(403, 'Device hardware code not whitelisted'));
  });

  test('a missing hardware code is 422', async () => {
    expect(await post({ hardwareId: undefined })).toEqual(refusal(422, 'hardwareId is required'));
  });

  test('a chunked body is 411', async () => {
    const answer = await post({}, ...JSON_TYPE, '-H', 'Transfer-Encoding: chunked');
    expect(answer).toEqual(refusal(411, 'length required'));
  });

  test('another content type is 415', async () => {
    const answer = await post({}, '-H', 'Content-Type: text/plain');
    expect(answer).toEqual(refusal(415, 'content type must be application/json'));
  });

  test('GET is 405', async () => {
    expect(await curl()).toEqual(refusal(405, 'method not allowed'));
  });

  test('a fault with Retry-After shows both', async () => {
    clouds.ztp.pushFault({ is: 'status', status: 503, body: 'busy', retryAfter: '120' });
    const answer = await post({}, ...JSON_TYPE, '-D', '-');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatch(/retry-after: 120\r\n/i);
    expect(answer.body).toMatch(/busy$/);
  });
});
