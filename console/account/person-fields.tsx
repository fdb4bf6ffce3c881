import { useTranslation } from 'react-i18next';

import { TextField } from './fields.tsx';

export interface Person {
  firstName: string;
  lastName: string;
  username: string;
  email: string;
  phone: string;
}

export const NOBODY: Person = { firstName: '', lastName: '', username: '', email: '', phone: '' };
const TYPES = {
  firstName: 'text',
  lastName: 'text',
  username: 'text',
  email: 'email',
  phone: 'tel',
} as const;

interface PersonFieldsProps {
  person: Person;
  onChange: (person: Person) => void;
}

/** Who somebody is: all of it is needed. */
export function PersonFields({ person, onChange }: PersonFieldsProps) {
  const { t } = useTranslation();
  const names = Object.keys(TYPES) as (keyof Person)[];
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {names.map((name, index) => (
        <TextField
          key={name}
          label={t(`people.${name}`)}
          type={TYPES[name]}
          value={person[name]}
          required
          autoFocus={index === 0}
          onChange={(value) => onChange({ ...person, [name]: value })}
        />
      ))}
    </div>
  );
}
