// JSON Schemas written by hand beside the types they describe: the compiler holds their members and which of them may be
// missing against the type, a test holds real answers against them.

export type Schema = Readonly<Record<string, unknown>>;

/** A member that may be missing. */
export interface Optional {
  readonly optional: Schema;
}

/** A schema for each member of `T`; one that may be missing is marked so, and no other. */
export type Members<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? Optional : Schema;
};

export const text: Schema = { type: 'string' };
export const time: Schema = { type: 'string', format: 'date-time' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const number: Schema = { type: 'number' };
export const flag: Schema = { type: 'boolean' };
export const anyObject: Schema = { type: 'object' };

export const said = (schema: Schema, description: string): Schema => ({ ...schema, description });
export const oneOf = (values: readonly unknown[]): Schema => ({ enum: values });
export const orNull = ({ type, ...rest }: Schema): Schema => ({ ...rest, type: [type, 'null'] });
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const maybe = (schema: Schema): Optional => ({ optional: schema });
/** What the far side said: names and plain values. */
export const facts: Schema = mapOf({ type: ['string', 'number', 'boolean'] });

const isOptional = (member: unknown): member is Optional =>
  typeof member === 'object' && member !== null && 'optional' in member;

export function object<T>(members: Members<T>, description?: string): Schema {
  const entries = Object.entries(members as Readonly<Record<string, Schema | Optional>>);
  const required = entries.filter(([, member]) => !isOptional(member)).map(([name]) => name);
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(
      entries.map(([name, member]) => [name, isOptional(member) ? member.optional : member]),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}
