// The OpenAPI document: whole in itself, and the same as what the router knows.
import { expect, test } from 'vitest';
import { openApi } from '../../src/status/openapi.js';
import { findRoutes, ROUTES } from '../../src/status/routes.js';

const document = openApi('1.2.3') as {
  openapi: string;
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, unknown>; security?: unknown }>
  >;
  components: { schemas: Record<string, unknown> };
};

test('every door is in it once, under its own name, and every answer says what it is', () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  for (const { responses } of operations)
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '403']));
  expect(document.paths['/api/v1/actions']?.['post']).toMatchObject({
    responses: { 401: {} },
    security: [{ pageToken: [] }, {}],
  });
});

test('every reference leads somewhere, and no schema is left over', () => {
  const text = JSON.stringify(document);
  const named = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...named].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test('a path finds its doors by their methods', () => {
  expect(findRoutes('/api/v1/actions')?.ids).toEqual({ GET: 'actions', POST: 'act' });
  expect(findRoutes('/assets/page.js')).toEqual({ ids: { GET: 'asset' }, name: 'page.js' });
  expect(findRoutes('/assets')).toBeUndefined();
  expect(findRoutes('')).toBeUndefined();
  expect(findRoutes('/constructor')).toBeUndefined();
});
