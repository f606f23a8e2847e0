// The credentials of ThingSpace and Losant that stand in the configuration (specs/tokens.md T5, T7, T9, T10, T15). What is
// made from them at run time (API tokens, sessions) belongs to their services, which add it to the set.
import { type Config, resolveSecret, type SecretRef } from '../config/index.js';
import type { Secret, SecretKind } from '../core/index.js';
import { type Credential, LOSANT_ENROLMENT_REMEDIES, type RemedyTable, UWS_PASSWORD_REMEDIES } from '../vault/index.js';
import { loadApplicationToken, loadOperatorCertificate } from './credential-loads.js';
import { type CredentialMaker, fileOf } from './credential-maker.js';

export interface ThingspaceCredentials {
  key: Credential | undefined;
  secret: Credential | undefined;
  user: Credential | undefined;
  password: Credential | undefined;
  /** What the operator’s endpoint is shown. */
  enrolment: Credential | undefined;
  /** The device’s certificate for that endpoint; the value is its private key. */
  certificate: Credential | undefined;
}

export interface LosantCredentials {
  accessKey: Credential | undefined;
  accessSecret: Credential | undefined;
  applicationToken: Credential | undefined;
  enrolment: Credential | undefined;
}

const DAY_MS = 86_400_000;
/** A person has to make the next one in the portal: told a month ahead. */
const APPLICATION_TOKEN_WARNINGS = [30, 7, 1];

export function makeThingspaceCredentials(
  settings: NonNullable<Config['thingspace']>,
  maker: CredentialMaker,
): ThingspaceCredentials {
  const { certFile, keyFile, bearer } = settings.identity ?? {};
  const certificate =
    certFile === undefined || keyFile === undefined
      ? undefined
      : maker.make(
          'thingspace-certificate',
          'client-certificate',
          loadOperatorCertificate({ certFile, keyFile }, maker.place),
        );
  if (certificate && certFile !== undefined && keyFile !== undefined)
    for (const file of [certFile, keyFile]) maker.follow(file, certificate);
  const named: readonly NamedSecret[] = [
    { id: 'thingspace-key', kind: 'thingspace-key', ref: settings.key },
    { id: 'thingspace-secret', kind: 'thingspace-secret', ref: settings.secret },
    { id: 'thingspace-user', kind: 'uws-user', ref: settings.user },
    { id: 'thingspace-password', kind: 'password', ref: settings.password, remedies: UWS_PASSWORD_REMEDIES },
  ];
  const [key, secret, user, password] = makeTogether(named, settings.loginEpoch, maker);
  return {
    key,
    secret,
    user,
    password,
    enrolment: maker.fromRef('thingspace-enrolment', 'enrolment-token', bearer),
    certificate,
  };
}

interface NamedSecret {
  id: string;
  kind: SecretKind;
  ref: SecretRef | undefined;
  remedies?: RemedyTable;
}

/**
 * Credentials that are refused together: a service that holds one of them back must try again when any of them, or the
 * number a person raises, is another.
 */
function makeTogether(
  named: readonly NamedSecret[],
  epoch: number,
  maker: CredentialMaker,
): readonly (Credential | undefined)[] {
  const read = async ({ ref, kind }: NamedSecret): Promise<Secret | undefined> =>
    ref === undefined ? undefined : await resolveSecret(ref, kind, maker.place).catch(() => undefined);
  const made = named.map((one) => {
    const { id, kind, ref, remedies } = one;
    if (ref === undefined) return undefined;
    return maker.fromRef(id, kind, ref, {
      async load() {
        const value = await resolveSecret(ref, kind, maker.place);
        const others = await Promise.all(named.filter((other) => other !== one).map(read));
        return { value, terms: [epoch, ...others.map((other) => other?.fingerprint ?? 'absent')].join(' ') };
      },
      ...(remedies ? { remedies } : {}),
    });
  });
  for (const { ref } of named) {
    const file = ref === undefined ? undefined : fileOf(ref, maker.place.configDir);
    if (file === undefined) continue;
    named.forEach((other, at) => {
      const credential = made[at];
      if (other.ref !== ref && credential) maker.follow(file, credential);
    });
  }
  return made;
}

export function makeLosantCredentials(
  settings: NonNullable<Config['losant']>,
  maker: CredentialMaker,
): LosantCredentials {
  const { applicationToken, applicationTokenExpires, enrol } = settings;
  const asApplicationToken = (ref: NonNullable<typeof applicationToken>, expires?: string) => ({
    load: loadApplicationToken(ref, expires, maker.place),
    warnDays: APPLICATION_TOKEN_WARNINGS,
    warnBeforeMs: 30 * DAY_MS,
  });
  const [accessKey, accessSecret] = makeTogether(
    [
      { id: 'losant-access-key', kind: 'access-key', ref: settings.accessKey },
      { id: 'losant-access-secret', kind: 'access-secret', ref: settings.accessSecret },
    ],
    0,
    maker,
  );
  return {
    accessKey,
    accessSecret,
    applicationToken:
      applicationToken &&
      maker.fromRef(
        'losant-application-token',
        'application-token',
        applicationToken,
        asApplicationToken(applicationToken, applicationTokenExpires),
      ),
    enrolment:
      enrol?.mode === 'application-token'
        ? maker.fromRef('losant-enrolment', 'application-token', enrol.token, {
            ...asApplicationToken(enrol.token),
            remedies: LOSANT_ENROLMENT_REMEDIES,
          })
        : maker.fromRef('losant-enrolment', 'enrolment-token', enrol?.token),
  };
}
