// REST calls about the application, its access keys and its API tokens (rows R15 to R18, R23, R24). A secret and a token
// are told once, in the answer that made them.
import { isRecord } from '../../fields.js';
import { type LosantKey, type LosantToken, newKey, newToken, tokenText } from './account.js';
import {
  invalid,
  isId,
  iso,
  isTagList,
  isText,
  isTextList,
  notFound,
  ok,
  page,
  type RestAnswer,
  type RestCall,
  type RestDeps,
  type RouteEntry,
  SUCCESS,
  strangers,
} from './rest-call.js';
import { isScope } from './scopes.js';

const FILTERS: readonly unknown[] = ['all', 'whitelist', 'blacklist', 'none'];
const STATUSES: readonly unknown[] = ['active', 'inactive'];

const shownKey = (key: LosantKey, applicationId: string): Record<string, unknown> => {
  const { createdMs, secretHash: _, ...rest } = key;
  return { ...rest, applicationKeyId: key.id, applicationId, creationDate: iso(createdMs) };
};
const shownToken = (token: LosantToken, applicationId: string): Record<string, unknown> => {
  const { createdMs, expiresMs, ...rest } = token;
  return {
    ...rest,
    applicationApiTokenId: token.id,
    applicationId,
    creationDate: iso(createdMs),
    expirationDate: expiresMs === undefined ? null : iso(expiresMs),
  };
};

function createKey({ body, ids }: RestCall, { cloud }: RestDeps): RestAnswer {
  if (!isRecord(body)) return invalid('body must be an object');
  const known = ['name', 'description', 'deviceIds', 'deviceTags', 'filterType', 'pubTopics', 'subTopics', 'status'];
  const stranger = strangers(body, known);
  if (stranger) return stranger;
  const { name, description, deviceIds, deviceTags, filterType, pubTopics, subTopics, status } = body;
  if (deviceIds !== undefined && !(isTextList(deviceIds, 1000) && deviceIds.every(isId)))
    return invalid('bad deviceIds');
  if (deviceTags !== undefined && !isTagList(deviceTags)) return invalid('bad deviceTags');
  if (filterType !== undefined && !FILTERS.includes(filterType)) return invalid('bad filterType');
  for (const topics of [pubTopics, subTopics])
    if (topics !== undefined && !isTextList(topics, 100)) return invalid('bad topics');
  for (const text of [name, description])
    if (text !== undefined && typeof text !== 'string') return invalid('bad name or description');
  if (status !== undefined && !STATUSES.includes(status)) return invalid('bad status');
  const made = newKey(cloud.clock.wall(), body);
  cloud.account.keys.push(made.key);
  cloud.account.save();
  return ok({ ...shownKey(made.key, ids[0] ?? ''), secret: made.secret }, 201);
}

/** The members both may change: name, description, status. */
function change(target: LosantKey | LosantToken, body: unknown): RestAnswer | undefined {
  if (!isRecord(body)) return invalid('body must be an object');
  const stranger = strangers(body, ['name', 'description', 'status']);
  if (stranger) return stranger;
  const { name, description, status } = body;
  for (const text of [name, description])
    if (text !== undefined && typeof text !== 'string') return invalid('bad name or description');
  if (status !== undefined && !STATUSES.includes(status)) return invalid('bad status');
  Object.assign(target, body);
  return undefined;
}

function createToken({ body, ids }: RestCall, { cloud }: RestDeps): RestAnswer {
  if (!isRecord(body)) return invalid('body must be an object');
  const stranger = strangers(body, ['name', 'description', 'expirationDate', 'scope', 'status']);
  if (stranger) return stranger;
  const { name, description, expirationDate, scope = [], status } = body;
  if (!isText(name, 255)) return invalid('name is required');
  if (!isTextList(scope, 100) || !scope.every(isScope)) return invalid('bad scope');
  const expiresMs = typeof expirationDate === 'string' ? Date.parse(expirationDate) : undefined;
  if (expirationDate !== undefined && expirationDate !== null && (expiresMs === undefined || Number.isNaN(expiresMs)))
    return invalid('bad expirationDate');
  const token: LosantToken = {
    ...newToken(cloud.clock.wall(), name, scope),
    ...(typeof description === 'string' ? { description } : {}),
    ...(status === 'inactive' ? { status } : {}),
    ...(expiresMs === undefined ? {} : { expiresMs }),
  };
  cloud.account.tokens.push(token);
  cloud.account.save();
  const { applicationId, signingKey } = cloud.account;
  const isScopeReadable = cloud.settings.scopeInToken === 'readable';
  const text = tokenText(token, { applicationId, signingKey, isScopeReadable });
  return ok({ ...shownToken(token, ids[0] ?? ''), token: text }, 201);
}

/** GET, PATCH and DELETE of one entry of a list. */
function one<T extends LosantKey | LosantToken>(
  what: string,
  listOf: (deps: RestDeps) => T[],
  show: (entry: T, applicationId: string) => unknown,
) {
  const find = ({ ids }: RestCall, deps: RestDeps): T | undefined => listOf(deps).find(({ id }) => id === ids[1]);
  return {
    get(call: RestCall, deps: RestDeps): RestAnswer {
      const entry = find(call, deps);
      return entry ? ok(show(entry, call.ids[0] ?? '')) : notFound(what);
    },
    patch(call: RestCall, deps: RestDeps): RestAnswer {
      const entry = find(call, deps);
      if (!entry) return notFound(what);
      const refusal = change(entry, call.body);
      if (refusal) return refusal;
      deps.cloud.account.save();
      return ok(show(entry, call.ids[0] ?? ''));
    },
    delete(call: RestCall, deps: RestDeps): RestAnswer {
      const entry = find(call, deps);
      if (!entry) return notFound(what);
      const list = listOf(deps);
      list.splice(list.indexOf(entry), 1);
      deps.cloud.account.save();
      return SUCCESS;
    },
  };
}

const keyOnes = one('Application key', ({ cloud }) => cloud.account.keys, shownKey);
const tokenOnes = one('Application API token', ({ cloud }) => cloud.account.tokens, shownToken);
const KEYS = '/applications/:A/keys';
const TOKENS = '/applications/:A/tokens';

export const ACCOUNT_ROUTES: readonly RouteEntry[] = [
  {
    route: 'application',
    method: 'GET',
    path: '/applications/:A',
    action: 'application.get',
    answer: ({ ids }) => ok({ id: ids[0], applicationId: ids[0], name: 'Simulated application' }),
  },
  {
    route: 'keys',
    method: 'GET',
    path: KEYS,
    action: 'applicationKeys.get',
    answer: ({ ids, query }, { cloud }) =>
      page(
        cloud.account.keys.map((key) => shownKey(key, ids[0] ?? '')),
        query,
        { applicationId: ids[0] },
      ),
  },
  { route: 'keys', method: 'POST', path: KEYS, action: 'applicationKeys.post', answer: createKey },
  { route: 'key', method: 'GET', path: `${KEYS}/:id`, action: 'applicationKey.get', answer: keyOnes.get },
  { route: 'key', method: 'PATCH', path: `${KEYS}/:id`, action: 'applicationKey.patch', answer: keyOnes.patch },
  { route: 'key', method: 'DELETE', path: `${KEYS}/:id`, action: 'applicationKey.delete', answer: keyOnes.delete },
  { route: 'tokens', method: 'POST', path: TOKENS, action: 'applicationApiTokens.post', answer: createToken },
  { route: 'token', method: 'GET', path: `${TOKENS}/:id`, action: 'applicationApiToken.get', answer: tokenOnes.get },
  {
    route: 'token',
    method: 'PATCH',
    path: `${TOKENS}/:id`,
    action: 'applicationApiToken.patch',
    answer: tokenOnes.patch,
  },
  {
    route: 'token',
    method: 'DELETE',
    path: `${TOKENS}/:id`,
    action: 'applicationApiToken.delete',
    answer: tokenOnes.delete,
  },
];
