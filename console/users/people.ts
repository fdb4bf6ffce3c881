/** What the page of people reads and writes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { allPages, withCursor } from '../api/all-pages.ts';
import { useWorkspace } from '../app/workspace.ts';

export interface User {
  id: string;
  firstName: string;
  lastName: string;
  email: string | null;
  role: string;
  status: 'invited' | 'active' | 'disabled';
  emailProven: boolean;
  secondFactor: boolean;
}

export interface Role {
  id: string;
  name: string;
  builtIn: boolean;
  permissions: string[];
}

export interface HandOver {
  from: string;
  to: string;
}

const PEOPLE = 'people';

/** Reads a resource of this page again whenever something of it changed. */
function usePeople<Answer>(name: string, path: string) {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: [PEOPLE, name],
    queryFn: ({ signal }) => api.request<Answer>(path, { signal }),
    staleTime: 0, // no feed tells of people
  });
}

const USERS = '/v1/users?limit=100';

/** Everybody, however many: whom the page does not show nobody can disable. */
export function useUsers() {
  const { api } = useWorkspace();
  return useQuery({
    queryKey: [PEOPLE, 'users'],
    queryFn: ({ signal }) => allPages<User>(api, (cursor) => withCursor(USERS, cursor), { signal }),
    staleTime: 0, // no feed tells of people
  });
}
export const useRoles = () => usePeople<{ items: Role[] }>('roles', '/v1/roles');
export const useHandOver = () =>
  usePeople<{ handOver: HandOver | null }>('hand-over', '/v1/account/hand-over');

interface Change<Body> {
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: string;
  body?: Body;
}

export function usePeopleChange<Body = unknown>(onDone: () => void = () => undefined) {
  const { api } = useWorkspace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, ...request }: Change<Body>) => api.request(path, request),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: [PEOPLE] });
    },
  });
}
