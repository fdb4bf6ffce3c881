/** Every REST route of the product. Express, the OpenAPI document and the test of tenant isolation read this table. */
import { accountRoutes } from '../accounts/account-routes.ts';
import { entryRoutes } from '../accounts/entry-routes.ts';
import { roleRoutes } from '../accounts/role-routes.ts';
import { userRoutes } from '../accounts/user-routes.ts';
import { assignmentRoutes } from '../agents/assignment-routes.ts';
import { auditRoutes } from '../audit/routes.ts';
import { contactRoutes } from '../conversations/contact-routes.ts';
import { costRoutes } from '../conversations/cost-routes.ts';
import { marketingRoutes } from '../conversations/marketing-routes.ts';
import { conversationRoutes } from '../conversations/routes.ts';
import { mediaRoutes } from '../media/routes.ts';
import { noticeRoutes } from '../notices/routes.ts';
import { onboardingRoutes } from '../onboarding/routes.ts';
import { supportAccessRoutes } from '../operators/routes.ts';
import { outboxRoutes } from '../outbox/routes.ts';
import { seenRoutes } from '../outbox/seen-routes.ts';
import { erasureRoutes } from '../privacy/routes.ts';
import { searchRoutes } from '../search/routes.ts';
import { ownSignInRoutes } from '../sign-in/own-routes.ts';
import { publicSignInRoutes } from '../sign-in/public-routes.ts';
import { signInRulesRoutes } from '../sign-in/rules-routes.ts';
import { templateRoutes } from '../templates/routes.ts';
import { keyRoutes } from '../tenants/key-routes.ts';
import { tenantRoutes } from '../tenants/routes.ts';
import { deadLetterRoutes } from '../webhooks/dead-letter-routes.ts';
import type { Route } from './route.ts';

export const routes: Route[] = [
  ...tenantRoutes,
  ...entryRoutes,
  ...accountRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...keyRoutes,
  ...supportAccessRoutes,
  ...onboardingRoutes,
  ...conversationRoutes,
  ...assignmentRoutes,
  ...contactRoutes,
  ...erasureRoutes,
  ...marketingRoutes,
  ...costRoutes,
  ...mediaRoutes,
  ...noticeRoutes,
  ...outboxRoutes,
  ...seenRoutes,
  ...searchRoutes,
  ...templateRoutes,
  ...deadLetterRoutes,
  ...publicSignInRoutes,
  ...ownSignInRoutes,
  ...signInRulesRoutes,
  ...auditRoutes,
];
