import { DataError, fault, problem } from "../../errors.ts";

/** BullMQ, loaded when `--queue` is given. */
export type Bull = typeof import("bullmq");

/** The name of the one queue on a Redis that all searches share. */
export const queueName = "cellstate";

/** A Redis that answered, and the library that speaks to it. */
export interface Connected {
  readonly bull: Bull;
  /** Connection options of BullMQ, for connections that wait for a Redis that has gone. */
  readonly connection: Readonly<Record<string, unknown>>;
  /** The address without its password. */
  readonly address: string;
}

/**
 * Loads BullMQ and sees that a Redis answers at an address: `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS.
 * Throws DataError that says what to install, to start or to type.
 */
export async function connect(url: string): Promise<Connected> {
  const parts = addressOf(url);
  const { host, port, username, db, tls } = parts;
  const address = `${tls ? "rediss" : "redis"}://${username ? `${username}@` : ""}${host}:${port}${db ? `/${db}` : ""}`;
  const [bull, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]).catch((error) => {
    const next = "Install them, here and where the workers run: npm install bullmq ioredis";
    throw new DataError(fault("--queue", "the packages bullmq and ioredis are not installed", next), { cause: error });
  });
  const probe = new Redis({ ...parts, lazyConnect: true, retryStrategy: () => null, connectTimeout: 5000 });
  let heard: unknown = null;
  probe.on("error", (error) => {
    heard = error;
  });
  try {
    await probe.connect();
    await within(5000, probe.ping());
  } catch (error) {
    throw new DataError(refusalOf(address, heard ?? error), { cause: error });
  } finally {
    probe.disconnect();
  }
  const retryStrategy = (times: number) => Math.min(200 * times, 2000); // ms
  return { bull, address, connection: { ...parts, maxRetriesPerRequest: null, retryStrategy } };
}

function addressOf(url: string) {
  const wrong = () => {
    const next = "Type redis://127.0.0.1:6379, or redis://user:password@host:port/database; rediss:// for TLS.";
    return new DataError(problem("--queue", "the address of a Redis server", url.replace(/:[^:@/]*@/, ":…@"), next));
  };
  if (!URL.canParse(url)) throw wrong();
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (!/^rediss?:$/.test(protocol) || hostname === "" || !/^\/?\d*$/.test(pathname)) throw wrong();
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function refusalOf(address: string, error: unknown) {
  const { code, message } = Object(error) as { code?: string; message?: string };
  const said = String(message || code);
  const who = `--queue ${address}`;
  if (/NOAUTH|WRONGPASS|NOPERM|invalid password/i.test(said))
    return fault(who, `Redis asks for a user and password (${said})`, "Type redis://user:password@host:port.");
  if (/protocol error|RESP type/i.test(said))
    return fault(who, "what answers there is no Redis", "Look at host and port.");
  const start = "redis-server --appendonly yes";
  const next = `Start it (${start}; Debian, Ubuntu: apt-get install redis-server), or look at host, port and firewall.`;
  return fault(who, `no Redis answers there (${code ?? said})`, next);
}

/** Rejects when something takes longer than so many ms. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Says that Redis has gone, and once more when it is back; a client repeats its errors every second. */
export function onTrouble(
  { address }: Connected,
  say: (line: string) => void,
): { error: (error: unknown) => void; ready: () => void } {
  let away = false;
  return {
    error(error) {
      const { code, message } = Object(error) as { code?: string; message?: string };
      if (away || !/ECONN|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|closed|LOADING/i.test(`${code} ${message}`)) return;
      away = true;
      say(`${address}: Redis has gone (${code ?? message}); waiting until it is back, nothing is lost`);
    },
    ready() {
      if (away) say(`${address}: Redis is back`);
      away = false;
    },
  };
}
