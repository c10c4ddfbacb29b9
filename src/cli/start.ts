import { Command } from "commander";

const { demoCommand, run } = await import("./program.ts"); // as main.ts does: the same file, when it is needed
process.exitCode = (await run(demoCommand(new Command("npm start --")), process.argv)) || process.exitCode;
