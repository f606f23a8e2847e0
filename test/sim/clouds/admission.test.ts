import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import { ALERT } from '../../../src/sim/clouds/index.js';
import { connectClient, joined, provision, startClouds, until } from './helpers.js';

/** How OpenSSL words an alert it was sent. */
const alertNumber = (code: number): unknown => expect.stringMatching(new RegExp(`SSL alert number ${code}\\b`));

describe('who may connect', () => {
  test('a Thing connects with what provisioning gave it', async () => {
    const clouds = await startClouds();
    const { clientId, certificate, privateKey } = (await provision(clouds)).json() as Record<string, string>;
    await joined(clouds, { clientId: clientId!, cert: certificate!, key: privateKey! });
    expect(clouds.broker.stats.sessions).toEqual([clientId]);
  });

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('under %s', (tls) => {
    test('no certificate is a TLS alert and no CONNACK', async () => {
      const clouds = await startClouds({ tls });
      const client = connectClient(clouds, {}, ['cert', 'key']);
      await until('refused', client.isClosed);
      expect(client.isUp()).toBe(false);
      // Up to 1.2 there is no alert of its own for it.
      const alert = tls === 'TLSv1.2' ? 40 : ALERT.required;
      expect(client.errors[0]).toMatchObject({ message: alertNumber(alert) });
      await until('counted', () => clouds.broker.stats.refusedHandshakes[tls === 'TLSv1.2' ? 0 : alert] === 1);
      expect(clouds.broker.stats.connects).toBe(0);
    });

    test('a certificate of another authority is alert "unknown CA"', async () => {
      const [clouds, others] = [await startClouds({ tls }), await startClouds()];
      const { certificate, privateKey } = await others.pki.issueClient(clouds.description.pointperfect.mqtt.clientId);
      const client = connectClient(clouds, { cert: certificate, key: privateKey });
      await until('refused', client.isClosed);
      expect(client.isUp()).toBe(false);
      expect(client.errors[0]).toMatchObject({ message: alertNumber(ALERT.unknownCa) });
      expect(clouds.broker.stats.refusedHandshakes).toEqual({ [ALERT.unknownCa]: 1 });
      expect(clouds.broker.stats.connects).toBe(0);
    });

    test('an expired certificate is alert "certificate expired"', async () => {
      const clouds = await startClouds({ tls });
      const { clientId } = clouds.description.pointperfect.mqtt;
      const { certificate, privateKey } = await clouds.pki.issueClient(clientId, { notAfterMs: Date.UTC(2024, 5, 1) });
      const client = connectClient(clouds, { cert: certificate, key: privateKey });
      await until('refused', client.isClosed);
      expect(client.errors[0]).toMatchObject({ message: alertNumber(ALERT.expired) });
    });

    test('a certificate that ends in simulated time is expired from then on', async () => {
      const clock = createFakeClock(Date.now());
      const clouds = await startClouds({ tls, clock });
      const { clientId } = clouds.description.pointperfect.mqtt;
      const notAfterMs = clock.wall() + 90 * 86_400_000;
      const { certificate, privateKey } = await clouds.pki.issueClient(clientId, { notAfterMs });
      await joined(clouds, { cert: certificate, key: privateKey });
      clock.stepWall(91 * 86_400_000);
      const late = connectClient(clouds, { cert: certificate, key: privateKey });
      await until('refused', late.isClosed);
      expect(late.errors[0]).toMatchObject({ message: alertNumber(ALERT.expired) });
    });

    test('a revoked certificate is refused, the next one provisioned is not', async () => {
      const clouds = await startClouds({ tls });
      const old = (await provision(clouds)).json() as Record<string, string>;
      expect(clouds.ztp.revoke('gw-1')).toBe(true);
      const identity = (data: Record<string, string>): Parameters<typeof joined>[1] => ({
        clientId: data['clientId']!,
        cert: data['certificate']!,
        key: data['privateKey']!,
      });
      const refused = connectClient(clouds, identity(old));
      await until('refused', refused.isClosed);
      expect(refused.errors[0]).toMatchObject({ message: alertNumber(ALERT.revoked) });
      const fresh = (await provision(clouds)).json() as Record<string, string>;
      expect(fresh['clientId']).toBe(old['clientId']);
      await joined(clouds, identity(fresh));
    });
  });

  test('another client id than the certificate’s is cut after CONNECT, without CONNACK', async () => {
    const clouds = await startClouds();
    const client = connectClient(clouds, { clientId: 'somebody-else' });
    await until('cut', client.isClosed);
    expect(client.isUp()).toBe(false);
    expect(clouds.broker.stats).toMatchObject({ connects: 1, refusedConnects: 1 });
  });

  test('a deactivated Thing is cut after CONNECT', async () => {
    const clouds = await startClouds();
    const { clientId, certificate, privateKey } = (await provision(clouds)).json() as Record<string, string>;
    clouds.ztp.setActive('gw-1', false);
    const client = connectClient(clouds, { clientId: clientId!, cert: certificate!, key: privateKey! });
    await until('cut', client.isClosed);
    expect(client.isUp()).toBe(false);
  });

  test('a second session of the same client id ends the first', async () => {
    const clouds = await startClouds();
    const first = await joined(clouds);
    await joined(clouds);
    await until('the first is out', first.isClosed);
    expect(clouds.broker.stats.sessions).toHaveLength(1);
  });

  test('a refusing CONNACK carries the code asked for', async () => {
    const clouds = await startClouds();
    clouds.broker.answerConnectWith(5);
    const client = connectClient(clouds);
    await until('refused', client.isClosed);
    expect(client.errors[0]).toMatchObject({ code: 5 });
    clouds.broker.answerConnectWith(0);
    await joined(clouds);
  });

  test.each([
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['foreign', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('a %s broker certificate is refused by a client that looks', async (face, code) => {
    const clouds = await startClouds();
    await clouds.broker.show(face);
    const client = connectClient(clouds);
    await until('refused', client.isClosed);
    expect(client.errors[0]).toMatchObject({ code });
  });
});
