import type { BusinessNumber, Settings } from '../settings.ts';

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

  /** Where `messages` webhooks of the number go; null while its WABA is not subscribed. */
  callbackOf({ wabaId }: BusinessNumber): string | null {
    if (!this.isSubscribed(wabaId)) return null;
    return this.#overrides.get(wabaId) ?? this.settings.webhookUrl;
  }
}
