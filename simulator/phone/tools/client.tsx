import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../people/people.ts';
import { changePerson, sendMessage } from '../api.ts';
import { moveAway, type Way } from './api.ts';
import { Action, Choice, Entry, Outcome, Section } from './parts.tsx';

const AMOUNTS: { name: keyof Way; label: string }[] = [
  { name: 'times', label: 'Post it so many times (1 to 20)' },
  { name: 'copies', label: 'Messages in one POST (1 to 1,000)' },
  { name: 'late', label: 'Post it so many ms later' },
  { name: 'bytes', label: 'Fill the POST up to so many bytes (3,000,000)' },
];

/** Duplicates, batches, disorder, size: holds for everything written until it is emptied. */
export function NextMessages({ way, onWay }: { way: Way; onWay: (way: Way) => void }) {
  const set = (name: keyof Way, text: string): void => {
    const rest: Way = Object.fromEntries(Object.entries(way).filter(([one]) => one !== name));
    const amount = Number(text);
    onWay(text === '' || !Number.isInteger(amount) ? rest : { ...rest, [name]: amount });
  };
  return (
    <Section title="How messages are posted">
      {AMOUNTS.map(({ name, label }) => (
        <Entry
          key={name}
          numeric
          label={label}
          value={way[name] === undefined ? '' : String(way[name])}
          onChange={(text) => set(name, text)}
        />
      ))}
      {Object.keys(way).length > 0 && <Action onPress={() => onWay({})}>As usual again</Action>}
    </Section>
  );
}

const EXAMPLE = '{ "type": "text", "text": { "body": "שלום" } }';

/** Sends whatever is written as JSON: a type of tomorrow, or a broken one of today. */
export function AnyMessage({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const [json, setJson] = useState(EXAMPLE);
  const sending = useMutation({
    mutationFn: () => {
      const message = JSON.parse(json) as { type: string };
      return sendMessage(person.id, phoneNumberId, { message });
    },
  });
  return (
    <Section title="Any message, as JSON">
      <textarea
        aria-label="Message as JSON"
        dir="ltr"
        rows={5}
        value={json}
        onChange={(event) => setJson(event.target.value)}
        className="w-full rounded-lg border border-black/15 bg-white p-2 font-mono text-xs outline-leaf focus-visible:outline-2"
      />
      <Action onPress={() => sending.mutate()}>Send</Action>
      <Outcome error={sending.error} done={sending.isSuccess ? 'Sent.' : null} />
    </Section>
  );
}

const DIALECTS = [
  { value: 'current', label: 'Of today' },
  { value: 'draft', label: 'Draft of 2025: unknown phone is an empty text' },
  { value: 'misplaced', label: 'BSUID also in from and wa_id' },
];

/** A new number, a new id, or another form of the same. */
export function Identity({ person }: { person: Person }) {
  const [phone, setPhone] = useState('');
  const moving = useMutation({ mutationFn: (to?: string) => moveAway(person.id, to) });
  const change = useMutation({
    mutationFn: (dialect: string) => changePerson(person.id, { dialect: dialect as Person['dialect'] }),
  });
  return (
    <Section title="Who this person is">
      <Entry label="New phone with country code" value={phone} onChange={setPhone} />
      <div className="flex flex-wrap gap-2">
        <Action disabled={phone === ''} onPress={() => moving.mutate(phone)}>
          Change the number
        </Action>
        <Action disabled={person.userId === null} onPress={() => moving.mutate(undefined)}>
          New BSUID
        </Action>
      </div>
      <Choice
        label="Form of the ids"
        value={person.dialect}
        options={DIALECTS}
        onChange={(dialect) => change.mutate(dialect)}
      />
      <Outcome
        error={moving.error ?? change.error}
        done={moving.isSuccess ? 'Changed; the businesses were told.' : null}
      />
    </Section>
  );
}
