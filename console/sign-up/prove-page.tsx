import { useQuery } from '@tanstack/react-query';
import { CircleCheck, LinkIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { errorText } from '../ui/error-text.ts';
import { StateMessage } from '../ui/state-message.tsx';
import { askOpenly } from './ask.ts';

/** The link that shows that an address is the person's. */
export function ProvePage({ token }: { token: string }) {
  const { t } = useTranslation();
  const proof = useQuery({
    queryKey: ['prove', token],
    queryFn: () => askOpenly('/v1/prove-email', { token }),
    staleTime: Infinity, // it works once
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (proof.isError) return <StateMessage icon={LinkIcon} title={errorText(t, proof.error)} alert />;
  return (
    <StateMessage icon={CircleCheck} title={t(proof.isSuccess ? 'people.entry.proven' : 'people.loading')} />
  );
}
