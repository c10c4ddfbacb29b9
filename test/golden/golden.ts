import { existsSync, readFileSync } from "node:fs";

/** Folders of values made by running Keras: a small set here (`test/judges/make-golden.py`), a larger one beside the checkout. */
const places = [
  ["", new URL("values/", import.meta.url)],
  ["shared ", new URL("../../../shared/golden/", import.meta.url)],
] as const;

/** A golden file of each place, with a word for test names; a place that is absent is named once. */
export function golden<T>(name: string): { where: string; folder: URL; file: T }[] {
  return places.flatMap(([where, folder]) => {
    const file = new URL(name, folder);
    if (existsSync(file)) return [{ where, folder, file: JSON.parse(readFileSync(file, "utf8")) as T }];
    console.warn(`skipped: ../shared/golden/${name} is not here; test/golden/values/${name} is compared`);
    return [];
  });
}
