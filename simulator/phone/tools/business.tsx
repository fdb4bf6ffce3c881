import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../people/people.ts';
import { getChat } from '../api.ts';
import { clearFaults, getCodes, getFaults, orderFault, postStatus } from './api.ts';
import { Action, Choice, Entry, Outcome, Section } from './parts.tsx';

/** What may befall a send, and what it needs besides its name. */
const FAULTS: { value: string; label: string; fault: (code: number) => Record<string, unknown> }[] = [
  { value: 'error', label: 'Error of the Graph API', fault: (code) => ({ kind: 'error', code }) },
  { value: 'failed', label: 'Status failed', fault: (code) => ({ kind: 'failedStatus', code }) },
  {
    value: 'failedAfterSent',
    label: 'Status failed after sent',
    fault: (code) => ({ kind: 'failedStatus', code, afterSent: true }),
  },
  { value: 'http', label: '500 without an error object', fault: () => ({ kind: 'http' }) },
  { value: 'hang', label: 'No answer', fault: () => ({ kind: 'hang' }) },
  { value: 'reset', label: 'Connection cut, yet sent', fault: () => ({ kind: 'reset' }) },
  { value: 'slow', label: 'Answer 10 s late', fault: () => ({ kind: 'slow', milliseconds: 10_000 }) },
  { value: 'reversed', label: 'Statuses in reverse', fault: () => ({ kind: 'reversedStatuses' }) },
  { value: 'repeated', label: 'Statuses twice', fault: () => ({ kind: 'repeatedStatuses' }) },
  {
    value: 'late',
    label: 'Statuses 10 s late',
    fault: () => ({ kind: 'lateStatuses', milliseconds: 10_000 }),
  },
  {
    value: 'missing',
    label: 'Delivered and read never come',
    fault: () => ({ kind: 'missingStatuses', statuses: ['delivered', 'read'] }),
  },
];

const WITH_CODE = new Set(['error', 'failed', 'failedAfterSent']);

function CodeChoice({ value, onChange }: { value: string; onChange: (code: string) => void }) {
  const codes = useQuery({ queryKey: ['codes'], queryFn: getCodes }).data ?? [];
  const options = codes.map(({ code, title }) => ({ value: String(code), label: `${code} · ${title}` }));
  return <Choice label="Code" value={value} options={options} onChange={onChange} />;
}

/** Orders what meets the next sends of the business. */
export function Faults() {
  const queries = useQueryClient();
  const waiting = useQuery({ queryKey: ['faults'], queryFn: getFaults }).data ?? [];
  const [kind, setKind] = useState('error');
  const [code, setCode] = useState('131026');
  const [times, setTimes] = useState('1');
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['faults'] });
  const order = useMutation({
    mutationFn: () => {
      const chosen = FAULTS.find(({ value }) => value === kind) ?? FAULTS[0];
      return orderFault(chosen?.fault(Number(code)) ?? {}, Math.max(1, Number(times) || 1));
    },
    onSuccess: refresh,
  });
  const clear = useMutation({ mutationFn: clearFaults, onSuccess: refresh });
  return (
    <Section title="What meets the next send">
      <Choice label="What happens" value={kind} options={FAULTS} onChange={setKind} />
      {WITH_CODE.has(kind) && <CodeChoice value={code} onChange={setCode} />}
      <Entry numeric label="How many sends" value={times} onChange={setTimes} />
      <div className="flex flex-wrap gap-2">
        <Action onPress={() => order.mutate()}>Order</Action>
        {waiting.length > 0 && <Action onPress={() => clear.mutate()}>Clear</Action>}
      </div>
      <ul className="text-xs text-neutral-600">
        {waiting.map(({ fault, left }, index) => (
          <li key={index}>
            {fault.kind} {fault.code} · waits for {left}
          </li>
        ))}
      </ul>
      <Outcome error={order.error ?? clear.error} done={null} />
    </Section>
  );
}

const STATUSES = ['sent', 'delivered', 'read', 'played', 'failed'];

/** Posts a status of the last message of the business, in any order and as often as wanted. */
export function LastStatus({ person, phoneNumberId }: { person: Person; phoneNumberId: string }) {
  const [status, setStatus] = useState('played');
  const [code, setCode] = useState('131026');
  const posting = useMutation({
    mutationFn: async () => {
      const { items } = await getChat(person.id, phoneNumberId);
      const last = items.findLast(({ direction }) => direction === 'in');
      if (last === undefined) throw new Error('The business has not written here yet.');
      await postStatus(last.wamid, status, status === 'failed' ? Number(code) : undefined);
    },
  });
  return (
    <Section title="Status of its last message">
      <Choice label="Status" value={status} options={STATUSES} onChange={setStatus} />
      {status === 'failed' && <CodeChoice value={code} onChange={setCode} />}
      <Action onPress={() => posting.mutate()}>Post it</Action>
      <Outcome error={posting.error} done={posting.isSuccess ? 'Posted.' : null} />
    </Section>
  );
}
