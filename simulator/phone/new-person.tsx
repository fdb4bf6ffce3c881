import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';

import type { Person } from '../people/people.ts';
import { createPerson } from './api.ts';
import { keys } from './use-changes.ts';

const digits = (count: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => String(byte % 10)).join('');

interface NewPersonProps {
  onCreated: (person: Person) => void;
  onClose: () => void;
}

/** A form over the phone; phone and BSUID are made up, either may be emptied. */
export function NewPerson({ onCreated, onClose }: NewPersonProps) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [phone, setPhone] = useState(() => `+97250${digits(7)}`);
  const [userId, setUserId] = useState(() => `IL.${digits(16)}`);
  const [username, setUsername] = useState('');
  const creation = useMutation({
    mutationFn: createPerson,
    onSuccess: async (person) => {
      await queries.invalidateQueries({ queryKey: keys.people });
      onCreated(person);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    creation.mutate({
      name,
      reading: 'manual',
      ...(phone === '' ? {} : { phone }),
      ...(userId === '' ? {} : { userId }),
      ...(username === '' ? {} : { username }),
    });
  };
  return (
    <div className="absolute inset-0 z-10 flex items-end bg-black/40">
      <form
        onSubmit={submit}
        aria-label="New person"
        className="flex max-h-full w-full flex-col gap-3 overflow-y-auto rounded-t-3xl bg-white p-5"
      >
        <h2 className="text-lg font-semibold">New person</h2>
        <Field label="Name" testId="person-name" value={name} onChange={setName} autoFocus />
        <Field
          label="Phone with country code"
          testId="person-phone"
          value={phone}
          onChange={setPhone}
          technical
        />
        <Field
          label="BSUID (Meta’s id of the person for this business)"
          testId="person-user-id"
          value={userId}
          onChange={setUserId}
          technical
        />
        <Field
          label="Username (optional)"
          testId="person-username"
          value={username}
          onChange={setUsername}
          technical
        />
        <p className="text-xs text-neutral-500">
          Empty the phone for a person whom the business knows by username only.
        </p>
        {creation.error !== null && (
          <p role="alert" className="rounded-lg bg-red-50 p-2 text-sm whitespace-pre-wrap text-red-800">
            {creation.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2 pt-1">
          <button
            type="button"
            onClick={onClose}
            className="h-11 rounded-full px-5 text-pine hover:bg-pine/10"
          >
            Cancel
          </button>
          <button
            type="submit"
            data-testid="person-create"
            disabled={creation.isPending}
            className="h-11 rounded-full bg-pine px-6 font-medium text-white hover:bg-leaf disabled:opacity-50"
          >
            Create
          </button>
        </div>
      </form>
    </div>
  );
}

interface FieldProps {
  label: string;
  testId: string;
  value: string;
  onChange: (value: string) => void;
  technical?: boolean;
  autoFocus?: boolean;
}

function Field({ label, testId, value, onChange, technical = false, autoFocus = false }: FieldProps) {
  return (
    <label className="block text-xs font-medium text-neutral-600">
      {label}
      <input
        data-testid={testId}
        dir={technical ? 'ltr' : 'auto'}
        autoFocus={autoFocus}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="mt-1 h-11 w-full rounded-lg border border-black/15 px-3 text-base font-normal text-ink outline-leaf focus-visible:outline-2"
      />
    </label>
  );
}
