/** Links of the packed package's pages: those to files that only the repository has lead there, or are words alone where it is not known. */
import { posix } from "node:path";

/** A link or image, or code, whichever begins first: what is in code is no link. */
const parts = /^(`{3,})[\s\S]*?^\1|`[^`\n]+`|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/gm;

/** The file that a relative link of a page leads to; null for addresses and places on the page itself. */
export function targetOf(page, to) {
  if (/^([a-z]+:|#|\/)/i.test(to)) return null;
  return posix.normalize(posix.join(posix.dirname(page), to.split("#")[0]));
}

/** `[to, target]` of every relative link of a page, those in code left out. */
export function relativeLinks(page, text) {
  return [...text.matchAll(parts)].flatMap(([, , , , to]) => {
    const target = to ? targetOf(page, to) : null;
    return target === null ? [] : [[to, target]];
  });
}

/**
 * The page's text as the package has it. `has`: whether a file or folder is in the package; `url`: of the repository, if it has one.
 */
export function packagedPage(page, text, has, url) {
  return text.replace(parts, (whole, _, image, words, to) => {
    const target = to ? targetOf(page, to) : null;
    if (target === null || has(target)) return whole;
    if (!url) return image ? `*${words}*` : words;
    const anchor = to.includes("#") ? `#${to.split("#")[1]}` : "";
    return `${image}[${words}](${url}/${image ? "raw" : "blob"}/HEAD/${target}${anchor})`;
  });
}

/** A repository's address as a browser opens it: of `git@host:owner/name.git`, `git+https://...` and the like. */
export function webAddress(url) {
  return url
    .replace(/^git\+/, "")
    .replace(/^(?:ssh:\/\/)?git@([^/:]+)[:/]/, "https://$1/")
    .replace(/^git:/, "https:")
    .replace(/\.git$/, "");
}
