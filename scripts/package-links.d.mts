export function targetOf(page: string, to: string): string | null;
export function relativeLinks(page: string, text: string): [to: string, target: string][];
export function packagedPage(
  page: string,
  text: string,
  has: (path: string) => boolean,
  url: string | null | undefined,
): string;
export function webAddress(url: string): string;
