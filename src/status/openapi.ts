// The OpenAPI document, made from the table the router answers by.
import { SCHEMAS } from './openapi-schemas.js';
import { ROUTES, type Route } from './routes.js';
import { ref } from './schema-words.js';

const WORDS: Readonly<Record<number, string>> = {
  400: 'Not understood.',
  401: 'The page’s token is missing or not of this start.',
  403: 'Not for this visitor: a foreign name or page, or a door of the unix socket.',
  404: 'This agent has no such part.',
  405: 'Another method.',
  409: 'It cannot be done now; the message says why.',
  413: 'Too large.',
  415: 'Not application/json.',
  502: 'The module or the far side refused it.',
  503: 'Not now.',
  504: 'No answer in time.',
};

const content = (type: string, schema: unknown): unknown => ({ [type]: { schema } });

function answersOf({ answer, refusals = [], needsToken }: Route): Record<string, unknown> {
  const codes = new Set([...refusals, 403, ...(needsToken ? [401] : [])]);
  const schema = answer.schema === undefined ? { type: 'string' } : ref(answer.schema);
  const refused = [...codes]
    .sort((a, b) => a - b)
    .map((code) => [
      String(code),
      {
        description: WORDS[code] ?? 'Refused.',
        content: content(
          'application/json',
          ref(code === 503 && answer.schema === 'Readiness' ? 'Readiness' : 'Refusal'),
        ),
      },
    ]);
  return {
    200: { description: answer.description, content: content(answer.type, schema) },
    ...(Object.fromEntries(refused) as Record<string, unknown>),
  };
}

function operationOf(id: string, route: Route): unknown {
  const { summary, description, where, tag, query = [], body, path } = route;
  const note = where === 'socket' ? 'Only on the unix socket.' : '';
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  const parameters = [...names, ...query.map((one) => ({ ...one, in: 'query', required: false }))];
  const text = [description, note].filter(Boolean).join(' ');
  return {
    ...{ operationId: id, summary, tags: [tag] },
    ...(text === '' ? {} : { description: text }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: ref(body.schema), example: body.example } },
          },
        }
      : {}),
    ...(route.needsToken ? { security: [{ pageToken: [] }, {}] } : {}),
    responses: answersOf(route),
  };
}

/** The document as it is served; `version` is the program’s. */
export function openApi(version: string): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, route] of Object.entries(ROUTES))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(id, route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waymark gateway',
      version,
      description:
        'Served on the unix socket status.sock of the runtime directory always, and over TCP when status.http is configured. HEAD works wherever GET does.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8787', description: 'status.http, where it is configured so' }],
    tags: [
      { name: 'look', description: 'What is so.' },
      { name: 'act', description: 'What may be asked for.' },
      { name: 'health', description: 'For machines that watch.' },
      { name: 'page', description: 'For people.' },
    ],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        pageToken: {
          ...{ type: 'http', scheme: 'bearer' },
          description:
            'Over TCP: the content of the file page-token in the runtime directory, new at each start. Not needed on the unix socket.',
        },
      },
    },
  };
}
