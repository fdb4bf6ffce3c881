import { useMutation } from '@tanstack/react-query';
import { ArrowLeft, SendHorizontal } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation, Message } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { errorText } from '../ui/error-text.ts';
import { type Blank, blanksOf, componentsWith, type Template, type Values } from './definition.ts';
import { wantsNoMarketing } from './marketing.ts';
import { RenderedBubble } from './rendered-bubble.tsx';
import { categoryWord } from './template-list.tsx';
import { usePreview } from './use-templates.ts';

interface TemplateFormProps {
  conversation: Conversation;
  template: Template;
  onBack: () => void;
  onSent: () => void;
}

/** A field for each variable, and beside them what the client will see. */
export function TemplateForm({ conversation, template, onBack, onSent }: TemplateFormProps) {
  const { t } = useTranslation();
  const { api, change } = useWorkspace();
  const [values, setValues] = useState<Values>({});
  const [idempotencyKey, setKey] = useState(() => crypto.randomUUID());
  const blanks = blanksOf(template);
  const components = componentsWith(template, values);
  const preview = usePreview(template, components);
  const isRefused = template.category === 'MARKETING' && wantsNoMarketing(conversation);
  const isWhole = blanks.every(({ key }) => (values[key] ?? '').trim() !== '');
  const send = useMutation({
    mutationFn: () => {
      const { name, language } = template;
      const body = {
        type: 'template',
        template: { name, language: { code: language }, ...(components.length > 0 ? { components } : {}) },
      };
      const path = `/v1/conversations/${encodeURIComponent(conversation.id)}/messages`;
      return change(() => api.request<Message>(path, { method: 'POST', body, idempotencyKey }));
    },
    onSuccess: onSent,
  });
  const set = (key: string, value: string): void => {
    setValues({ ...values, [key]: value });
    setKey(crypto.randomUUID()); // another body is another message
  };
  return (
    <form
      className="thin-scroll flex min-h-0 flex-col gap-3 overflow-y-auto p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole && !isRefused && !send.isPending) send.mutate();
      }}
    >
      <div className="flex items-center gap-2">
        <IconButton label={t('templates.back')} onClick={onBack}>
          <ArrowLeft aria-hidden className="points size-5" />
        </IconButton>
        <p className="min-w-0 flex-1">
          <bdi className="font-medium">{template.name.replaceAll('_', ' ')}</bdi>{' '}
          <span className="text-xs text-muted">
            <bdi>{template.language}</bdi> · {categoryWord(t, template.category)}
          </span>
        </p>
      </div>
      {blanks.map((blank, index) => (
        <Field
          key={blank.key}
          blank={blank}
          first={index === 0}
          value={values[blank.key] ?? ''}
          onChange={(value) => set(blank.key, value)}
        />
      ))}
      <section aria-label={t('templates.preview')} className="rounded-xl bg-tint p-3">
        <p className="mb-1 text-xs text-muted">{t('templates.preview')}</p>
        {preview.data !== undefined && <RenderedBubble rendered={preview.data.rendered} />}
        {preview.isError && <p className="text-sm text-bad">{errorText(t, preview.error)}</p>}
      </section>
      {isWhole &&
        preview.data?.errors.map(({ message }) => (
          <p key={message} dir="auto" className="text-sm text-bad">
            {message}
          </p>
        ))}
      {isRefused && (
        <p role="alert" className="rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          {t('templates.noMarketingHint')}
        </p>
      )}
      {send.isError && (
        <p role="alert" dir="auto" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {errorText(t, send.error)}
        </p>
      )}
      <Button
        type="submit"
        look="primary"
        data-testid="send-template"
        autoFocus={blanks.length === 0}
        disabled={!isWhole || isRefused || send.isPending}
        className="self-end"
      >
        <SendHorizontal aria-hidden className="points size-4" />
        {t('templates.send')}
      </Button>
    </form>
  );
}

interface FieldProps {
  blank: Blank;
  first: boolean;
  value: string;
  onChange: (value: string) => void;
}

function Field({ blank: { place, name }, first, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const label =
    place === 'media'
      ? t('templates.fileOf', { kind: t(`kinds.${name as 'image' | 'video' | 'document'}`) })
      : t(`templates.${place}Blank`, { name });
  return (
    <label className="block text-sm">
      <span className="mb-1 block text-muted">
        <bdi>{label}</bdi>
      </span>
      <input
        dir={place === 'media' ? 'ltr' : 'auto'}
        data-testid="template-blank"
        autoFocus={first}
        value={value}
        placeholder={place === 'media' ? 'https://' : ''}
        onChange={(event) => onChange(event.target.value)}
        className="min-h-10 w-full rounded-lg border border-edge bg-raised px-3 outline-none focus:border-accent"
      />
    </label>
  );
}
