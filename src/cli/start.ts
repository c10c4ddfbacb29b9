import { Command } from "commander";
import { demoCommand } from "./demo.ts";
import { run } from "./program.ts";

process.exitCode = (await run(demoCommand(new Command("npm start --")), process.argv)) || process.exitCode;
