#!/usr/bin/env node
import { cellstate, processScreen, run } from "./program.ts";

process.stdout.on("error", (error: { code?: string }) => {
  if (error.code === "EPIPE") process.exit(0); // whoever listened has heard enough: `| head`
  throw error;
});
const screen = processScreen();
process.exitCode = (await run(cellstate(screen), process.argv, screen)) || process.exitCode;
