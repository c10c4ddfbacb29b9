/** A variable of the process's environment; undefined in a browser, and where Deno was not given the right to read it. */
export function environment(name: string): string | undefined {
  if (!granted({ name: "env", variable: name })) return undefined;
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

/** Whether Deno was given a right: to use it without would throw, or ask in the middle of a program. Elsewhere all are. */
export function granted(right: { name: "env" | "read" | "ffi"; variable?: string }): boolean {
  const { Deno } = globalThis as { Deno?: { permissions?: DenoPermissions } };
  return (Deno?.permissions?.querySync(right).state ?? "granted") === "granted";
}

interface DenoPermissions {
  querySync(right: object): { state: string };
}

/** Whether padding that rows share is computed once; CELLSTATE_SHARE_PADDING=0 says no. */
export const sharesPadding = (): boolean => environment("CELLSTATE_SHARE_PADDING") !== "0";
