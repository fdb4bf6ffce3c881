import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { useOwnChange } from './own.ts';
import { ProofForm } from './proof-form.tsx';

interface ProvenActProps<Answer> {
  label: string;
  /** Read aloud instead of the label where several have the same. */
  name?: string;
  path: string;
  /** Sent with the password. */
  body?: object;
  onDone?: (answer: Answer) => void;
}

/** A button for what needs nothing but the password once more. */
export function ProvenAct<Answer>({ label, name = label, path, body, onDone }: ProvenActProps<Answer>) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const act = useOwnChange<Answer>((answer) => {
    setOpen(false);
    onDone?.(answer);
  });
  if (!open) {
    return (
      <Button small aria-label={name} onClick={() => setOpen(true)}>
        {label}
      </Button>
    );
  }
  return (
    <ProofForm
      label={name}
      busy={act.isPending}
      failure={act.isError ? errorText(t, act.error) : null}
      onSubmit={(password) => act.mutate({ path, body: { ...body, password } })}
      onCancel={() => setOpen(false)}
    />
  );
}
