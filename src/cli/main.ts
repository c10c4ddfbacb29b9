#!/usr/bin/env node
import { processScreen } from "./process-screen.ts";
import { cellstate, run } from "./program.ts";

const training = process.argv[2] === "train"; // goes on unheard, for its model
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: { code?: string }) => {
    if (error.code !== "EPIPE") throw error;
    if (!training) process.exit(0); // whoever listened has heard enough: `| head`
  });
const screen = processScreen();
process.exitCode = (await run(cellstate(screen), process.argv, screen)) || process.exitCode;
