// The buttons for what a person may ask for: the token once a tab, a question first where service stops for a while.
import { h, type Element as Wanted } from '../tree.js';
import { ask, get, keepToken, sharedFor, token } from './api.js';
import { askPerson } from './dialog.js';
import { patchChildren, place } from './patch.js';

interface ActionView {
  name: string;
  label: string;
  description: string;
  interrupts: boolean;
}

function readActions(answer: unknown): ActionView[] {
  const { actions } = (answer ?? {}) as { actions?: unknown };
  return Array.isArray(actions) ? (actions as ActionView[]).filter(({ name, label }) => Boolean(name && label)) : [];
}

let actions: ActionView[] = [];
let busy: string | undefined;
/** Where the token stands on the gateway; a service's, until the gateway has said. */
let tokenFile = '/run/waymark/page-token';

export function nameTokenFile(file: string | undefined): void {
  if (file !== undefined) tokenFile = file;
}

/** What the buttons need, below them. */
function needs(): Wanted {
  if (sharedFor() === 'act')
    return h('p', { class: 'token-state' }, 'This page is shared with its buttons: no token is needed.');
  const hasToken = token() !== undefined;
  return h(
    'p',
    { class: 'token-state' },
    hasToken ? 'The token is kept in this tab until you close it. ' : 'The first action asks for this gateway’s token.',
    hasToken && h('button', { type: 'button', class: 'link', 'data-forget': '' }, 'Forget it'),
  );
}

function show(): void {
  if (sharedFor() === 'look') {
    patchChildren(place('actions'), [h('p', { class: 'empty' }, 'This page is shared for looking only.')]);
    return;
  }
  patchChildren(place('actions'), [
    actions.length === 0
      ? h('p', { class: 'empty' }, 'This gateway offers no actions.')
      : h(
          'ul',
          { class: 'actions' },
          actions.map(({ name, label, description, interrupts }) =>
            h(
              'li',
              {},
              h(
                'button',
                {
                  type: 'button',
                  'data-action': name,
                  'aria-describedby': `about-${name}`,
                  'aria-disabled': busy !== undefined && 'true',
                },
                busy === name ? `${label} …` : label,
              ),
              h(
                'p',
                { id: `about-${name}` },
                description,
                interrupts && h('span', { class: 'stops' }, ' Service pauses.'),
              ),
            ),
          ),
        ),
    needs(),
  ]);
}

function tell(text: string, isGood: boolean): void {
  const outcome = place('outcome');
  outcome.className = `outcome ${isGood ? 'lit' : 'dark'}`;
  outcome.textContent = text;
}

async function tokenOrAsk(): Promise<string | undefined> {
  const known = token();
  if (known !== undefined) return known;
  const given = await askPerson({
    title: 'The gateway’s token',
    text: [
      'Looking is free; acting needs the token, so that no other page or program can act for you.',
      `On the gateway: sudo cat ${tokenFile}`,
    ],
    field: 'Token',
    yes: 'Use it',
  });
  return given === undefined || given === '' ? undefined : given;
}

async function run(action: ActionView): Promise<void> {
  if (busy !== undefined) return;
  if (action.interrupts) {
    const isSure = await askPerson({
      title: `${action.label}?`,
      text: [action.description, 'Service pauses until it is back.'],
      yes: action.label,
    });
    if (isSure === undefined) return;
  }
  const isShared = sharedFor() === 'act';
  const withToken = isShared ? undefined : await tokenOrAsk();
  if (withToken === undefined && !isShared) {
    tell('Nothing was done: there is no token.', false);
    return;
  }
  busy = action.name;
  show();
  const { isDone, isTokenRefused, message } = await ask(action.name, withToken);
  busy = undefined;
  if (!isShared) keepToken(isTokenRefused ? undefined : withToken);
  tell(
    isTokenRefused ? 'The token was refused, nothing was done. A new start of the gateway makes a new one.' : message,
    isDone,
  );
  show();
}

export async function refreshActions(): Promise<void> {
  const answer = await get('/api/v1/actions');
  if (answer !== undefined) actions = readActions(answer);
  show();
}

export function startActions(): void {
  place('actions').addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (!button) return;
    if (button.dataset['forget'] !== undefined) {
      keepToken(undefined);
      show();
      return;
    }
    const action = actions.find(({ name }) => name === button.dataset['action']);
    if (action) void run(action);
  });
}
