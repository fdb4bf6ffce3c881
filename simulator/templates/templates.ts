import type { Ids } from '../ids.ts';
import type { TemplateComponents, TemplateInput } from './definition.ts';

/** Where a template stands (Cloud API: template status). */
export type TemplateStatus = 'PENDING' | 'APPROVED' | 'REJECTED' | 'PAUSED' | 'DISABLED';

export interface Template {
  readonly id: string;
  readonly wabaId: string;
  readonly name: string;
  readonly language: string;
  readonly parameterFormat: 'POSITIONAL' | 'NAMED';
  category: string;
  components: TemplateComponents;
  status: TemplateStatus;
  /** Why it is not approved. */
  reason: string;
  quality: 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN';
}

/** The templates of all accounts. */
export class Templates {
  readonly #all = new Map<string, Template>();
  /** Person and number, of those who take no marketing. */
  readonly #stopped = new Set<string>();

  /** @param approved those that accounts have from the start */
  constructor(
    private readonly ids: Ids,
    approved: (TemplateInput & { wabaId: string })[] = [],
  ) {
    for (const { wabaId, ...input } of approved) {
      const template = this.create(wabaId, input);
      if (template === undefined) {
        throw new Error(`The account ${wabaId} has the template ${input.name} (${input.language}) twice.`);
      }
      template.status = 'APPROVED';
    }
  }

  /** @returns undefined when the account has this name in this language already */
  create(wabaId: string, input: TemplateInput): Template | undefined {
    if (this.find(wabaId, input.name, input.language) !== undefined) return undefined;
    const template: Template = {
      id: this.ids.mediaId(),
      wabaId,
      name: input.name,
      language: input.language,
      parameterFormat: input.parameter_format,
      category: input.category,
      components: input.components,
      status: 'PENDING',
      reason: 'NONE',
      quality: 'UNKNOWN',
    };
    this.#all.set(template.id, template);
    return template;
  }

  /** Whether a person takes marketing from a number (Cloud API: user preferences). */
  prefer(personId: string, phoneNumberId: string, value: 'stop' | 'resume'): void {
    const key = `${personId} ${phoneNumberId}`;
    if (value === 'stop') this.#stopped.add(key);
    else this.#stopped.delete(key);
  }

  wantsNone(personId: string, phoneNumberId: string): boolean {
    return this.#stopped.has(`${personId} ${phoneNumberId}`);
  }

  get(id: string): Template | undefined {
    return this.#all.get(id);
  }

  find(wabaId: string, name: string, language: string): Template | undefined {
    return this.of(wabaId).find((one) => one.name === name && one.language === language);
  }

  of(wabaId: string): Template[] {
    return this.list().filter((template) => template.wabaId === wabaId);
  }

  list(): Template[] {
    return [...this.#all.values()];
  }

  /** Takes away all languages of a name, or one of them by its id. @returns what is gone */
  delete(wabaId: string, name: string, id?: string): Template[] {
    const gone = this.of(wabaId).filter((one) => one.name === name && (id === undefined || one.id === id));
    for (const template of gone) this.#all.delete(template.id);
    return gone;
  }
}
