// The part of the status door that tries and rotates credentials. Only ids travel here, never a value, and only on the
// unix socket.
//
//   POST test     {id} → {id, result: 'works'} | {error}
//   POST rotate   {id} → {id, result: 'in-force'} | {error}      (the new value lies beside the old one already)
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, WaymarkError } from '../core/index.js';
import type { StatusActions } from './actions.js';
import { sendError } from './answer.js';
import { answerPost, objectOf } from './post.js';

/** A far side on a slow road, and a login before the use. */
const TEST_MS = 90_000;
const ROTATE_MS = 150_000;
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface TokenDoor {
  handle(what: 'test' | 'rotate', request: IncomingMessage, response: ServerResponse): void;
}

function idOf(text: string): string | undefined {
  const id = objectOf(text)?.['id'];
  return typeof id === 'string' && ID.test(id) ? id : undefined;
}

export function createTokenDoor(actions: StatusActions, clock: Clock): TokenDoor {
  return {
    handle(what, request, response) {
      const act = what === 'test' ? actions.testToken : actions.rotateToken;
      if (!act) {
        sendError(response, new WaymarkError('cli.usage', 'this agent does not offer that'), 404);
        return;
      }
      void answerPost(
        clock,
        {
          parse: idOf,
          form: '{"id":"losant-access-key"}',
          limit: (id) => ({ ms: what === 'test' ? TEST_MS : ROTATE_MS, what: `the trial of ${id}` }),
          async act(id, signal) {
            await act(id, signal);
            return { id, result: what === 'test' ? 'works' : 'in-force' };
          },
        },
        request,
        response,
      );
    },
  };
}
