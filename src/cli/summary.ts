import { Command } from "commander";
import { loadModel, taskOf } from "../index.ts";
import { examples, type Screen } from "./screen.ts";

/** `cellstate summary MODEL`: layers, shapes and parameters. */
export function summaryCommand(screen: Screen): Command {
  const command = new Command("summary")
    .description("The layers of a model, their shapes and parameters.")
    .argument("<model>", "a model file of any known kind")
    .option("--json", "for machines")
    .action(async (file: string, o: { json?: boolean }) => {
      const model = await loadModel(file);
      const task = taskOf(model);
      if (o.json) {
        screen.out(`${JSON.stringify({ task, parameters: model.countParams(), ...model.graph() })}\n`);
        return;
      }
      if (task !== null) screen.out(`${task}\n`);
      model.summary({ print: (text) => screen.out(`${text}\n`) });
    });
  return examples(command, "cellstate summary writer.keras");
}
