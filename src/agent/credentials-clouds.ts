// The credentials of ThingSpace and Losant that stand in the configuration (specs/tokens.md T5, T7, T9, T10, T15). What is
// made from them at run time (API tokens, sessions) belongs to their services, which add it to the set.
import type { Config } from '../config/index.js';
import type { Credential } from '../vault/index.js';
import { loadApplicationToken, loadOperatorCertificate } from './credential-loads.js';
import type { CredentialMaker } from './credential-maker.js';

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
  return {
    key: maker.fromRef('thingspace-key', 'thingspace-key', settings.key),
    secret: maker.fromRef('thingspace-secret', 'thingspace-secret', settings.secret),
    user: maker.fromRef('thingspace-user', 'uws-user', settings.user),
    password: maker.fromRef('thingspace-password', 'password', settings.password),
    enrolment: maker.fromRef('thingspace-enrolment', 'enrolment-token', bearer),
    certificate,
  };
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
  return {
    accessKey: maker.fromRef('losant-access-key', 'access-key', settings.accessKey),
    accessSecret: maker.fromRef('losant-access-secret', 'access-secret', settings.accessSecret),
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
        ? maker.fromRef('losant-enrolment', 'application-token', enrol.token, asApplicationToken(enrol.token))
        : maker.fromRef('losant-enrolment', 'enrolment-token', enrol?.token),
  };
}
