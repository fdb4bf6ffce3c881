import { call } from '../api.ts';

/** How the next messages of the person are posted; absent: as usual. */
export interface Way {
  /** The same POST so many times. */
  times?: number;
  /** So many messages in one POST. */
  copies?: number;
  /** Posted so many ms later. */
  late?: number;
  /** The POST filled up to so many bytes. */
  bytes?: number;
}

const list = async <T>(path: string): Promise<T[]> => (await call<{ items: T[] }>('GET', path)).items;

export interface Code {
  code: number;
  title: string;
}
export interface TemplateRow {
  id: string;
  name: string;
  language: string;
  status: string;
  category: string;
  quality_score: { score: string };
}
export interface FaultRow {
  fault: { kind: string; code?: number };
  left: number;
}

export const getCodes = (): Promise<Code[]> => list('/codes');
export const getFields = (): Promise<string[]> => list('/fields');
export const getTemplates = (): Promise<TemplateRow[]> => list('/templates');
export const getFaults = (): Promise<FaultRow[]> => list('/faults');

export const orderFault = (fault: Record<string, unknown>, times: number): Promise<unknown> =>
  call('POST', '/faults', { fault, match: { times } });
export const clearFaults = (): Promise<unknown> => call('DELETE', '/faults');

export const postStatus = (wamid: string, status: string, code?: number): Promise<unknown> =>
  call('POST', '/statuses', { wamid, status, ...(code === undefined ? {} : { code }) });

export const moveAway = (personId: string, phone?: string): Promise<unknown> =>
  call('POST', `/people/${personId}/move`, phone === undefined ? {} : { phone });

export const postField = (personId: string, phoneNumberId: string, field: string): Promise<unknown> =>
  call('POST', `/people/${personId}/fields`, { phoneNumberId, field });

export interface GroupRow {
  id: string;
  phoneNumberId: string;
  subject: string;
  memberIds: string[];
}
export const getGroups = (): Promise<GroupRow[]> => list('/groups');
export const makeGroup = (phoneNumberId: string, subject: string, memberIds: string[]): Promise<unknown> =>
  call('POST', '/groups', { phoneNumberId, subject, memberIds });
export const writeToGroup = (groupId: string, personId: string, message: string): Promise<unknown> =>
  call('POST', `/groups/${groupId}/messages`, { personId, message });
export const leaveGroup = (groupId: string, personId: string): Promise<unknown> =>
  call('POST', `/groups/${groupId}/leave`, { personId });

export const getScenes = (): Promise<string[]> => list('/scenes');
export const playScene = (personId: string, phoneNumberId: string, scene: string): Promise<unknown> =>
  call('POST', `/people/${personId}/scenes`, { phoneNumberId, scene });

export const endLinks = (): Promise<unknown> => call('POST', '/media/expire', {});

export const preferMarketing = (
  personId: string,
  phoneNumberId: string,
  value: 'stop' | 'resume',
): Promise<unknown> => call('POST', `/people/${personId}/marketing`, { phoneNumberId, value });

export const judgeTemplate = (id: string, quality: string): Promise<unknown> =>
  call('POST', `/templates/${id}/quality`, { quality });

export const categoriseTemplate = (id: string, category: string): Promise<unknown> =>
  call('POST', `/templates/${id}/category`, { category });

export const decideTemplate = (id: string, status: string): Promise<unknown> =>
  call('POST', `/templates/${id}`, { status });
