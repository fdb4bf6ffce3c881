import { useQuery } from '@tanstack/react-query';
import { WifiOff } from 'lucide-react';
import { useState } from 'react';

import { getBusinesses, getPeople } from './api.ts';
import { Chat } from './chat.tsx';
import { NewPerson } from './new-person.tsx';
import { PersonBar } from './person-bar.tsx';
import type { Way } from './tools/api.ts';
import { Tools } from './tools/panel.tsx';
import { keys, useChanges } from './use-changes.ts';

/** Remembers a choice over a reload. */
function useChoice(name: string): [string | null, (value: string) => void] {
  const [value, setValue] = useState(() => sessionStorage.getItem(name));
  const choose = (next: string): void => {
    sessionStorage.setItem(name, next);
    setValue(next);
  };
  return [value, choose];
}

/** Who you are and whom you write to on top, the phone below. */
export function App() {
  const reachable = useChanges();
  const people = useQuery({ queryKey: keys.people, queryFn: getPeople }).data ?? [];
  const businesses = useQuery({ queryKey: ['businesses'], queryFn: getBusinesses }).data ?? [];
  const [personId, choosePerson] = useChoice('person');
  const [businessId, chooseBusiness] = useChoice('business');
  const [creating, setCreating] = useState(false);
  const [way, setWay] = useState<Way>({});
  const person = people.find(({ id }) => id === personId) ?? people[0];
  const business = businesses.find(({ phoneNumberId }) => phoneNumberId === businessId) ?? businesses[0];

  return (
    <div className="mx-auto flex h-dvh max-w-6xl flex-col sm:justify-center sm:gap-4 sm:p-4 lg:flex-row lg:items-center lg:gap-12">
      <PersonBar
        people={people}
        person={person}
        businesses={businesses}
        business={business}
        onPerson={choosePerson}
        onBusiness={chooseBusiness}
        onNewPerson={() => setCreating(true)}
      >
        {person !== undefined && business !== undefined && (
          <Tools person={person} business={business} way={way} onWay={setWay} />
        )}
      </PersonBar>
      <main className="relative mx-auto flex min-h-0 w-full flex-1 flex-col overflow-hidden bg-white sm:max-h-[820px] sm:w-[400px] sm:flex-none sm:basis-[820px] sm:shrink sm:rounded-[2.6rem] sm:border-[11px] sm:border-neutral-900 sm:shadow-2xl sm:shadow-black/30 lg:mx-0 lg:h-[92dvh] lg:basis-[400px]">
        {!reachable && (
          <p
            role="alert"
            className="flex items-center justify-center gap-2 bg-amber-100 px-3 py-2 text-sm text-amber-900"
          >
            <WifiOff className="size-4" aria-hidden /> The simulator does not answer, trying again
          </p>
        )}
        {person === undefined || business === undefined ? (
          <p className="m-auto max-w-64 p-6 text-center text-neutral-500">
            Nobody has this phone yet. Make a person to write as a client.
          </p>
        ) : (
          <Chat
            key={`${person.id} ${business.phoneNumberId}`}
            person={person}
            business={business}
            way={way}
          />
        )}
        {creating && (
          <NewPerson
            onClose={() => setCreating(false)}
            onCreated={({ id }) => {
              choosePerson(id);
              setCreating(false);
            }}
          />
        )}
      </main>
    </div>
  );
}
