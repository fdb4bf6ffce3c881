import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../people/people.ts';
import {
  categoriseTemplate,
  decideTemplate,
  endLinks,
  getFields,
  getTemplates,
  judgeTemplate,
  postField,
  preferMarketing,
} from './api.ts';
import { Action, Choice, Outcome, Section } from './parts.tsx';

/** Ends the addresses of files as five minutes do; the ids live on. */
export function Files() {
  const ending = useMutation({ mutationFn: endLinks });
  return (
    <Section title="Files">
      <Action onPress={() => ending.mutate()}>End all addresses of files</Action>
      <Outcome error={ending.error} done={ending.isSuccess ? 'Each now answers 404.' : null} />
    </Section>
  );
}

/** What the person wants of marketing, told to the business. */
export function Marketing({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const telling = useMutation({
    mutationFn: (value: 'stop' | 'resume') => preferMarketing(person.id, phoneNumberId, value),
  });
  return (
    <Section title="Marketing from this business">
      <div className="flex flex-wrap gap-2">
        <Action onPress={() => telling.mutate('stop')}>Stop</Action>
        <Action onPress={() => telling.mutate('resume')}>Resume</Action>
      </div>
      <Outcome error={telling.error} done={telling.isSuccess ? 'The business was told.' : null} />
    </Section>
  );
}

const QUALITIES = ['UNKNOWN', 'GREEN', 'YELLOW', 'RED'];
const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'];
const STATUSES = ['PENDING', 'APPROVED', 'REJECTED', 'PAUSED', 'DISABLED'];

/** The business's templates and where each stands; another status is told to the gateway. */
export function TemplateList() {
  const queries = useQueryClient();
  const templates = useQuery({ queryKey: ['templates'], queryFn: getTemplates, refetchInterval: 10_000 });
  const deciding = useMutation({
    mutationFn: (decision: () => Promise<unknown>) => decision(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['templates'] }),
  });
  const rows = templates.data ?? [];
  return (
    <Section title="Templates">
      {rows.length === 0 && (
        <p className="text-xs text-neutral-600">None yet: the business makes them through the Graph API.</p>
      )}
      {rows.map(({ id, name, language, status, category, quality_score: { score } }) => (
        <div key={id} className="space-y-1">
          <Choice
            label={`${name} · ${language}`}
            value={status}
            options={STATUSES}
            onChange={(next) => deciding.mutate(() => decideTemplate(id, next))}
          />
          <Choice
            label="Quality"
            value={score}
            options={QUALITIES}
            onChange={(next) => deciding.mutate(() => judgeTemplate(id, next))}
          />
          <Choice
            label="Category"
            value={category}
            options={CATEGORIES}
            onChange={(next) => deciding.mutate(() => categoriseTemplate(id, next))}
          />
        </div>
      ))}
      <Outcome error={deciding.error} done={null} />
    </Section>
  );
}

/** Calls, history, account, numbers, preferences …: an example of any other field. */
export function OtherFields({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const fields = useQuery({ queryKey: ['fields'], queryFn: getFields }).data ?? [];
  const [field, setField] = useState('calls');
  const posting = useMutation({ mutationFn: () => postField(person.id, phoneNumberId, field) });
  return (
    <Section title="Other webhooks">
      <Choice label="Field" value={field} options={fields} onChange={setField} />
      <Action onPress={() => posting.mutate()}>Post an example</Action>
      <Outcome error={posting.error} done={posting.isSuccess ? 'Posted.' : null} />
    </Section>
  );
}
