import { useMutation } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';

import type { Person } from '../people/people.ts';
import type { Business } from './api.ts';
import { changePerson } from './api.ts';

interface PersonBarProps {
  people: Person[];
  person: Person | undefined;
  businesses: Business[];
  business: Business | undefined;
  onPerson: (id: string) => void;
  onBusiness: (phoneNumberId: string) => void;
  onNewPerson: () => void;
  /** Tools below. */
  children: ReactNode;
}

const FIELD =
  'h-10 w-full min-w-0 rounded-lg border border-black/15 bg-white px-2 text-sm text-ellipsis focus-visible:outline-2 outline-leaf';

/** The name; with its number only where two businesses share the name, for the phone shows the number anyway. */
const labelOf = ({ name, displayNumber }: Business, all: Business[]): string =>
  all.filter((other) => other.name === name).length > 1 ? `${name} · ${displayNumber}` : name;

/** Outside of the phone: whose phone it is, what Meta knows of this person, and which business is written to. */
export function PersonBar(props: PersonBarProps) {
  const { people, person, businesses, business, onPerson, onBusiness, onNewPerson, children } = props;
  return (
    <aside className="flex shrink-0 flex-col gap-2 border-b border-black/10 bg-white/70 p-3 sm:mx-auto sm:w-[400px] sm:rounded-2xl sm:border sm:shadow-sm lg:mx-0 lg:max-h-[92dvh] lg:w-80 lg:gap-4 lg:overflow-y-auto lg:p-5">
      <div className="hidden lg:block">
        <h1 className="text-lg font-semibold">A client’s phone</h1>
        <p className="mt-1 text-sm text-neutral-600">
          Write as a client of the business and watch the ticks; the gateway believes that this is Meta.
        </p>
      </div>
      <div className="grid grid-cols-2 gap-2 lg:grid-cols-1 lg:gap-4">
        <Labelled text="You are">
          <div className="flex gap-1.5">
            <select
              data-testid="person-select"
              aria-label="You are"
              dir="auto"
              className={FIELD}
              value={person?.id ?? ''}
              onChange={(event) => onPerson(event.target.value)}
            >
              {people.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name === '' ? id : name}
                </option>
              ))}
            </select>
            <button
              type="button"
              data-testid="new-person"
              aria-label="New person"
              title="New person"
              onClick={onNewPerson}
              className="grid size-10 shrink-0 place-items-center rounded-lg bg-pine text-white outline-offset-2 outline-leaf hover:bg-leaf focus-visible:outline-2"
            >
              <Plus className="size-5" aria-hidden />
            </button>
          </div>
        </Labelled>
        <Labelled text="You write to">
          <select
            data-testid="business-select"
            aria-label="You write to"
            dir="auto"
            className={FIELD}
            value={business?.phoneNumberId ?? ''}
            onChange={(event) => onBusiness(event.target.value)}
          >
            {businesses.map((one) => (
              <option key={one.phoneNumberId} value={one.phoneNumberId}>
                {labelOf(one, businesses)}
              </option>
            ))}
          </select>
        </Labelled>
      </div>
      {person !== undefined && <Identity person={person} />}
      {children !== null && <div className="max-h-[35dvh] overflow-y-auto lg:max-h-none">{children}</div>}
    </aside>
  );
}

function Labelled({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <span className="mb-1 block text-xs font-medium text-neutral-600">{text}</span>
      {children}
    </div>
  );
}

const Chip = ({ children }: { children: ReactNode }) => (
  <bdi className="max-w-full truncate rounded-full bg-pine/10 px-2 py-0.5 font-mono text-[11px] text-pine">
    {children}
  </bdi>
);

/** What webhooks tell of the person, and two habits. */
function Identity({ person }: { person: Person }) {
  const change = useMutation({ mutationFn: changePerson.bind(null, person.id) });
  const { phone, userId, username, hidesPhone, reading } = person;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-xs lg:flex-col lg:items-start">
      <div className="flex max-w-full flex-wrap gap-1">
        {phone !== null && !hidesPhone && <Chip>+{phone}</Chip>}
        {userId !== null && <Chip>{userId}</Chip>}
        {username !== null && <Chip>@{username}</Chip>}
      </div>
      {phone !== null && userId !== null && (
        <Toggle
          label="Hides the phone"
          on={hidesPhone}
          onChange={(on) => change.mutate({ hidesPhone: on })}
        />
      )}
      <Toggle
        label="Read receipts"
        on={reading !== 'off'}
        onChange={(on) => change.mutate({ reading: on ? 'manual' : 'off' })}
      />
    </div>
  );
}

function Toggle({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="flex cursor-pointer items-center gap-1.5 text-neutral-700">
      <input
        type="checkbox"
        className="size-4 accent-leaf"
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
