import { FileText, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../api/types.ts';
import { IconButton } from '../ui/button.tsx';
import type { Template } from './definition.ts';
import { TemplateForm } from './template-form.tsx';
import { TemplateList } from './template-list.tsx';

interface TemplateDialogProps {
  conversation: Conversation;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  /** What is focused after it: whatever opened it, if that is still there. */
  opener: RefObject<HTMLElement | null>;
}

/** Choose a template, fill it in, see it as the client will, send it. */
export function TemplateDialog({ conversation, isOpen, onOpenChange, opener }: TemplateDialogProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Template | null>(null);
  const change = (open: boolean): void => {
    onOpenChange(open);
    if (!open) setChosen(null);
  };
  return (
    <Dialog.Root open={isOpen} onOpenChange={change}>
      <Dialog.Portal>
        {/* Radix's own overlay writes a style element, which the page's security policy forbids. */}
        <div aria-hidden className="fixed inset-0 z-20 bg-black/40" />
        <Dialog.Content
          data-testid="templates"
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          className="fixed inset-x-0 bottom-0 z-30 mx-auto flex max-h-[90dvh] w-full max-w-2xl flex-col rounded-t-2xl border border-line bg-surface text-ink shadow-xl md:top-1/2 md:bottom-auto md:-translate-y-1/2 md:rounded-2xl"
        >
          <div className="flex items-center gap-2 border-b border-line px-4 py-2">
            <FileText aria-hidden className="size-5 text-accent" />
            <Dialog.Title className="flex-1 font-semibold">{t('templates.title')}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={t('templates.close')}>
                <X aria-hidden className="size-5" />
              </IconButton>
            </Dialog.Close>
          </div>
          {chosen === null ? (
            <TemplateList channelId={conversation.channel.id} onChoose={setChosen} />
          ) : (
            <TemplateForm
              conversation={conversation}
              template={chosen}
              onBack={() => setChosen(null)}
              onSent={() => change(false)}
            />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
