/** What sources lose on their way into pages: Node's modules, which package.json's `browser` names, and what notebooks show. Every bundler of ours asks here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether a module is one that pages do without, and a source's text without the imports of such ones when used. */
export function forPages(root) {
  const { browser } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const isLeftOut = (name) => browser[name] === false;
  const ofNotebooks = "./plot/figure.ts"; // what index.ts hands in for results to show themselves
  return {
    isLeftOut,
    // Code that imports one of those has checked first that this is Node.
    withoutNode: (text) =>
      text.replace(/\bimport\("([^"]+)"\)/g, (whole, name) =>
        isLeftOut(name) || name === ofNotebooks ? "Promise.resolve({})" : whole,
      ),
  };
}
