import { useTranslation } from 'react-i18next';

import { TextField } from '../account/fields.tsx';

/** What a person types in on the way in. */
export interface Typed {
  account: string;
  name: string;
  secret: string;
}

interface FieldsProps {
  typed: Typed;
  onType: (change: Partial<Typed>) => void;
}

function AccountField({ typed, onType }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <TextField
      label={t('personSignIn.account')}
      hint={t('personSignIn.accountHint')}
      value={typed.account}
      onChange={(account) => onType({ account })}
      autoComplete="organization"
    />
  );
}

/** Account number, name and password. */
export function PasswordFields({ typed, onType }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <AccountField typed={typed} onType={onType} />
      <TextField
        label={t('personSignIn.name')}
        value={typed.name}
        onChange={(name) => onType({ name })}
        autoComplete="username"
      />
      <TextField
        label={t('personSignIn.password')}
        type="password"
        value={typed.secret}
        onChange={(secret) => onType({ secret })}
        autoComplete="current-password"
      />
    </>
  );
}

/** A code of the app, or of those on paper. */
export function CodeField({ typed, onType, onPaper }: FieldsProps & { onPaper: boolean }) {
  const { t } = useTranslation();
  return (
    <TextField
      label={t(onPaper ? 'personSignIn.recoveryCode' : 'personSignIn.code')}
      value={typed.secret}
      onChange={(secret) => onType({ secret })}
      autoComplete="one-time-code"
      autoFocus
    />
  );
}

/** Where the mail for a forgotten password goes. */
export function AskFields({ typed, onType }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <AccountField typed={typed} onType={onType} />
      <TextField
        label={t('personSignIn.resetEmail')}
        type="email"
        value={typed.name}
        onChange={(name) => onType({ name })}
        autoFocus
      />
    </>
  );
}

export function NewPasswordField({ typed, onType }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <TextField
      label={t('personSignIn.newPassword')}
      type="password"
      hint={t('personSignIn.newPasswordHint')}
      value={typed.secret}
      onChange={(secret) => onType({ secret })}
      autoComplete="new-password"
      autoFocus
    />
  );
}
