import { Command } from "commander";
import { demoCommand, run } from "./program.ts";

await run(demoCommand(new Command("npm start --")), process.argv);
