/** A variable of the process's environment; undefined in a browser. */
export function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

/** Whether padding that rows share is computed once; CELLSTATE_SHARE_PADDING=0 says no. */
export const sharesPadding = (): boolean => environment("CELLSTATE_SHARE_PADDING") !== "0";
