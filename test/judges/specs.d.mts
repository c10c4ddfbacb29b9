import type { NestedInput } from "../../src/index.ts";

/** Numbers for the inputs of a spec. */
export function dataFor(spec: unknown, seed: number): NestedInput[][];
