import { HOLE, type ShellWord } from './shell-word.ts';

/** What a script of sed does besides changing its lines. */
export interface SedScript {
  /** Shell texts that it runs. */
  readonly commands: readonly ShellWord[];
  readonly reads: readonly ShellWord[];
  readonly writes: readonly ShellWord[];
  /** It runs what it has read, or it could not be read to its end. */
  readonly hidden: boolean;
  /** An expansion stands in it, which may hold more of a script. */
  readonly open: boolean;
}

interface Found {
  readonly commands: ShellWord[];
  readonly reads: ShellWord[];
  readonly writes: ShellWord[];
  hidden: boolean;
}

/** What an expansion leaves there is a number, or the script is open to whatever it says. */
const ADDRESS = /(?:[\d\uFFFC]+(?:~[\d\uFFFC]+)?|\$|[+~][\d\uFFFC]+)/y;
const BLANKS = /[ \t]*/y;
const BETWEEN = /[\s;]*/y;
const NUMBER = /[ \t]*\d*/y;
const LABEL = /[ \t]*[\w.:-]*[ \t]*/y;
const REST = /[^\n]*/y;
const COMMENT = /#[^\n]*/y;
const BRACKET = /\[\^?\]?(?:\[:\w*:\]|\[\..\.\]|\[=.=\]|[^\]\n])*\]/y;
const FLAGS = /[gpiImMe\d]*/y;
/** Behind a command only these may follow. */
const END = /[ \t]*(?=$|[\n;}#])/y;
const PLAIN: ReadonlySet<string> = new Set('=dDgGhHnNpPxzF');
/** Text of `a`, `i` and `c`: a backslash takes the end of the line with it. */
const TEXT = /(?:\\[\s\S]|[^\\\n])*/y;
/** Versions differ in what this begins. */
const UNCLEAR_TEXT = /[ \t]*\\[ \t]*(?:\\|[ \t]\n)/y;
const TEXT_BEGINS = /[ \t]*(?:\\\n?)?/y;

class SedReader {
  readonly found: Found = { commands: [], reads: [], writes: [], hidden: false };
  private at = 0;

  private readonly script: string;
  private readonly brackets: boolean;

  /** @param brackets whether a delimiter in brackets is a letter like others; versions of sed differ */
  constructor(script: string, brackets: boolean) {
    this.script = script;
    this.brackets = brackets;
  }

  /** False when sed would refuse the script, or it is not understood. */
  read(): boolean {
    for (;;) {
      this.take(BETWEEN);
      if (this.at >= this.script.length) return true;
      if (!this.command()) return false;
    }
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.script) ?? [];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private command(): boolean {
    if (this.take(COMMENT) !== null) return true;
    if (!this.addresses()) return false;
    const name = this.script[this.at] ?? '';
    this.at += 1;
    if (name === '{' || name === '}') return true;
    if (PLAIN.has(name)) return this.ends();
    switch (name) {
      case 'q':
      case 'Q':
      case 'l':
      case 'L':
        this.take(NUMBER);
        return this.ends();
      case ':':
      case 'b':
      case 't':
      case 'T':
      case 'v':
        this.take(LABEL);
        return this.ends();
      case 'a':
      case 'i':
      case 'c':
        if (this.take(UNCLEAR_TEXT) !== null) return false;
        this.take(TEXT_BEGINS);
        this.take(TEXT);
        return true;
      case 'r':
      case 'R':
        this.found.reads.push(this.restOfLine());
        return true;
      case 'w':
      case 'W':
        this.found.writes.push(this.restOfLine());
        return true;
      case 'e':
        this.runs(this.restOfLine());
        return true;
      case 's':
        return this.substitution();
      case 'y':
        return this.between(1) && this.ends();
      default:
        return false;
    }
  }

  private ends(): boolean {
    return this.take(END) !== null;
  }

  private restOfLine(): ShellWord {
    this.take(BLANKS);
    const mask = this.take(REST) ?? '';
    return { text: mask.replaceAll(HOLE, '$_'), mask };
  }

  /** `e` alone runs the line that was read. */
  private runs(command: ShellWord): void {
    // A backslash takes the next line in, or a letter for what it stands for.
    if (command.text === '' || command.text.includes('\\')) this.found.hidden = true;
    else this.found.commands.push(command);
  }

  private addresses(): boolean {
    if (!this.address()) return false;
    this.take(BLANKS);
    if (this.script[this.at] === ',') {
      this.at += 1;
      this.take(BLANKS);
      if (!this.address()) return false;
      this.take(BLANKS);
    }
    while (this.script[this.at] === '!') {
      this.at += 1;
      this.take(BLANKS);
    }
    return true;
  }

  private address(): boolean {
    if (this.take(ADDRESS) !== null) return true;
    if (this.script[this.at] === '\\') this.at += 1;
    else if (this.script[this.at] !== '/') return true;
    const delimiter = this.script[this.at] ?? '\n';
    this.at += 1;
    if (!this.part(delimiter, this.brackets)) return false;
    while (this.script[this.at] === 'I' || this.script[this.at] === 'M') this.at += 1;
    return true;
  }

  /** `/x/y/`: two parts between a letter that is there three times. */
  private between(flavour: 0 | 1): boolean {
    const delimiter = this.script[this.at] ?? '\n';
    this.at += 1;
    return this.part(delimiter, this.brackets && flavour === 0) && this.part(delimiter, false);
  }

  /** Reads on behind the next delimiter; false when there is none. */
  private part(delimiter: string, brackets: boolean): boolean {
    if (/[\\\n\uFFFC]/.test(delimiter)) return false;
    let closes = brackets;
    for (; this.at < this.script.length; this.at++) {
      const letter = this.script[this.at];
      if (letter === delimiter) {
        this.at += 1;
        return true;
      }
      if (letter === '\n') return false;
      if (letter === '\\') this.at += 1;
      else if (letter === '[' && closes) {
        // Where one bracket is not closed, none behind it is.
        closes = this.take(BRACKET) !== null;
        if (closes) this.at -= 1;
      }
    }
    return false;
  }

  private substitution(): boolean {
    if (!this.between(0)) return false;
    if (this.take(FLAGS)?.includes('e') === true) this.found.hidden = true;
    if (this.script[this.at] !== 'w') return this.ends();
    this.at += 1;
    this.found.writes.push(this.restOfLine());
    return true;
  }
}

/** Reads a script of sed as GNU sed 4.9 does, and as those before it, where they differ. */
export function readSedScript({ mask }: ShellWord): SedScript {
  const readings = [true, false].flatMap((brackets) => {
    const reader = new SedReader(mask, brackets);
    return reader.read() ? [reader.found] : [];
  });
  return {
    commands: readings.flatMap(({ commands }) => commands),
    reads: readings.flatMap(({ reads }) => reads),
    writes: readings.flatMap(({ writes }) => writes),
    hidden: readings.length === 0 || readings.some(({ hidden }) => hidden),
    open: mask.includes(HOLE),
  };
}
