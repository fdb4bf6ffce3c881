/** The pages of the settings: who may open one finds it in the menu, at `#/settings/<name>`. */
import { Building2, KeyRound, LifeBuoy, type LucideIcon, UserRoundKey, Users } from 'lucide-react';
import type { ComponentType } from 'react';

import { AccountPage } from '../account/account-page.tsx';
import type { Me } from '../api/types.ts';
import { KeysPage } from '../keys/keys-page.tsx';
import { MySignInPage } from '../my-sign-in/my-sign-in-page.tsx';
import { SupportAccessPage } from '../support-access/support-access-page.tsx';
import { UsersPage } from '../users/users-page.tsx';

interface SettingsPage {
  name: string;
  /** Key of its title. */
  title: 'keys.title' | 'supportAccess.title' | 'people.title' | 'people.account.title' | 'ownSignIn.title';
  icon: LucideIcon;
  /** The right that it needs; undefined: none. Only people have such pages. */
  needs?: string;
  Page: ComponentType;
}

const PAGES: SettingsPage[] = [
  { name: 'sign-in', title: 'ownSignIn.title', icon: UserRoundKey, Page: MySignInPage },
  {
    name: 'account',
    title: 'people.account.title',
    icon: Building2,
    needs: 'account:read',
    Page: AccountPage,
  },
  { name: 'people', title: 'people.title', icon: Users, needs: 'users:read', Page: UsersPage },
  { name: 'keys', title: 'keys.title', icon: KeyRound, needs: 'keys:read', Page: KeysPage },
  {
    name: 'support-access',
    title: 'supportAccess.title',
    icon: LifeBuoy,
    needs: 'support-access:read',
    Page: SupportAccessPage,
  },
];

/** Those that this person may open; none for API keys. */
export function settingsPages({ caller, scopes }: Me): SettingsPage[] {
  if (caller.kind !== 'person') return [];
  return PAGES.filter(({ needs }) => needs === undefined || scopes.includes(needs));
}
