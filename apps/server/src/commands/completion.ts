/**
 * `faktory completion SHELL`: prints a script that completes commands and flags, made from the same
 * table as the help. The script needs neither the server nor the program.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { type Command, command } from './command.ts';

/** Completions of the first word, for commands that have fixed ones. */
const firstWords: Readonly<Record<string, string>> = {
  queue: 'pause resume clear remove latency',
  jobs: 'list search show',
  completion: 'bash zsh fish',
};

/** Makes the command; `others` are the commands to complete. */
export function completionOf(others: () => Promise<readonly Command[]>): Command {
  return command({
    name: 'completion',
    synopsis: 'bash|zsh|fish',
    describe: 'prints a script that completes commands and flags in your shell',
    flags: {},
    words: [1, 1],
    more: `  bash  faktory completion bash > ~/.local/share/bash-completion/completions/faktory
  zsh   faktory completion zsh > "\${fpath[1]}/_faktory"
  fish  faktory completion fish > ~/.config/fish/completions/faktory.fish`,
    async run({ words: [shell = ''], terminal }) {
      const script = scripts[shell];
      if (!script) throw new FaktoryError('CONFIG', `unknown shell "${shell}"; use bash, zsh or fish`);
      terminal.print(script(await others()));
    },
  });
}

const scripts: Readonly<Record<string, (all: readonly Command[]) => string>> = { bash, zsh, fish };

const flagsOf = ({ flags }: Command): string[] => [
  ...Object.keys(flags).map((name) => `--${name}`),
  '--help',
];
const wordsOf = ({ name }: Command): string => firstWords[name] ?? '';
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(all: readonly Command[]): string {
  const cases = all.map((one) => {
    const words = wordsOf(one);
    return `    ${one.name}) flags=${quoted(flagsOf(one).join(' '))}; words=${quoted(words)} ;;`;
  });
  return `# Completion of faktory for bash. Made by: faktory completion bash
_faktory() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags= words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(all.map(({ name }) => name).join(' '))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) [ "$COMP_CWORD" -ne 2 ] || COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _faktory faktory`;
}

function zsh(all: readonly Command[]): string {
  const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const cases = all.map((one) => {
    const flags = Object.entries(one.flags).map(([name, { describe, value }]) =>
      quoted(`--${name}[${escaped(describe)}]${value === undefined ? '' : `:${value}:_default`}`),
    );
    const words = wordsOf(one);
    const first = words === '' ? [] : [quoted(`1:what:(${words})`)];
    return `    ${one.name}) _arguments ${[...first, ...flags, quoted('--help[print the help]')].join(' ')} ;;`;
  });
  const names = all.map(({ name, describe }) => `    ${quoted(`${name}:${escaped(describe)}`)}`);
  return `#compdef faktory
# Completion of faktory for zsh. Made by: faktory completion zsh
_faktory() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case "$name" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _faktory ]; then _faktory "$@"; else compdef _faktory faktory; fi`;
}

function fish(all: readonly Command[]): string {
  const lines = all.flatMap((one) => {
    const here = `-n '__fish_seen_subcommand_from ${one.name}'`;
    const flags = Object.entries(one.flags).map(([name, { describe, value }]) => {
      return `complete -c faktory ${here} -l ${name}${value === undefined ? '' : ' -r'} -d ${quoted(describe)}`;
    });
    const words = wordsOf(one);
    return [
      `complete -c faktory -n __fish_use_subcommand -f -a ${one.name} -d ${quoted(one.describe)}`,
      ...(words === '' ? [] : [`complete -c faktory ${here} -f -a ${quoted(words)}`]),
      ...flags,
    ];
  });
  return ['# Completion of faktory for fish. Made by: faktory completion fish', ...lines].join('\n');
}
