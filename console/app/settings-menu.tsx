import { useQuery } from '@tanstack/react-query';
import { Check, FileText, LogOut, Mail, Settings } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { switchLanguage } from '../i18n/setup.ts';
import type { About } from '../sign-in/requests.ts';
import { useStore } from '../ui/use-store.ts';
import { settingsPages } from './pages.ts';
import { type Theme, theme, THEMES } from './theme.ts';
import { openSettings } from './use-route.ts';
import { useWorkspace } from './workspace.ts';

/** The rail stands at the side, not at the bottom. */
const wide = window.matchMedia('(min-width: 768px)');

const ITEM =
  'flex min-h-9 cursor-pointer items-center gap-2 rounded-lg px-2.5 text-sm outline-none data-highlighted:bg-hover';

/** Whose account this is, language, appearance, sign-out. */
export function SettingsMenu({ onSignOut }: { onSignOut: () => void }) {
  const { t, i18n } = useTranslation();
  const { me, outbox } = useWorkspace();
  const chosenTheme = useStore(theme);
  const isPerson = me.caller.kind === 'person';

  const leave = (): void => {
    const unsent = outbox.pending.get().length;
    if (unsent === 0 || window.confirm(t('frame.signOutUnsent', { count: unsent }))) onSignOut();
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={t('frame.settings')}
        title={t('frame.settings')}
        className="flex size-11 items-center justify-center rounded-xl hover:bg-white/10 hover:text-white data-[state=open]:bg-white/10"
      >
        <Settings aria-hidden className="size-5" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side={wide.matches ? (i18n.dir() === 'rtl' ? 'left' : 'right') : 'top'}
          align="end"
          sideOffset={12}
          collisionPadding={8}
          className="z-20 w-64 rounded-xl border border-line bg-surface p-1.5 text-ink shadow-2xl shadow-black/20"
        >
          <div className="px-2.5 pt-1.5 pb-2">
            <p dir="auto" className="one-line font-semibold">
              {me.tenant.name}
            </p>
            <p className="text-xs text-muted">
              <Isolated text={t('frame.account', { number: me.tenant.accountNumber })} />
            </p>
            <p className="text-xs text-muted">
              <Isolated text={t(isPerson ? 'frame.person' : 'frame.key', { name: me.caller.name })} />
            </p>
          </div>
          <Divider />
          {settingsPages(me).map(({ name, title, icon: Icon }) => (
            <DropdownMenu.Item key={name} className={ITEM} onSelect={() => openSettings(name)}>
              <Icon aria-hidden className="size-4 text-muted" />
              {t(title)}
            </DropdownMenu.Item>
          ))}
          {settingsPages(me).length > 0 && <Divider />}
          <AboutItems />
          <Choices
            title={t('language.switch')}
            value={i18n.language}
            onChoose={(language) => void switchLanguage(language === 'he' ? 'he' : 'en')}
          >
            <Choice value="en">English</Choice>
            <Choice value="he">עברית</Choice>
          </Choices>
          <Divider />
          <Choices
            title={t('theme.title')}
            value={chosenTheme}
            onChoose={(value) => theme.set(value as Theme)}
          >
            {THEMES.map((value) => (
              <Choice key={value} value={value}>
                {t(`theme.${value}`)}
              </Choice>
            ))}
          </Choices>
          <Divider />
          <DropdownMenu.Item className={`${ITEM} text-bad`} onSelect={leave}>
            <LogOut aria-hidden className="points size-4" />
            {t('frame.signOut')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Whom to ask, and what becomes of one's data. */
function AboutItems() {
  const { t } = useTranslation();
  const { api } = useWorkspace();
  const { data } = useQuery({
    queryKey: ['about'],
    queryFn: ({ signal }) => api.request<About>('/v1/about', { signal }),
  });
  if (data === undefined) return null;
  return (
    <>
      <DropdownMenu.Item className={ITEM} asChild>
        <a href={`mailto:${data.contactEmail}`}>
          <Mail aria-hidden className="size-4 text-muted" />
          <bdi className="one-line">{t('personSignIn.contact', { address: data.contactEmail })}</bdi>
        </a>
      </DropdownMenu.Item>
      <DropdownMenu.Item className={ITEM} asChild>
        <a href={data.policyUrl} target="_blank" rel="noreferrer">
          <FileText aria-hidden className="size-4 text-muted" />
          {t('personSignIn.policy')}
        </a>
      </DropdownMenu.Item>
      <Divider />
    </>
  );
}

function Isolated({ text }: { text: string }) {
  return <bdi>{text}</bdi>;
}

function Divider() {
  return <DropdownMenu.Separator className="my-1.5 h-px bg-line" />;
}

interface ChoicesProps {
  title: string;
  value: string;
  onChoose: (value: string) => void;
  children: ReactNode;
}

function Choices({ title, value, onChoose, children }: ChoicesProps) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChoose}>
      <DropdownMenu.Label className="px-2.5 py-1 text-xs font-medium text-muted">{title}</DropdownMenu.Label>
      {children}
    </DropdownMenu.RadioGroup>
  );
}

function Choice({ value, children }: { value: string; children: ReactNode }) {
  return (
    <DropdownMenu.RadioItem value={value} className={ITEM} onSelect={(event) => event.preventDefault()}>
      <span className="flex size-4 items-center justify-center">
        <DropdownMenu.ItemIndicator>
          <Check aria-hidden className="size-4 text-accent" />
        </DropdownMenu.ItemIndicator>
      </span>
      {children}
    </DropdownMenu.RadioItem>
  );
}
