import type { Person } from '../../people/people.ts';
import type { Business } from '../api.ts';
import type { Way } from './api.ts';
import { Faults, LastStatus } from './business.tsx';
import { AnyMessage, Identity, NextMessages } from './client.tsx';
import { GroupTools } from './group.tsx';
import { Files, Marketing, OtherFields, TemplateList } from './meta.tsx';
import { Scenes } from './scenes.tsx';

/** Where the phone leaves room beside it, the tools are open from the start. */
const WIDE = window.matchMedia('(min-width: 1024px)').matches;

interface ToolsProps {
  person: Person;
  business: Business;
  way: Way;
  onWay: (way: Way) => void;
}

/** What Meta can do besides: how webhooks come, who the person is, what befalls a send, and everything that is no message. */
export function Tools({ person, business, way, onWay }: ToolsProps) {
  const { phoneNumberId } = business;
  return (
    <details open={WIDE} data-testid="tools">
      <summary className="cursor-pointer text-sm font-semibold outline-leaf focus-visible:outline-2">
        Meta’s side
      </summary>
      <div className="flex flex-col gap-2 pt-2">
        <NextMessages way={way} onWay={onWay} />
        <AnyMessage person={person} phoneNumberId={phoneNumberId} />
        <Identity person={person} />
        <GroupTools person={person} phoneNumberId={phoneNumberId} />
        <Faults />
        <LastStatus person={person} phoneNumberId={phoneNumberId} />
        <Files />
        <Marketing person={person} phoneNumberId={phoneNumberId} />
        <TemplateList />
        <Scenes person={person} phoneNumberId={phoneNumberId} />
        <OtherFields person={person} phoneNumberId={phoneNumberId} />
      </div>
    </details>
  );
}
