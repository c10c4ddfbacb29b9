import { Argument, Command } from "commander";
import { examples, type Screen } from "../screen/screen.ts";
import { nameOptimizers } from "./train-options.ts";

/** `cellstate completion bash|zsh|fish`: a script for the shell, made from the commands themselves. */
export function completionCommand(screen: Screen): Command {
  const command = new Command("completion")
    .description("Print a shell completion script.")
    .addArgument(new Argument("<shell>", "which one").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", install)
    .action(async (shell: "bash" | "zsh" | "fish", _: unknown, self: Command) => {
      const program = self.parent!;
      const train = program.commands.find((c) => c.name() === "train")!;
      for (const kind of train.commands) await nameOptimizers(kind);
      screen.out(scripts[shell](commandWordsOf(program)));
    });
  return examples(command, "cellstate completion bash", "cellstate completion zsh", "cellstate completion fish");
}

const install = `
To have it in every shell:
  bash  echo 'source <(cellstate completion bash)' >> ~/.bashrc
  zsh   echo 'source <(cellstate completion zsh)' >> ~/.zshrc
  fish  cellstate completion fish > ~/.config/fish/completions/cellstate.fish`;

interface Word {
  name: string;
  about: string;
  /** Of an option: what it takes; null where it takes nothing. */
  values: readonly string[] | null;
}

/** The words that may follow a command path: at `"train"` the commands `text classify …`. */
interface CommandWords {
  path: string;
  commands: Word[];
  options: Word[];
}

function commandWordsOf(command: Command, path = ""): CommandWords[] {
  const options = command.options.flatMap(({ long, hidden, description, argChoices, required, optional }) =>
    long && !hidden
      ? [{ name: long, about: description, values: required || optional ? (argChoices ?? []) : null }]
      : [],
  );
  const argument = command.registeredArguments[0]?.argChoices ?? [];
  const place: CommandWords = {
    path,
    commands: [
      ...command.commands.map((c) => ({ name: c.name(), about: c.description(), values: null })),
      ...argument.map((name) => ({ name, about: "", values: null })),
    ],
    options: [...options, { name: "--help", about: "what it does, with examples", values: null }],
  };
  return [place, ...command.commands.flatMap((c) => commandWordsOf(c as Command, `${path} ${c.name()}`.trim()))];
}

const listed = (words: readonly Word[]): string => words.map(({ name }) => name).join(" ");

/** Where no command fits, the shell's own completion of files follows: `-o default`. (`commands` and `options` are taken in zsh.) */
const bash = (places: readonly CommandWords[]): string => `_cellstate() {
  local at="" word below="" flags="" i
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at $word" in
${places
  .slice(1)
  .map(({ path }) => `      "${path.includes(" ") ? path : ` ${path}`}") at="${path}" ;;`)
  .join("\n")}
    esac
  done
  case "$at" in
${places.map(({ path, commands, options }) => `    "${path}") below="${listed(commands)}"; flags="${listed(options)}" ;;`).join("\n")}
  esac
  case "$at $before" in
${places
  .flatMap(({ path, options }) =>
    options.flatMap(({ name, values }) =>
      values === null ? [] : [`    "${path} ${name}") below="${values.join(" ")}"; flags="" ;;`],
    ),
  )
  .join("\n")}
  esac
  COMPREPLY=()
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$below" -- "$current")) ;;
  esac
}
complete -o default -F _cellstate cellstate
`;

const zsh = (
  places: readonly CommandWords[],
): string => `(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
autoload -Uz +X bashcompinit && bashcompinit
${bash(places)}`;

const fish = (places: readonly CommandWords[]): string =>
  places
    .flatMap(({ path, commands, options }) => {
      const after = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
      // `forecast` is also below `train`: there its own options come.
      const elsewhere = places.flatMap((p) => (p.path.endsWith(` ${path}`) ? p.path.split(" ").slice(0, 1) : []));
      const others = elsewhere.map((parent) => `not __fish_seen_subcommand_from ${parent}`);
      const seen = path === "" ? "__fish_use_subcommand" : [...after, ...others].join("; and ");
      const none =
        commands.length > 0 && path !== "" ? `; and not __fish_seen_subcommand_from ${listed(commands)}` : "";
      return [
        ...commands.map(({ name, about }) => `${begin(seen + none)} -f -a ${name}${described(about)}`),
        ...options.map(({ name, about, values }) => {
          const taken = values === null ? "" : values.length > 0 ? ` -x -a '${values.join(" ")}'` : " -r";
          return `${begin(seen)} -l ${name.slice(2)}${taken}${described(about)}`;
        }),
      ];
    })
    .map((line) => `${line}\n`)
    .join("");

const begin = (condition: string): string => `complete -c cellstate -n '${condition}'`;
const described = (about: string): string => (about === "" ? "" : ` -d '${about.replaceAll("'", "\\'")}'`);

const scripts = { bash, zsh, fish };
