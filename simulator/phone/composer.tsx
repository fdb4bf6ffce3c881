import { useQuery } from '@tanstack/react-query';
import { Paperclip, SendHorizontal } from 'lucide-react';
import type { FormEvent, KeyboardEvent } from 'react';
import { useState } from 'react';

import type { Outgoing } from './api.ts';
import { getSampleGroups } from './api.ts';

/** Writes a text (Enter sends, Shift+Enter breaks the line) or sends a sample of another type. */
export function Composer({ onSend }: { onSend: (outgoing: Outgoing) => void }) {
  const [text, setText] = useState('');
  const [choosing, setChoosing] = useState(false);
  const send = (): void => {
    if (text.trim() === '') return;
    onSend({ message: text });
    setText('');
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div className="bg-neutral-100" onKeyDown={(event) => event.key === 'Escape' && setChoosing(false)}>
      {choosing && <Samples onChoose={(sample) => onSend({ sample })} />}
      <form onSubmit={submit} className="flex items-end gap-2 p-2">
        <div className="flex min-w-0 flex-1 items-end rounded-3xl bg-white shadow-xs">
          <textarea
            data-testid="phone-input"
            aria-label="Message"
            placeholder="Message"
            dir="auto"
            rows={1}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            className="field-sizing-content max-h-32 min-h-11 min-w-0 flex-1 resize-none bg-transparent py-2.5 ps-4 outline-none"
          />
          <button
            type="button"
            data-testid="phone-samples"
            aria-label="Send a sample of another kind"
            aria-expanded={choosing}
            title="Send a sample of another kind"
            onClick={() => setChoosing(!choosing)}
            className="grid size-11 shrink-0 place-items-center rounded-full text-neutral-500 outline-leaf hover:text-pine focus-visible:outline-2"
          >
            <Paperclip className="size-5" aria-hidden />
          </button>
        </div>
        <button
          type="submit"
          data-testid="phone-send"
          aria-label="Send"
          className="grid size-11 shrink-0 place-items-center rounded-full bg-leaf text-white outline-offset-2 outline-leaf hover:bg-pine focus-visible:outline-2"
        >
          <SendHorizontal className="size-5" aria-hidden />
        </button>
      </form>
    </div>
  );
}

/** Every kind that a client can send, in groups; stays open, so that several can be sent. */
function Samples({ onChoose }: { onChoose: (sample: string) => void }) {
  const groups = useQuery({ queryKey: ['samples'], queryFn: getSampleGroups }).data ?? [];
  return (
    <div className="flex max-h-64 flex-col gap-2 overflow-y-auto px-3 pt-3">
      {groups.map(({ title, names }) => (
        <div key={title} role="group" aria-label={title}>
          <p className="mb-1 text-xs font-medium text-neutral-500">{title}</p>
          <div className="flex flex-wrap gap-1.5">
            {names.map((sample) => (
              <button
                key={sample}
                type="button"
                data-testid={`sample-${sample}`}
                onClick={() => onChoose(sample)}
                className="rounded-full border border-black/10 bg-white px-3 py-1 text-sm text-neutral-700 hover:border-leaf hover:text-pine"
              >
                {sample.replaceAll('_', ' ')}
              </button>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
