// From a token file to corrections, over real sockets, with the real vault and the real credential.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, Secret, silentLogger } from '../../src/core/index.js';
import { openSession } from '../../src/mqtt/index.js';
import { connectTls, createHttpsClient } from '../../src/net/index.js';
import { createMqttCorrections, proveByConnect } from '../../src/services/index.js';
import { createCredential, identityCodec, type KeysIdentity, openVault } from '../../src/vault/index.js';
import { createProvisioner, ztpMemoryCodec } from '../../src/ztp/index.js';
import { createAuthority } from '../helpers/pki.js';
import { aedesBroker, tcp } from '../mqtt/fakes.js';
import { httpsFake, loopback, tlsFake } from '../net/fakes.js';
import { keysAnswer, TOKEN } from './fakes.js';

test('a token becomes a proved identity on disk, which carries corrections and keys', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'waymark-ztp-'));
  const authority = await createAuthority();
  const server = await authority.issue({ name: 'cloud', hosts: ['api.test', 'localhost'] });
  const pair = await authority.issue({ name: 'gateway' });
  await using broker = await aedesBroker();
  await using mqtts = await tlsFake(
    { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    (socket) => broker.aedes.handle(socket),
  );
  const bodies: string[] = [];
  await using api = await httpsFake(server, (request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(String(chunk)));
    request.once('end', () =>
      response.end(JSON.stringify(keysAnswer(pair, { brokerHost: `localhost:${mqtts.port}` }))),
    );
  });

  const clock = createClock();
  const deps = { clock, log: silentLogger };
  const { signal } = new AbortController();
  const sessionAs = (identity: KeysIdentity, inner: AbortSignal) =>
    openSession(
      deps,
      {
        connect: async () =>
          connectTls(await tcp(identity.port), {
            host: identity.host,
            ca: [authority.ca],
            cert: identity.certificate,
            key: identity.privateKey,
            clock,
          }),
        clientId: identity.clientId,
        keepaliveSeconds: 30,
        connackTimeoutMs: 15_000,
        maxPacketBytes: 262_144,
      },
      { signal: inner },
    );
  const provisioner = async () => {
    const vault = await openVault(dir, deps);
    return createProvisioner(
      {
        ...deps,
        http: createHttpsClient({ dial: loopback, ...deps }),
        identitySlot: vault.slot('identity', identityCodec),
        memorySlot: vault.slot('ztp', ztpMemoryCodec),
        token: createCredential(deps, {
          id: 'ztp',
          kind: 'ztp-token',
          load: () => Promise.resolve({ value: new Secret('ztp-token', TOKEN) }),
        }),
        prove: proveByConnect(sessionAs),
      },
      {
        url: `https://api.test:${api.port}/ztp`,
        tags: ['ztp'],
        caPem: [authority.ca],
        hardwareId: () => Promise.resolve('gw-1'),
      },
    );
  };
  await (await provisioner()).ensure({ signal });
  const identity = (await (await provisioner()).ensure({ signal })) as KeysIdentity;
  expect(bodies).toHaveLength(1);
  expect(identity.privateKey.reveal()).toBe(pair.key);

  const fed: string[] = [];
  const keys: string[] = [];
  const controller = new AbortController();
  const source = createMqttCorrections(
    {
      ...deps,
      openSession: (inner) => sessionAs(identity, inner),
      sink: {
        feed: (_kind, bytes) => void fed.push(Buffer.from(bytes).toString()),
        get framesTaken() {
          return fed.length;
        },
        restart: () => undefined,
        setKeys: (list) => keys.push(...list.map((k) => k.value.reveal())),
      },
      onKeys: () => undefined,
    },
    { identity, region: 'eu', silence: { resubscribeMs: 30_000, reconnectMs: 60_000 } },
  );
  const ended = source.run({ signal: controller.signal, onState: () => undefined }).catch((error: unknown) => error);
  await expect.poll(() => broker.aedes.connectedClients).toBe(1);
  await expect
    .poll(() => {
      broker.aedes.publish(
        { cmd: 'publish', topic: '/pp/ip/eu', payload: Buffer.from('frame'), qos: 0, dup: false, retain: false },
        () => undefined,
      );
      return fed[0];
    })
    .toBe('frame');
  expect(keys).toEqual(['00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100']);
  controller.abort(new Error('enough'));
  expect(String(await ended)).toContain('enough');
  await rm(dir, { recursive: true });
});
