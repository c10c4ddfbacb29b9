/** An element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An address within the site, from the page that is open. */
export const inSite = (path: string): string => (document.documentElement.dataset.root ?? "./") + path;

/** Hands the reader a file. */
export function download(name: string, contents: BlobPart, type = "application/octet-stream"): void {
  const address = URL.createObjectURL(new Blob([contents], { type }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
