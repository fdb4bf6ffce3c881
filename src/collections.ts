/** Every collection of the product. What is not listed here can't be opened. */
import { AccountNumbers, Accounts } from './accounts/model.ts';
import { AuditEntries, AuditStates, WaitingAudit } from './audit/model.ts';
import { Charges } from './conversations/charges-model.ts';
import { Groups } from './conversations/groups-model.ts';
import {
  Contacts,
  Conversations,
  Identities,
  Messages,
  SentWamids,
  Statuses,
} from './conversations/model.ts';
import { Deliveries, Endpoints } from './endpoints/model.ts';
import { DeadLetters } from './lanes/model.ts';
import { Mails } from './mail/model.ts';
import { Media } from './media/model.ts';
import { Notices } from './notices/model.ts';
import { AccessGrants, Operators } from './operators/model.ts';
import { Erasures } from './privacy/model.ts';
import { SearchWords } from './search/model.ts';
import type { BaseRow, Collection } from './store/collection.ts';
import { Templates } from './templates/model.ts';
import { Apps } from './tenants/apps-model.ts';
import { ApiKeys, Channels, NumberHolders, Routes, Tenants } from './tenants/model.ts';
import { Departures, OneTimeLinks, Roles, Sessions, UserNames, Users } from './tenants/people-model.ts';

export const collections = [
  Tenants,
  Accounts,
  AccountNumbers,
  Channels,
  Routes,
  NumberHolders,
  Apps,
  ApiKeys,
  Operators,
  AccessGrants,
  Users,
  UserNames,
  Departures,
  Roles,
  Sessions,
  OneTimeLinks,
  Contacts,
  Identities,
  Conversations,
  Groups,
  Messages,
  SentWamids,
  Statuses,
  Charges,
  Endpoints,
  Deliveries,
  Media,
  Notices,
  Mails,
  Templates,
  DeadLetters,
  SearchWords,
  Erasures,
  AuditEntries,
  AuditStates,
  WaitingAudit,
] as unknown as Collection<BaseRow>[];
