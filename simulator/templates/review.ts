import type { Simulation } from '../simulation.ts';
import type { Posted } from '../webhooks/other-fields.ts';
import { postField } from '../webhooks/other-fields.ts';
import type { Template, TemplateStatus } from './templates.ts';

/** What a template of this status is told as. */
const EVENTS: Record<TemplateStatus, string> = {
  PENDING: 'PENDING',
  APPROVED: 'APPROVED',
  REJECTED: 'REJECTED',
  PAUSED: 'PAUSED',
  DISABLED: 'DISABLED',
};

/** Gives a template a status and tells the gateway (field `message_template_status_update`). */
export function decide(
  simulation: Simulation,
  template: Template,
  status: TemplateStatus,
  reason = 'NONE',
): Posted {
  const before = template.status;
  template.status = status;
  template.reason = reason;
  const { id, name, language, category } = template;
  const other =
    status === 'PAUSED'
      ? { other_info: { title: 'FIRST_PAUSE', description: 'Clients reported it.' } }
      : before === 'PAUSED' && status === 'APPROVED'
        ? { other_info: { title: 'UNPAUSE', description: 'The pause is over.' } }
        : {};
  return postField(simulation, template.wabaId, 'message_template_status_update', {
    event: EVENTS[status],
    message_template_id: Number(id),
    message_template_name: name,
    message_template_language: language,
    message_template_category: category,
    reason,
    ...(status === 'REJECTED'
      ? { rejection_info: { reason, recommendation: 'Say more clearly what the message is about.' } }
      : {}),
    ...other,
  });
}

/** A review as Meta makes it, in no time: what has the word REJECT in it is refused, all else is approved. */
export function review(simulation: Simulation, template: Template): void {
  const bad = /reject/i.test(JSON.stringify(template.components) + template.name);
  if (bad) decide(simulation, template, 'REJECTED', 'INVALID_FORMAT');
  else decide(simulation, template, 'APPROVED');
}

const named = ({ id, name, language }: Template): Record<string, unknown> => ({
  message_template_id: Number(id),
  message_template_name: name,
  message_template_language: language,
});

/** Gives a template another quality and tells it. */
export function judge(simulation: Simulation, template: Template, quality: Template['quality']): Posted {
  const before = template.quality;
  template.quality = quality;
  return postField(simulation, template.wabaId, 'message_template_quality_update', {
    previous_quality_score: before,
    new_quality_score: quality,
    ...named(template),
  });
}

/** Changes a template's category, or announces that a day ahead (Cloud API: template category update). */
export function recategorise(
  simulation: Simulation,
  template: Template,
  category: string,
  announced: boolean,
): Posted {
  const before = template.category;
  if (!announced) template.category = category;
  const tomorrow = Math.floor(simulation.clock().getTime() / 1_000) + 86_400;
  return postField(simulation, template.wabaId, 'template_category_update', {
    ...named(template),
    ...(announced
      ? { new_category: before, correct_category: category, category_update_timestamp: tomorrow }
      : { previous_category: before, new_category: category }),
  });
}
