// Credentials: what each is, how it is, how long it lives, and what a person has to do.
import { evidenceWords } from '../../evidence.js';
import type { StatusSnapshot } from '../../snapshot.js';
import type { CredentialView } from '../../views.js';
import { type Child, type Element, h } from '../tree.js';
import { empty } from './text.js';

type Tone = 'lit' | 'waiting' | 'dark' | 'absent';

function toneOf({ state, isOnDemand, waitsFor }: CredentialView): Tone {
  if (state === 'valid') return 'lit';
  if (isOnDemand === true) return 'absent';
  return waitsFor !== undefined || state === 'expiring' ? 'waiting' : 'dark';
}

function stateWords({ state, tested, isOnDemand, waitsFor }: CredentialView): string {
  if (isOnDemand === true) return 'fetched when needed';
  if (waitsFor !== undefined) return 'waits';
  return state === 'valid' && !tested ? 'valid, not tested yet' : state;
}

/** The day it ends; nothing that says so is said as such. */
function endWords({ expiresAt, expiresInDays, isOnDemand }: CredentialView): string {
  if (isOnDemand === true) return '';
  if (expiresAt === undefined) return 'no end known';
  const day = expiresAt.slice(0, 10);
  if (expiresInDays === undefined) return `until ${day}`;
  if (expiresInDays < 0) return `ended ${day}`;
  if (expiresInDays < 1) return `until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC`;
  return `until ${day}, ${Math.floor(expiresInDays)} days`;
}

function more(credential: CredentialView): Child[] {
  const { waitsFor, state, isOnDemand, reason, rotation, remedy } = credential;
  const evidence = evidenceWords(credential.evidence);
  return [
    waitsFor !== undefined && h('p', {}, `Waits for ${waitsFor}.`),
    rotation !== undefined && h('p', {}, rotation.sentence),
    waitsFor === undefined &&
      isOnDemand !== true &&
      state !== 'valid' && [
        reason !== undefined && h('p', {}, h('code', {}, reason)),
        remedy !== undefined && h('p', { class: 'remedy' }, h('strong', {}, 'What to do '), remedy),
        evidence !== '' && h('p', { class: 'evidence' }, `Evidence: ${evidence}`),
      ],
  ];
}

export function credentialsView({ credentials }: StatusSnapshot): Element {
  if (credentials.length === 0) return empty('No credentials are configured.');
  return h(
    'ul',
    { class: 'rows' },
    credentials.map((credential) =>
      h(
        'li',
        {},
        h(
          'div',
          { class: 'row' },
          h('span', { class: `dot ${toneOf(credential)}`, 'aria-hidden': 'true' }),
          h('strong', { class: 'name' }, credential.id),
          h('span', { class: `tag ${toneOf(credential)}` }, stateWords(credential)),
          h('span', { class: 'end' }, endWords(credential)),
        ),
        h('div', { class: 'more' }, more(credential)),
      ),
    ),
  );
}
