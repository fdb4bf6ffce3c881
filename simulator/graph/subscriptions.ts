import type { BusinessNumber, Settings } from '../settings.ts';
import { stateOf } from './number-state.ts';

/** Which WABAs are subscribed, and where each one's webhooks go. All are subscribed from the start. */
export class Subscriptions {
  readonly #unsubscribed = new Set<string>();
  readonly #overrides = new Map<string, string>();

  constructor(private readonly settings: Settings) {}

  /** @param overrideUrl callback of this WABA alone; undefined goes back to the app's */
  subscribe(wabaId: string, overrideUrl: string | undefined): void {
    this.#unsubscribed.delete(wabaId);
    if (overrideUrl === undefined) this.#overrides.delete(wabaId);
    else this.#overrides.set(wabaId, overrideUrl);
  }

  unsubscribe(wabaId: string): void {
    this.#unsubscribed.add(wabaId);
    this.#overrides.delete(wabaId);
  }

  isSubscribed(wabaId: string): boolean {
    return !this.#unsubscribed.has(wabaId);
  }

  override(wabaId: string): string | undefined {
    return this.#overrides.get(wabaId);
  }

  /** Every callback that is set, as `webhook_configuration` shows them. */
  addressesOf(number: BusinessNumber): Record<string, string> {
    const ofNumber = stateOf(number).override;
    const ofAccount = this.#overrides.get(number.wabaId);
    return {
      ...(ofNumber === null ? {} : { phone_number: ofNumber }),
      ...(ofAccount === undefined ? {} : { whatsapp_business_account: ofAccount }),
      application: this.settings.webhookUrl,
    };
  }

  /** Where webhooks of the number go: its own address, else its WABA's, else the app's; null while its WABA is not subscribed. */
  callbackOf(number: BusinessNumber): string | null {
    if (!this.isSubscribed(number.wabaId)) return null;
    const { phone_number, whatsapp_business_account, application } = this.addressesOf(number);
    return phone_number ?? whatsapp_business_account ?? application ?? null;
  }
}
