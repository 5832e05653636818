/** Names of topics and groups as Kafka allows them, so that what works embedded works there too. */
export function checkName(what: 'topic' | 'group', name: string): string {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return name;
  throw new Error(
    `${what} ${JSON.stringify(name)}: 1 to 249 of the characters a-z A-Z 0-9 . _ - are allowed`,
  );
}
