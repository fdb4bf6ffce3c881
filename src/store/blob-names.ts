/** What every blob store says of names. */

/** There is no blob of this name. */
export class BlobMissingError extends Error {
  override name = 'BlobMissingError';
}

/** Tenant and name. @throws for a name that could lead elsewhere */
export function partsOfName(name: string): { tenantId: string; own: string } {
  const { tenantId, own } = /^(?<tenantId>\w{1,64})\/(?<own>[\w-][\w.-]{7,99})$/.exec(name)?.groups ?? {};
  if (tenantId === undefined || own === undefined) throw new Error('Not a name of a blob.');
  return { tenantId, own };
}
