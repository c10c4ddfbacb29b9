/** The reason to refuse a request: a name that is not the server's (DNS rebinding), or a page from elsewhere. Null where it is not. */
export function foreign(
  given: { host: string | null | undefined; origin: string | null | undefined },
  lists: { hosts: readonly string[] | null; origins: readonly string[] },
): { status: 421 | 403; why: string } | null {
  const { hosts, origins } = lists;
  const host = (given.host ?? "").toLowerCase();
  if (hosts && !hosts.includes(host)) return { status: 421, why: `This server answers to ${hosts[0]} alone.` };
  if (given.origin === undefined || given.origin === null || origins.includes(given.origin)) return null;
  return { status: 403, why: "Pages from elsewhere may not ask." };
}

/** The names that a server on this machine's loopback interface has. */
export const loopbackNames = (port: number): string[] =>
  ["127.0.0.1", "localhost", "[::1]"].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
