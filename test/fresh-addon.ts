import { execFileSync } from "node:child_process";

/** Before any test: an addon older than its sources is built again, for it may crash on tapes of today. */
export default function setup(): void {
  if (process.env.CELLSTATE_ADDON) return; // one that was built for the occasion
  execFileSync(process.execPath, ["scripts/build-native.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
}
