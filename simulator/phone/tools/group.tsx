import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../people/people.ts';
import { getPeople } from '../api.ts';
import { keys } from '../use-changes.ts';
import { getGroups, leaveGroup, makeGroup, writeToGroup } from './api.ts';
import { Action, Choice, Entry, Outcome, Section } from './parts.tsx';

/** Most people in a group besides the business (Cloud API: groups, limits). */
const MOST_MEMBERS = 8;

/** Groups of the business: made of everybody here, written to and left as this person. */
export function GroupTools({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const queries = useQueryClient();
  const [subject, setSubject] = useState('Cake lovers');
  const [words, setWords] = useState('Hello, everybody');
  const [chosen, setChosen] = useState('');
  const people = useQuery({ queryKey: keys.people, queryFn: getPeople }).data ?? [];
  const all = useQuery({ queryKey: ['groups'], queryFn: getGroups }).data ?? [];
  const groups = all.filter((group) => group.phoneNumberId === phoneNumberId);
  const group = groups.find(({ id }) => id === chosen) ?? groups[0];
  const isMember = group?.memberIds.includes(person.id) === true;
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['groups'] });
  const making = useMutation({
    mutationFn: () => {
      const others = people.map(({ id }) => id).filter((id) => id !== person.id);
      return makeGroup(phoneNumberId, subject, [person.id, ...others].slice(0, MOST_MEMBERS));
    },
    onSuccess,
  });
  const writing = useMutation({ mutationFn: () => writeToGroup(group?.id ?? '', person.id, words) });
  const leaving = useMutation({ mutationFn: () => leaveGroup(group?.id ?? '', person.id), onSuccess });
  return (
    <Section title="Groups">
      <Entry label="Name of a new group" value={subject} onChange={setSubject} />
      <Action onPress={() => making.mutate()} disabled={subject === ''}>
        Make it of everybody here
      </Action>
      {group !== undefined && (
        <>
          <Choice
            label="Group"
            value={group.id}
            options={groups.map(({ id, subject: label }) => ({ value: id, label }))}
            onChange={setChosen}
          />
          <Entry label="Message of this person to the group" value={words} onChange={setWords} />
          <Action onPress={() => writing.mutate()} disabled={!isMember || words === ''}>
            Write to the group
          </Action>
          <Action onPress={() => leaving.mutate()} disabled={!isMember}>
            Leave the group
          </Action>
        </>
      )}
      <Outcome
        error={making.error ?? writing.error ?? leaving.error}
        done={writing.isSuccess ? 'Sent.' : making.isSuccess ? 'The group is made.' : null}
      />
    </Section>
  );
}
