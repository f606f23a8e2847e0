// Who the simulated deviceWISE lets in: specs/devicewise.md 2.6 and 3, rows 30 to 32 of 5.3.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inScratch } from '../../../helpers/scratch.js';
import { APP_ID, bench, connect, openPlatform, SUCCESS, speak, THING } from './platform-helpers.js';

describe('a new thing', () => {
  test('row 30: the ready token registers it', () => {
    const { platform } = openPlatform();
    expect(connect(platform)).toBe(0);
    expect(platform.things.get(THING)).toMatchObject({
      ...{ key: THING, name: `auto:${THING}`, createdBy: 'AUTOREG', defKey: 'gw_def', isBound: true },
    });
    expect(platform.ledger.admissions).toMatchObject([{ answer: 'welcome', isCreated: true, isBound: true }]);
    expect(connect(platform)).toBe(0);
    expect(platform.ledger.admissions[1]).toMatchObject({ isCreated: false, isBound: false });
    expect(platform.things.list()).toHaveLength(1);
  });

  test('gets the tags of its token', () => {
    const { platform } = openPlatform();
    const appToken = platform.tokens.add({ name: 'tagged', tags: ['field'] });
    connect(platform, { appToken });
    expect(platform.things.get(THING)?.tags).toEqual(['field']);
  });

  test.each(['5', '4'] as const)('is refused with %s by a token that registers none', (connackNoAutoreg) => {
    const { platform } = openPlatform({ connackNoAutoreg });
    platform.tokens.change(platform.appToken, { definition: null });
    expect(connect(platform)).toBe(Number(connackNoAutoreg));
    expect(platform.things.list()).toHaveLength(0);
    expect(platform.things.create(THING)).toBe(true);
    expect(connect(platform)).toBe(0);
    expect(platform.things.get(THING)).toMatchObject({ createdBy: 'portal', isBound: true });
  });

  test.each(['', 'a b', 'x'.repeat(65), 'a/b', 'ü'])('is refused with the key "%s"', (thingKey) => {
    const { platform } = openPlatform();
    expect(connect(platform, { thingKey })).toBe(2);
    expect(platform.things.list()).toHaveLength(0);
  });

  test('cannot be without an application id', () => {
    const { platform } = openPlatform();
    expect(connect(platform, { applicationId: '' })).toBe(2);
  });
});

describe('tokens', () => {
  test.each(['4', '5', '2'] as const)('row 31: an unknown one is refused with %s', (connackUnknownToken) => {
    const { platform } = openPlatform({ connackUnknownToken });
    expect(connect(platform, { appToken: 'Abcd1234Efgh5678' })).toBe(Number(connackUnknownToken));
    expect(platform.ledger.admissions).toMatchObject([{ why: 'unknown token' }]);
  });

  test('the ready one looks like one of the portal and comes from the seed', () => {
    const [{ platform }, again] = [openPlatform(), openPlatform().platform];
    expect(platform.appToken).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9]{16}$/);
    expect(again.appToken).toBe(platform.appToken);
  });

  test('a second one lets the same thing in; a removed one no longer', () => {
    const { platform } = openPlatform();
    connect(platform);
    const first = platform.appToken;
    const next = platform.tokens.add({ name: 'next' });
    expect(next).toMatch(/^[A-Za-z0-9]{16}$/);
    expect(connect(platform, { appToken: next })).toBe(0);
    expect(platform.tokens.remove(first)).toBe(true);
    expect(platform.tokens.remove(first)).toBe(false);
    expect(connect(platform, { appToken: first })).toBe(4);
    expect(connect(platform, { appToken: next })).toBe(0);
    expect(platform.tokens.list().map(({ name }) => name)).toEqual(['next']);
  });

  test('one edited in place has a new text', () => {
    const { platform } = openPlatform();
    const old = platform.appToken;
    const fresh = platform.tokens.rotate(old);
    expect(fresh).toBe(platform.appToken);
    expect(fresh).not.toBe(old);
    expect([connect(platform, { appToken: old }), connect(platform)]).toEqual([4, 0]);
    expect(platform.tokens.rotate(old)).toBeUndefined();
  });

  test('a live session outlives its token, or fails at its root', () => {
    const { platform, ask, send } = bench();
    platform.tokens.remove(platform.appToken);
    expect(ask('property.publish', { key: 't', value: 1 })).toEqual(SUCCESS);
    platform.configure({ removedToken: 'fails' });
    expect(send({ '1': { command: 'diag.ping' } })).toMatchObject({ success: false, errorCodes: [-90000] });
  });

  test('nothing that was seen tells a token or an application id', () => {
    const { platform } = openPlatform();
    connect(platform);
    connect(platform, { applicationId: 'another-one' });
    connect(platform, { appToken: 'Abcd1234Efgh5678' });
    const seen = JSON.stringify([platform.ledger, platform.things.list(), platform.tokens.list()]);
    for (const secret of [platform.appToken, APP_ID, 'another-one', 'Abcd1234Efgh5678'])
      expect(seen.includes(secret)).toBe(false);
  });
});

describe('the application id', () => {
  test.each(['2', '5'] as const)('row 32: another one than the bound one is refused with %s', (connackBinding) => {
    const { platform } = openPlatform({ connackBinding });
    connect(platform);
    expect(connect(platform, { applicationId: 'another' })).toBe(Number(connackBinding));
    expect(connect(platform, { via: 'http' })).toBe(0);
  });

  test('can be bound and unbound by hand', () => {
    const { platform } = openPlatform();
    connect(platform);
    expect(platform.things.unbind(THING)).toBe(true);
    expect(connect(platform, { applicationId: 'another' })).toBe(0);
    expect(connect(platform)).toBe(2);
    platform.things.bind(THING, APP_ID);
    expect(connect(platform)).toBe(0);
    expect([platform.things.unbind('nobody'), platform.things.bind('nobody', 'x')]).toEqual([false, false]);
  });
});

describe('a thing that is deleted', () => {
  test('is not found by its live session, and registered anew later', () => {
    const { platform, ask } = bench();
    ask('property.publish', { key: 't', value: 1 });
    platform.method(THING, 'reboot');
    expect(platform.things.delete(THING)).toBe(true);
    expect(ask('property.publish', { key: 't', value: 2 })).toMatchObject({ success: false, errorCodes: [-90008] });
    expect(platform.stored(THING).properties).toEqual([]);
    expect(connect(platform, { applicationId: 'another' })).toBe(0);
    expect(platform.methodsOf(THING)).toEqual([]);
  });
});

describe('what is kept', () => {
  test('tokens, things, bindings and waiting methods; in a file of its owner', () =>
    inScratch(async (folder) => {
      const { platform } = openPlatform({}, folder);
      connect(platform);
      const next = platform.tokens.add({ name: 'next' });
      const id = platform.method(THING, 'reboot', { now: true });
      const file = join(folder, 'devicewise.json');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8').includes(APP_ID)).toBe(false);

      const again = openPlatform({}, folder).platform;
      expect(again.appToken).toBe(platform.appToken);
      expect(connect(again, { applicationId: 'another', appToken: next })).toBe(2);
      expect(connect(again, { appToken: next })).toBe(0);
      expect(again.methodsOf(THING)).toMatchObject([{ id, method: 'reboot', state: 'queued' }]);
      expect(again.method(THING, 'reboot')).not.toBe(id);
    }));

  test.each(['{oops', '[]', '{"version":1,"ids":0,"orgId":"a","appToken":"b","tokens":[1]}'])(
    'a damaged file starts anew: %s',
    (text) =>
      inScratch(async (folder) => {
        writeFileSync(join(folder, 'devicewise.json'), text);
        const { platform } = openPlatform({}, folder);
        expect(connect(platform)).toBe(0);
      }),
  );

  test('a thing found later is the one that spoke', () => {
    const { platform } = openPlatform();
    const one = speak(platform, 'one');
    speak(platform, 'two');
    one.ask('thing.update', { imei: '350000000000001' });
    expect(one.ask('thing.find', { imei: '350000000000001' }).params).toMatchObject({ key: 'one' });
    expect(one.ask('thing.find', { key: 'two' }).params).toMatchObject({ key: 'two', createdBy: 'AUTOREG' });
    expect(one.ask('thing.find', { key: 'three' })).toMatchObject({ errorMessages: ['Thing not found.'] });
  });
});
