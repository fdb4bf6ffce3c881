import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../people/people.ts';
import { getScenes, playScene } from './api.ts';
import { Action, Choice, Outcome, Section } from './parts.tsx';

/** Calls, an import, another app that takes over: several webhooks of other fields, one after the other. */
export function Scenes({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const scenes = useQuery({ queryKey: ['scenes'], queryFn: getScenes }).data ?? [];
  const [scene, setScene] = useState('call-missed');
  const playing = useMutation({ mutationFn: () => playScene(person.id, phoneNumberId, scene) });
  return (
    <Section title="What else happens with this person">
      <Choice label="Scene" value={scene} options={scenes} onChange={setScene} />
      <Action onPress={() => playing.mutate()}>Play it</Action>
      <Outcome error={playing.error} done={playing.isSuccess ? 'Posted.' : null} />
    </Section>
  );
}
