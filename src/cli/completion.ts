import { Argument, Command } from "commander";
import { examples, type Screen } from "./screen.ts";

/** `cellstate completion bash|zsh|fish`: a script for the shell, made from the commands themselves. */
export function completionCommand(screen: Screen): Command {
  const command = new Command("completion")
    .description("A script that completes commands and options in a shell.")
    .addArgument(new Argument("<shell>", "which one").choices(["bash", "zsh", "fish"]))
    .action((shell: "bash" | "zsh" | "fish", _: unknown, self: Command) => {
      screen.out(scripts[shell](wordsOf(self.parent!)));
    });
  return examples(command, "cellstate completion bash", "cellstate completion zsh", "cellstate completion fish");
}

/** What may follow `cellstate …`, by the commands already there: `"train"` → `text classify …`. */
function wordsOf(command: Command, path = ""): [path: string, words: string[]][] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const own: [string, string[]] = [path, [...command.commands.map((c) => c.name()), ...options, "--help"]];
  return [own, ...command.commands.flatMap((c) => wordsOf(c, `${path} ${c.name()}`.trim()))];
}

const bash = (words: [string, string[]][]): string => `_cellstate() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${words
  .slice(1)
  .map(([path]) => `      "${path.includes(" ") ? path : ` ${path}`}") path="${path}" ;;`)
  .join("\n")}
    esac
  done
  case "$path" in
${words.map(([path, list]) => `    "${path}") COMPREPLY=($(compgen -W "${list.join(" ")}" -- "\${COMP_WORDS[COMP_CWORD]}")) ;;`).join("\n")}
  esac
}
complete -o default -F _cellstate cellstate
`;

const fish = (words: [string, string[]][]): string =>
  words
    .map(([path, list]) => {
      const seen =
        path === ""
          ? "__fish_use_subcommand"
          : path
              .split(" ")
              .map((w) => `__fish_seen_subcommand_from ${w}`)
              .join("; and ");
      return `complete -c cellstate -n '${seen}' -a '${list.join(" ")}'\n`;
    })
    .join("");

const scripts = {
  bash,
  zsh: (words: [string, string[]][]) => `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`,
  fish,
};
