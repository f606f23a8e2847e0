// What a token says of itself, for those who may not open it.
import { type JwtHints, jwtHints, type Secret } from '../core/index.js';

/** Undefined when it is no JSON Web Token. All of it is a hint: nobody here can check the signature. */
export const hintsOf = (token: Secret): JwtHints | undefined => jwtHints(token.reveal());
