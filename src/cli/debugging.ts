/** Whether CELLSTATE_DEBUG=1 asks for stacks. Deno, where it gave no right to read the variable, would throw. */
export function debugging(): boolean {
  const { Deno } = globalThis as { Deno?: { permissions: { querySync(right: object): { state: string } } } };
  const right = Deno?.permissions.querySync({ name: "env", variable: "CELLSTATE_DEBUG" }).state ?? "granted";
  return right === "granted" && process.env.CELLSTATE_DEBUG === "1";
}
