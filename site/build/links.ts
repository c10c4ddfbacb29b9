/** Every link within the site leads to a page that is there, and to a heading on it. */
import { posix } from "node:path";

/** What is wrong, a line each: the page, and the address that leads to nothing. `files`: everything that is served. */
export function deadLinks(pages: ReadonlyMap<string, string>, files: ReadonlySet<string>): string[] {
  const ids = new Map(
    [...pages].map(([path, html]) => [path, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  return [...pages].flatMap(([path, html]) => {
    const links = [...html.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, to]) => to.replaceAll("&amp;", "&"));
    return [...new Set(links)].flatMap((to) => {
      if (/^(https?:|mailto:|data:)/.test(to)) return [];
      const [file, hash] = to.split("#");
      const target = file ? posix.normalize(posix.join(posix.dirname(path), file)) : path;
      if (!pages.has(target) && !files.has(target)) return [`${path}: ${to}`];
      const named = ids.get(target);
      return hash && named && !target.startsWith("studio/") && !named.has(decodeURIComponent(hash))
        ? [`${path}: ${to}`]
        : [];
    });
  });
}
