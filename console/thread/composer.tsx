import { FileText, Lock, SendHorizontal } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation, Message } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { serviceWindow } from '../inbox/service-window.ts';
import { TemplateDialog } from '../templates/template-dialog.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { useNow } from '../ui/use-now.ts';
import { useStore } from '../ui/use-store.ts';
import { AnsweringBar } from './answering.tsx';
import { twinsOf } from './arrived.ts';
import { HeldByOther } from './held-by-other.tsx';
import { charactersLeft } from './text-limit.ts';
import { useTyping } from './use-seen.ts';

/** The text box grows up to this height (px), then it scrolls. */
const TALLEST_PX = 200;

/** Phones and tablets: the on-screen keyboard opens on focus, and its Enter begins a new line. */
const touch = window.matchMedia('(pointer: coarse)');

interface ComposerProps {
  conversation: Conversation;
  newestFirst: Message[];
}

/** Where the agent writes, and the templates. The sheet stays open when the window opens or closes meanwhile. */
export function Composer(props: ComposerProps) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLElement>(null);
  const open = (from: HTMLElement): void => {
    opener.current = from;
    setOpen(true);
  };
  return (
    <>
      <Place {...props} onTemplates={open} />
      <TemplateDialog
        conversation={props.conversation}
        isOpen={isOpen}
        onOpenChange={setOpen}
        opener={opener}
      />
    </>
  );
}

interface PlaceProps extends ComposerProps {
  /** @param from the button that opens them */
  onTemplates: (from: HTMLElement) => void;
}

/** The text box; or why nothing can be written now. */
function Place({ conversation, newestFirst, onTemplates }: PlaceProps) {
  const { t } = useTranslation();
  const { me, drafts, outbox, answering, serverNow } = useWorkspace();
  const now = useNow(1_000 * 5, serverNow);
  const text = useStore(drafts.texts)[conversation.id] ?? '';
  const answered = useStore(answering);
  const typing = useTyping(conversation.id);
  const quoted = answered?.conversationId === conversation.id ? answered.message : null;
  const closed = serviceWindow(conversation.windowExpiresAt, now).level === 'closed';

  if (!me.scopes.includes('messages:send')) {
    return <Barred title={t('composer.noRight')} hint={t('composer.noRightHint')} />;
  }
  if (closed) {
    const kept = text === '' ? '' : ` ${t('composer.draftKept')}`;
    return (
      <Barred title={t('composer.closed')} hint={t('composer.closedHint') + kept}>
        <Button
          look="primary"
          data-testid="open-templates"
          className="mt-2"
          onClick={(event) => onTemplates(event.currentTarget)}
        >
          <FileText aria-hidden className="size-4" />
          {t('templates.open')}
        </Button>
      </Barred>
    );
  }
  if (conversation.control !== undefined) return <HeldByOther conversation={conversation} />;
  const send = (): void => {
    const twins = twinsOf(text.trim(), newestFirst);
    outbox.send(conversation.id, text.trim(), twins, quoted?.wamid ?? undefined);
    answering.set(null);
    drafts.write(conversation.id, '');
  };
  return (
    <TextBox
      text={text}
      templates={
        <IconButton
          label={t('templates.open')}
          data-testid="open-templates"
          className="size-11! hover:bg-hover"
          onClick={(event) => onTemplates(event.currentTarget)}
        >
          <FileText aria-hidden className="size-5" />
        </IconButton>
      }
      quoted={quoted}
      onChange={(next) => {
        drafts.write(conversation.id, next);
        if (next.trim() !== '') typing();
      }}
      onDropQuote={() => answering.set(null)}
      onSend={send}
    />
  );
}

function Barred({ title, hint, children }: { title: string; hint: string; children?: ReactNode }) {
  return (
    <div className="flex gap-3 border-t border-line bg-surface px-4 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-8">
      <Lock aria-hidden className="mt-0.5 size-5 shrink-0 text-muted" />
      <div data-testid="composer-barred" className="text-sm">
        <p className="font-semibold">{title}</p>
        <p className="text-muted">{hint}</p>
        {children}
      </div>
    </div>
  );
}

interface TextBoxProps {
  /** The way to the templates. */
  templates: ReactNode;
  text: string;
  /** The message that is answered. */
  quoted: Message | null;
  onChange: (text: string) => void;
  onDropQuote: () => void;
  onSend: () => void;
}

function TextBox({ text, templates, quoted, onChange, onDropQuote, onSend }: TextBoxProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLTextAreaElement>(null);
  const left = charactersLeft(text.trim());
  const sendable = text.trim() !== '' && (left === null || left >= 0);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(TALLEST_PX, element.scrollHeight)}px`;
  }, [text]);
  useEffect(() => {
    if (!touch.matches || quoted !== null) box.current?.focus();
  }, [quoted]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && quoted !== null) onDropQuote();
    // While letters are being composed (Japanese, accents), Enter chooses one; it does not send.
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    const wanted = event.ctrlKey || event.metaKey || (!event.shiftKey && !touch.matches);
    if (!wanted) return;
    event.preventDefault();
    if (sendable) onSend();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (sendable) onSend();
        box.current?.focus();
      }}
      className="border-t border-line bg-surface px-3 py-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] md:px-8"
    >
      {quoted !== null && <AnsweringBar message={quoted} onDrop={onDropQuote} />}
      <div className="mx-auto flex max-w-4xl items-end gap-2">
        {templates}
        <div className="flex min-w-0 flex-1 rounded-2xl border border-edge bg-raised focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
          <textarea
            ref={box}
            data-testid="composer"
            dir="auto"
            rows={1}
            value={text}
            aria-label={t('composer.label')}
            aria-describedby="composer-keys"
            placeholder={t('composer.placeholder')}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={onKeyDown}
            className="thin-scroll min-h-11 w-full resize-none bg-transparent px-4 py-2.5 leading-6 outline-none placeholder:text-muted"
          />
        </div>
        <button
          type="submit"
          data-testid="send"
          disabled={!sendable}
          aria-label={t('composer.send')}
          title={t('composer.send')}
          className="flex size-11 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:cursor-not-allowed disabled:bg-line disabled:text-muted"
        >
          <SendHorizontal aria-hidden className="points size-5" />
        </button>
      </div>
      <div className="mx-auto flex max-w-4xl justify-between gap-4 px-4 pt-1 text-[0.6875rem] text-muted">
        <span id="composer-keys" className="hidden md:inline pointer-coarse:hidden">
          {t('composer.keys')}
        </span>
        {left !== null && (
          <span role="status" className={`ms-auto tabular-nums ${left < 0 ? 'font-semibold text-bad' : ''}`}>
            {left < 0 ? t('composer.tooLong', { count: -left }) : t('composer.left', { count: left })}
          </span>
        )}
      </div>
    </form>
  );
}
