#!/usr/bin/env node
import { problem } from "../errors.ts";
import { systemProblem } from "../system-problem.ts";
import { version } from "../version.ts";
import { debugging } from "./debugging.ts";

const training = process.argv[2] === "train"; // continues although nobody reads its output, for its model
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: Error & { code?: string }) => {
    const heardEnough = error.code === "EPIPE"; // `| head`
    if (!heardEnough && stream === process.stdout && process.exitCode !== 1) {
      process.exitCode = 1;
      const next = "Free some space, or write elsewhere.";
      process.stderr.write(`${problem("standard output", "a place that can be written", error.message, next)}\n`);
    }
    if (!training) process.exit(heardEnough ? 0 : 1);
  });
if (process.argv.length === 3 && /^(-V|--version)$/.test(process.argv[2])) process.stdout.write(`${version}\n`);
else {
  // Loaded when it is needed, as is what each command does: users need version and help more often than a network.
  try {
    const { cellstate, processScreen, run } = await import("./program.ts");
    const screen = processScreen();
    process.exitCode = (await run(cellstate(screen), process.argv, screen)) || process.exitCode;
  } catch (error) {
    const refused = systemProblem(error); // too many open files to load the program
    if (!refused || debugging()) throw error;
    process.stderr.write(`${refused}\n`);
    process.exitCode = 1;
  }
}
