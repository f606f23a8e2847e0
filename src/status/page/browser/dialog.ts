// Asks one thing and waits for the answer. The browser's own dialog: focus stays inside, Escape is no.
import { h } from '../tree.js';
import { create, place } from './patch.js';

interface Question {
  title: string;
  text: readonly string[];
  yes: string;
  /** Asks for a value to paste. */
  field?: string;
}

/** The value (empty without a field), or undefined for no. */
export function askPerson({ title, text, yes, field }: Question): Promise<string | undefined> {
  const dialog = create(
    h(
      'dialog',
      { 'aria-labelledby': 'ask-title' },
      h(
        'form',
        { method: 'dialog' },
        h('h2', { id: 'ask-title' }, title),
        text.map((line) => h('p', {}, line)),
        field !== undefined &&
          h(
            'label',
            {},
            field,
            h('input', {
              type: 'password',
              id: 'ask-field',
              autocomplete: 'off',
              autocapitalize: 'off',
              spellcheck: 'false',
              required: true,
            }),
          ),
        h(
          'div',
          { class: 'buttons' },
          h('button', { type: 'button', class: 'quiet', id: 'ask-no' }, 'Cancel'),
          h('button', { type: 'submit', class: 'primary', value: 'yes' }, yes),
        ),
      ),
    ),
  ) as HTMLDialogElement;
  place('ask').replaceChildren(dialog);
  return new Promise((resolve) => {
    place('ask-no').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      const value = dialog.querySelector('input')?.value.trim() ?? '';
      dialog.remove();
      resolve(dialog.returnValue === 'yes' ? value : undefined);
    });
    dialog.showModal();
  });
}
