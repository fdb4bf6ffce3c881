/** MongoDB addresses by their parts; hosts may be several, so they are no URLs. */
const DEFAULT_DATABASE = 'whatsper';

/** The address with a database name: its own, else ours, with a suffix. */
export function databaseUri(uri: string, suffix = ''): string {
  const [, server = uri, name = '', options = ''] =
    /^([^?]*?\/\/[^/?]+)(?:\/([^?]*))?(\?.*)?$/.exec(uri) ?? [];
  return `${server}/${name === '' ? DEFAULT_DATABASE : name}${suffix}${options}`;
}
