/** The public doors, as paths below src/ and dist/ without an ending. */
export const doors: readonly string[];
/** Bundles src/ of `root` into `dir`: for Node, and below browser/ for bundlers. */
export function bundle(root: string, dir: string): Promise<void>;
