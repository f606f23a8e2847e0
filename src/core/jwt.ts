// What a JSON Web Token says of itself. Nobody here can check its signature, so all of it is a hint (specs/tokens.md T9).

export interface JwtHints {
  issuedAtUtcMs?: number;
  expiresAtUtcMs?: number;
}

const JWT = /^([A-Za-z0-9_-]{4,4096})\.([A-Za-z0-9_-]{2,12288})\.[A-Za-z0-9_-]{0,4096}$/;
/** Seconds since 1970 of a day a person may live to see. */
const MAX_SECONDS = 32_503_680_000;

function objectOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const timeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value > 0 && value <= MAX_SECONDS ? value * 1000 : undefined;

/** Undefined when the text is no JSON Web Token. */
export function jwtHints(text: string): JwtHints | undefined {
  const [, head = '', body = ''] = JWT.exec(text) ?? [];
  if (!objectOf(head)) return undefined;
  const claims = objectOf(body);
  if (!claims) return undefined;
  const issuedAtUtcMs = timeOf(claims['iat']);
  const expiresAtUtcMs = timeOf(claims['exp']);
  return {
    ...(issuedAtUtcMs === undefined ? {} : { issuedAtUtcMs }),
    ...(expiresAtUtcMs === undefined ? {} : { expiresAtUtcMs }),
  };
}
