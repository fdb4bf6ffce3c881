import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failed, TextField } from '../account/fields.tsx';
import { Button } from '../ui/button.tsx';

interface ProofFormProps {
  /** What the form does; on its button. */
  label: string;
  /** Fields before the password. */
  children?: ReactNode;
  busy: boolean;
  failure: string | null;
  onSubmit: (password: string) => void;
  onCancel: () => void;
}

/** A change of how one signs in: the server wants the password once more with it. */
export function ProofForm({ label, children, busy, failure, onSubmit, onCancel }: ProofFormProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit(password);
  };
  return (
    <form
      aria-label={label}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
      className="flex flex-col gap-3 rounded-lg bg-raised p-3"
    >
      {children}
      <TextField
        label={t('ownSignIn.yourPassword')}
        hint={t('ownSignIn.yourPasswordHint')}
        type="password"
        autoComplete="current-password"
        autoFocus={children === undefined}
        required
        value={password}
        onChange={setPassword}
      />
      {failure !== null && <Failed>{failure}</Failed>}
      <div className="flex justify-end gap-2">
        <Button small onClick={onCancel}>
          {t('ownSignIn.cancel')}
        </Button>
        <Button small look="primary" type="submit" disabled={busy}>
          {label}
        </Button>
      </div>
    </form>
  );
}
