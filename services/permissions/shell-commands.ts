import {
  type ArithmeticExpression,
  type Assignment,
  type Command,
  forEachChild,
  type Pipeline,
  parse,
  type Redirection,
  type SyntaxNode,
  type Word,
} from 'unbash';
import { filesInCode, roleOf, withoutRunner, wordsThatMayBeFiles } from './file-roles.ts';
import { runsOwnScript } from './own-scripts.ts';
import { Evaluations } from './shell-arithmetic.ts';
import { mentionedFiles } from './shell-files.ts';
import { createEffort } from './shell-limits.ts';
import { NOTHING_PIPED, type Piped, pipedBy } from './shell-pipes.ts';
import { firstOf, isPipe, stdinOf, valuesOf, wordsOfCommand } from './shell-syntax.ts';
import { holdsSubstitution, namesSetBy, whatItRuns } from './shell-unwrap.ts';
import { split, Values } from './shell-values.ts';
import { leavesProgramAlone, leavesShellAlone, valueRuns } from './shell-variables.ts';
import { HOLE, plainWord, programOf, type ShellWord, UNKNOWN_WORD, wordsOf } from './shell-word.ts';

/** A wrapper in a wrapper in a wrapper: deeper is somebody hiding something. */
const DEEPEST = 8;
const WRITES: ReadonlySet<string> = new Set(['>', '>>', '>|', '&>', '&>>', '<>', '>&']);
const READS: ReadonlySet<string> = new Set(['<', '<>']);

/** `=`, `+=`, `<<=`, but not `==`, `!=`, `<=`, `>=`. */
const ASSIGNS = /^(?:[-+*/%&|^]|<<|>>)?=$/;
const DECLARES: ReadonlySet<string> = new Set(['export', 'declare', 'typeset', 'readonly', 'local']);

const SETS_BY_NAME = /^(?:read|mapfile|readarray|getopts|unset|declare|typeset|local|export|readonly)$/;

export interface FoundCommand {
  readonly words: readonly ShellWord[];
  /** A wrapper such as `timeout 5`: who allows what it wraps allows it too. */
  readonly transparent: boolean;
}

export interface FoundCommands {
  /** Every simple command, the wrapped ones too. One that cannot be known is a single `HOLE`. */
  readonly commands: readonly FoundCommand[];
  /** False when something is in it whose effect depends on more than the words that were found. */
  readonly exact: boolean;
  /** Files that redirections write. */
  readonly writes: readonly ShellWord[];
  /** Files that the usual programs change. */
  readonly changes: readonly ShellWord[];
  /** Files that redirections and the usual programs read. */
  readonly reads: readonly ShellWord[];
  /** Folders that are copied, moved, searched or packed as a whole. */
  readonly trees: readonly ShellWord[];
  /** Folders into which something is unpacked. */
  readonly fills: readonly ShellWord[];
  /** Words that may be files which a program opens. */
  readonly opened: readonly ShellWord[];
  /** Files that are named to a program of which nobody knows that it leaves them alone. */
  readonly touches: readonly ShellWord[];
  /** Files that a program in another language may name. */
  readonly spoken: readonly ShellWord[];
  /** Folders that the text goes to, so that relative files may be meant from there. */
  readonly folders: readonly ShellWord[];
}

class Finder implements FoundCommands {
  readonly commands: FoundCommand[] = [];
  readonly writes: ShellWord[] = [];
  readonly changes: ShellWord[] = [];
  readonly reads: ShellWord[] = [];
  readonly trees: ShellWord[] = [];
  readonly fills: ShellWord[] = [];
  readonly touches: ShellWord[] = [];
  readonly spoken: ShellWord[] = [];
  readonly opened: ShellWord[] = [];
  readonly folders: ShellWord[] = [];
  private readonly effort = createEffort();
  private readonly evaluations = new Evaluations();
  private readonly text: string;
  private readonly values: Values;
  private readonly functions = new Set<string>();
  /** Commands that the text comes to, whatever else happens in it. */
  private always: ReadonlySet<SyntaxNode> = new Set();
  /** How deep the walk is in texts that shells of their own read. */
  private inScripts = 0;
  exact = true;

  constructor(text: string) {
    this.text = text;
    this.values = new Values(text);
  }

  read(): FoundCommands {
    this.effort.reads(this.text);
    for (const [, name = ''] of this.text.matchAll(/\{([A-Za-z_]\w*)\}[<>]/g)) this.sets(name);
    const script = parse(this.text);
    this.always = new Set(script.commands.flatMap(firstOf));
    this.visit(script, 0);
    this.fillIn();
    if (runsOwnScript(this.commands, this.writes)) this.hide();
    if (!this.evaluations.arePlain()) this.hide();
    return this;
  }

  private hide(): void {
    this.exact = false;
    // What cannot be read may give any variable another value.
    this.values.forgets('');
    this.effort.finds([UNKNOWN_WORD]);
    this.commands.push({ words: [UNKNOWN_WORD], transparent: false });
  }

  private script({ text, mask }: ShellWord, depth: number): void {
    if (depth > DEEPEST) return this.hide();
    this.effort.reads(text);
    // What an expansion leaves in a script may hold commands of its own.
    if (mask.includes(HOLE)) this.hide();
    this.inScripts += 1;
    this.visit(parse(text), depth);
    this.inScripts -= 1;
  }

  private visit(node: SyntaxNode, depth: number, piped: Piped = NOTHING_PIPED): void {
    switch (node.type) {
      case 'Script':
        if ('errors' in node && node.errors !== undefined && node.errors.length > 0) this.hide();
        break;
      case 'CommandExpansion':
      case 'ProcessSubstitution':
      case 'ArithmeticCommandExpansion':
        this.exact = false;
        if (node.script === undefined) this.hide();
        if (node.type === 'ArithmeticCommandExpansion') this.evaluations.arithmetic(node);
        break;
      case 'ParameterExpansion':
        // `${x@P}` expands the value as a prompt, which runs the substitutions in it.
        if (node.operation?.type === 'Transform' && node.operation.operand.text === 'P') this.hide();
        if (node.operation?.type === 'Default' && node.operation.operator.endsWith('=')) {
          this.sets(node.parameter);
          this.values.gives(node.parameter, wordsOf(node.operation.operand, false), false);
          this.evaluations.gives(node.parameter, node.operation.operand);
        }
        this.evaluations.expansion(node);
        break;
      case 'For':
      case 'Select':
        this.loop(node.name.text, node.wordlist);
        break;
      case 'ArithmeticWord':
      case 'ArithmeticExpansion':
      case 'ArithmeticCommand':
        this.evaluations.arithmetic(node);
        break;
      case 'ArithmeticBinary':
        if (ASSIGNS.test(node.operator)) this.setsByArithmetic(node.left);
        break;
      case 'ArithmeticUnary':
        if (node.operator === '++' || node.operator === '--') this.setsByArithmetic(node.operand);
        break;
      case 'TestBinary':
        this.tested([node.left, node.right], depth);
        this.evaluations.tested(node.operator, [node.left, node.right]);
        break;
      case 'TestUnary':
        this.tested([node.operand], depth);
        this.evaluations.tested(node.operator, [node.operand]);
        break;
      case 'Function':
        this.exact = false;
        this.evaluations.definesFunction();
        this.functions.add(node.name.text);
        break;
      case 'Coproc':
        if (node.name !== undefined) this.sets(node.name.text);
        break;
      case 'Redirect':
        this.redirect(node);
        break;
      case 'Pipeline':
        return this.pipeline(node, depth);
      case 'Command':
        this.command(node, depth, piped);
        break;
    }
    forEachChild(node, (child) => this.visit(child, depth));
  }

  /** What a program prints is what the next one reads. */
  private pipeline({ commands }: Pipeline, depth: number): void {
    let piped: Piped = NOTHING_PIPED;
    for (const command of commands) {
      this.visit(command, depth, piped);
      piped = command.type === 'Command' ? pipedBy(wordsOfCommand(command), piped) : NOTHING_PIPED;
    }
  }

  private redirect(redirect: Redirection): void {
    if (redirect.type !== 'Redirect') return;
    // A glob is never the name of the file, so that it is left open as in the name of a program.
    const target = redirect.target === undefined ? UNKNOWN_WORD : wordsOf(redirect.target, true)[0];
    if (
      target === undefined ||
      isPipe(target) ||
      (redirect.operator.endsWith('&') && /^\d*-?$/.test(target.text))
    )
      return;
    // A connection to a host that the name says.
    if (/^\/+dev\/+(?:tcp|udp)\//.test(target.text)) this.hide();
    if (WRITES.has(redirect.operator) && !/^\/dev\/(?:null|stdout|stderr|tty)$/.test(target.text))
      this.writes.push(...this.filled([target]));
    if (READS.has(redirect.operator) && target.text !== '/dev/null')
      this.reads.push(...this.filled([target]));
  }

  private command(command: Command, depth: number, piped: Piped): void {
    const words = wordsOfCommand(command);
    for (const prefix of command.prefix) {
      if (prefix.type !== 'Assignment') continue;
      this.evaluations.assigns(prefix);
      const harmless = words.length === 0 ? leavesShellAlone(prefix.name) : leavesProgramAlone(prefix.name);
      for (const value of valuesOf(prefix)) this.assignment(prefix.name, value, harmless, depth);
      this.given(prefix, words.length === 0 && this.always.has(command));
    }
    if (DECLARES.has(programOf(words[0]))) {
      for (const argument of command.args) {
        if (argument.type !== 'Assignment') continue;
        this.evaluations.assigns(argument);
        for (const value of valuesOf(argument))
          this.assignment(argument.name, value, leavesProgramAlone(argument.name), depth);
        this.given(argument, this.always.has(command));
      }
    }
    const stdin = stdinOf(command);
    this.simple(words, stdin === null ? piped : { text: stdin, name: null, said: [stdin] }, depth);
  }

  private loop(name: string, wordlist: readonly Word[] | undefined): void {
    this.effort.loops();
    this.sets(name);
    for (const word of wordlist ?? [null]) this.evaluations.gives(name, word);
    const words = wordlist?.flatMap((word) => wordsOf(word, false)) ?? [UNKNOWN_WORD];
    this.values.gives(name, words, this.inScripts === 0);
  }

  /** A variable of the shell gets a value that is not looked at. */
  private sets(name: string): void {
    if (!leavesShellAlone(name)) this.exact = false;
    this.values.forgets(name);
  }

  private setsByArithmetic(target: ArithmeticExpression): void {
    this.sets(target.type === 'ArithmeticWord' ? target.value.replace(/\[.*$/s, '') : '');
  }

  private assignment(name: string, value: ShellWord, harmless: boolean, depth: number): void {
    if (!harmless) this.exact = false;
    const runs = valueRuns(name, value);
    if (runs.hidden) this.hide();
    // Arithmetic and `@P` read a value again, and run the substitutions in it.
    if (runs.script !== null || holdsSubstitution(value.mask)) this.script(value, depth + 1);
  }

  /** `[[ -v 'a[$(x)]' ]]` runs x. */
  private tested(words: readonly Word[], depth: number): void {
    for (const { mask } of words.flatMap((word) => wordsOf(word, false)))
      if (holdsSubstitution(mask)) this.script(plainWord(mask), depth + 1);
  }

  /** An array, and what is joined to what was there, is not taken for all that the variable may be. */
  private given(assignment: Assignment, always: boolean): void {
    const { name, value, append, index } = assignment;
    const words = valuesOf(assignment).flatMap((word) => this.values.only(word) ?? [word]);
    const isWhole = value.type === 'Word' && append !== true && index === undefined;
    this.values.gives(name, words, isWhole && always);
  }

  /** `$1` and `$@` are what `set` or the call of a function says. */
  private givesArguments([program, ...args]: readonly ShellWord[]): void {
    const name = programOf(program);
    // A file that is read in, and a name that nobody knows, may give any variable another value.
    const namesAny = SETS_BY_NAME.test(name) && args.some(({ mask }) => mask.startsWith(HOLE));
    if (namesAny || name === 'source' || name === '.') this.values.forgets('');
    if (name === 'set' || this.functions.has(name))
      this.values.gives('@', args.slice(name === 'set' && args[0]?.text === '--' ? 1 : 0), false);
  }

  /** Files by what their variables stand for; what is fed to a process is none. */
  private filled(words: readonly ShellWord[]): readonly ShellWord[] {
    this.effort.names(words.length);
    return words.flatMap((word) => {
      const values = this.inScripts === 0 ? this.values.only(word) : null;
      if (values === null) return isPipe(word) ? [] : [word];
      this.effort.names(values.length);
      return values;
    });
  }

  /** What is still open may at some time be what the text gives to its variables; that it may be something else remains. */
  private fillIn(): void {
    const add = (words: ShellWord[]): void => {
      const more = words
        .flatMap((word) => this.values.possible(word))
        .flatMap((word) => [word, ...split(word)]);
      this.effort.names(more.length);
      words.push(...more);
    };
    for (const { words } of [...this.commands]) {
      const [program, ...args] = words;
      if (program === undefined || !words.some(({ mask }) => mask.includes(HOLE))) continue;
      const operands = args.flatMap((word) => this.orPossible(word));
      const programs = this.values.commands(program);
      if (programs.length === 0 && operands.every((word, at) => word === args[at])) continue;
      for (const beginning of programs.length === 0 ? [[program]] : programs) {
        const filled = [...beginning, ...operands];
        this.effort.finds(filled);
        this.commands.push({ words: filled, transparent: true });
        this.mention(filled);
      }
    }
    const { reads, writes, changes, trees, fills, folders, opened, touches } = this;
    for (const words of [reads, writes, changes, trees, fills, folders, opened, touches]) add(words);
  }

  private orPossible(word: ShellWord): readonly ShellWord[] {
    const values = this.values.possible(word);
    return values.length === 0 ? [word] : [...values, ...values.flatMap(split)];
  }

  private mention(words: readonly ShellWord[], said: readonly ShellWord[] = []): void {
    const { reads, changes, trees, fills, folders } = mentionedFiles(words);
    this.reads.push(...this.filled(reads));
    this.changes.push(...this.filled(changes));
    this.trees.push(...this.filled(trees));
    this.fills.push(...this.filled(fills));
    this.folders.push(...this.filled(folders));
    const run = withoutRunner(words);
    const role = roleOf(run);
    if (role.readsCode) this.spoken.push(...filesInCode([...run, ...said]));
    if (!role.opens) return;
    const named = this.filled(wordsThatMayBeFiles(run, role));
    this.opened.push(...named);
    if (role.mayChange) this.touches.push(...named);
  }

  private simple(words: readonly ShellWord[], stdin: Piped, depth: number): void {
    if (words.length === 0) return;
    if (depth > DEEPEST) return this.hide();
    this.effort.finds(words);
    for (const name of namesSetBy(words)) {
      this.sets(name);
      this.evaluations.gives(name, null);
    }
    this.evaluations.command(words);
    this.givesArguments(words);
    this.values.gives(
      '_',
      stdin.said.flatMap((word) => [word, ...split(word)]),
      false,
    );
    const runs = whatItRuns(words, stdin);
    this.commands.push({ words, transparent: runs.transparent });
    this.mention(words, stdin.said);
    if (!runs.exact) this.exact = false;
    if (runs.hidden) this.hide();
    for (const inner of runs.commands) this.simple(inner, stdin, depth + 1);
    for (const script of runs.scripts) this.script(script, depth + 1);
  }
}

/**
 * Every simple command that a shell text runs, seen through wrappers, substitutions and nested shells. The reading is
 * that of unbash (GNU Bash 5.3; https://github.com/webpro-nl/unbash); what it cannot read becomes an unknown command.
 * @throws RangeError when the text holds more than is read of one
 */
export function findCommands(text: string): FoundCommands {
  return new Finder(text).read();
}
