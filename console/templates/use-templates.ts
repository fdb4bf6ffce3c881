import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { allPages, withCursor } from '../api/all-pages.ts';
import type { RenderedTemplate } from '../api/types.ts';
import { useWorkspace } from '../app/workspace.ts';
import { isBeyond, type Template } from './definition.ts';

/** The approved templates that a number may send and this console can fill in. */
export function useTemplates(channelId: string) {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: ['templates', channelId],
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const path = `/v1/templates?limit=100&channelId=${encodeURIComponent(channelId)}`;
      const { items } = await allPages<Template>(api, (cursor) => withCursor(path, cursor), { signal });
      return items
        .filter((template) => template.sendable && !isBeyond(template))
        .toSorted(
          (one, other) => one.name.localeCompare(other.name) || one.language.localeCompare(other.language),
        );
    },
  });
}

interface Preview {
  rendered: RenderedTemplate;
  errors: { path: string; message: string }[];
}

/** How a template looks with what fills it, by the server's own rules. */
export function usePreview(template: Template, components: object[]) {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: ['template-preview', template.id, JSON.stringify(components)],
    gcTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      api.request<Preview>(`/v1/templates/${encodeURIComponent(template.id)}/preview`, {
        method: 'POST',
        body: { components },
        signal,
      }),
  });
}
