import { createStore, type Storage, type Store } from '../ui/store.ts';

/** What the agent has begun to write, per conversation; it survives a reload of the tab. */
export interface Drafts {
  texts: Store<Readonly<Record<string, string>>>;
  write: (conversationId: string, text: string) => void;
  /** Puts a text behind what is already being written. */
  add: (conversationId: string, text: string) => void;
}

export function createDrafts(storage: Storage, storageName: string): Drafts {
  const texts = createStore<Readonly<Record<string, string>>>(
    JSON.parse(storage.getItem(storageName) ?? '{}') as Record<string, string>,
  );
  const write = (conversationId: string, text: string): void => {
    const others = Object.entries(texts.get()).filter(([id]) => id !== conversationId);
    texts.set(Object.fromEntries(text === '' ? others : [...others, [conversationId, text]]));
    storage.setItem(storageName, JSON.stringify(texts.get()));
  };
  return {
    texts,
    write,
    add(conversationId, text) {
      const before = texts.get()[conversationId] ?? '';
      write(conversationId, before.trim() === '' ? text : `${before}\n${text}`);
    },
  };
}
