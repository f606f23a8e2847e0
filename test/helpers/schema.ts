// A checker of the JSON Schema subset the OpenAPI document uses. Members that nobody declared are mistakes, too: a client
// made from the document would not know them.

export type SchemaTree = Readonly<Record<string, unknown>>;

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

function isOfType(value: unknown, type: unknown): boolean {
  const is = typeOf(value);
  return [type].flat().some((one) => one === is || (one === 'number' && is === 'integer'));
}

/** What is wrong with the value, one line a mistake. */
export function mistakesIn(
  value: unknown,
  schema: SchemaTree,
  all: Readonly<Record<string, SchemaTree>>,
  at = '$',
): string[] {
  const { $ref, type, enum: values, const: only, properties, required, items, additionalProperties, minimum } = schema;
  if (typeof $ref === 'string') {
    const target = all[$ref.replace('#/components/schemas/', '')];
    return target ? mistakesIn(value, target, all, at) : [`${at}: no schema ${$ref}`];
  }
  if (only !== undefined && value !== only) return [`${at}: is not ${JSON.stringify(only)}`];
  if (Array.isArray(values) && !values.includes(value))
    return [`${at}: ${JSON.stringify(value)} is none of its values`];
  if (type !== undefined && !isOfType(value, type))
    return [`${at}: ${typeOf(value)} instead of ${JSON.stringify(type)}`];
  if (typeof minimum === 'number' && typeof value === 'number' && value < minimum) return [`${at}: below ${minimum}`];
  if (Array.isArray(value))
    return items === undefined
      ? []
      : value.flatMap((item, i) => mistakesIn(item, items as SchemaTree, all, `${at}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const members = value as Readonly<Record<string, unknown>>;
  const known = (properties ?? {}) as Readonly<Record<string, SchemaTree>>;
  const isOpen = properties === undefined;
  return [
    ...((required ?? []) as string[]).filter((name) => !(name in members)).map((name) => `${at}.${name}: is missing`),
    ...Object.entries(members).flatMap(([name, member]) => {
      const of = known[name] ?? (additionalProperties as SchemaTree | undefined);
      if (of) return mistakesIn(member, of, all, `${at}.${name}`);
      return isOpen ? [] : [`${at}.${name}: is not declared`];
    }),
  ];
}
