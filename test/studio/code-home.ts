import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../scripts/bundle.mjs";
import { createEngine, type Tell } from "../../src/studio/index.ts";

const root = join(import.meta.dirname, "../..");
export const models = join(root, "studio/models");

/** An engine, asked in turn; each question is answered with its last answer. */
export function asking() {
  const told: Tell[] = [];
  const engine = createEngine((message) => void told.push(message));
  let id = 0;
  return async (ask: string, given: object = {}): Promise<Tell> => {
    await engine.ask({ id: ++id, ask, ...given });
    return told.at(-1)!;
  };
}

/** An answer of one kind. Throws where it is another. */
export function as<K extends Tell["tell"]>(kind: K, tell: Tell): Extract<Tell, { tell: K }> {
  if (tell.tell === kind) return tell as Extract<Tell, { tell: K }>;
  throw new Error(JSON.stringify(tell).slice(0, 500));
}

export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(models, `${name}.keras`)));

/** A folder with the built library and the cards' models, in which the page's code runs. */
export async function codeHome() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "cellstate-studio-code-")));
  for (const beside of ["assets", "build", "node_modules", "package.json"])
    if (existsSync(join(root, beside))) symlinkSync(join(root, beside), join(home, beside));
  for (const name of ["sentiment", "next-word", "airline", "adding"])
    symlinkSync(join(models, `${name}.keras`), join(home, `${name}.keras`));
  await bundle(root, join(home, "dist"));
  const run = (file: string, code: string, program: string): string => {
    writeFileSync(join(home, file), code);
    return execFileSync(program, [file], { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  return {
    typescript: (code: string) => run("page-code.mjs", code, process.execPath),
    python: (code: string, python: string) => run("page_code.py", code, python),
    end: () => rmSync(home, { recursive: true, force: true }),
  };
}
