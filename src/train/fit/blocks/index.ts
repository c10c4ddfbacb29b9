/** Training in blocks, loaded where a batch is cut. */
export { splitOf, withBlocks } from "./split.ts";
export { RankTeam } from "./team.ts";
