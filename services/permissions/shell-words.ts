/** One simple command: its words with quotes taken away. */
export interface SimpleCommand {
  readonly words: readonly string[];
}

export interface ShellReading {
  readonly commands: readonly SimpleCommand[];
  /** Texts inside `$(…)`, backticks and `<(…)`: commands of their own. */
  readonly nested: readonly string[];
  /** False when something cannot be known before it runs, or is not closed. */
  readonly readable: boolean;
}

/** The index after the bracket that closes the one before `from`; the text's end when none does. */
function closing(text: string, from: number): number {
  let depth = 1;
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && quote !== "'") at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '(') depth += 1;
    else if (char === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}

/**
 * Splits a shell text into simple commands, conservatively: whatever it does not understand makes it unreadable,
 * which allows nothing. It is no shell; it only has to see every command word that a shell would see.
 */
export function readShell(text: string): ShellReading {
  const commands: SimpleCommand[] = [];
  const nested: string[] = [];
  let readable = true;
  let words: string[] = [];
  let word = '';
  let open = false;
  const endWord = (): void => {
    if (open) words.push(word);
    word = '';
    open = false;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push({ words });
    words = [];
  };
  const add = (piece: string): void => {
    word += piece;
    open = true;
  };
  /** A substitution begins at `at`; returns where reading goes on. */
  const substitution = (at: number): number => {
    readable = false;
    if (text[at] === '`') {
      const end = text.indexOf('`', at + 1);
      nested.push(text.slice(at + 1, end < 0 ? undefined : end));
      add('$');
      return end < 0 ? text.length : end;
    }
    const end = closing(text, at + 2);
    nested.push(text.slice(at + 2, end - 1));
    add('$');
    return end - 1;
  };
  const opensSubstitution = (at: number): boolean =>
    text[at] === '`' || (text[at + 1] === '(' && (text[at] === '$' || text[at] === '<' || text[at] === '>'));

  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') {
      at += 1;
      if (text[at] !== '\n') add(text[at] ?? '');
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) readable = false;
      add(text.slice(at + 1, end < 0 ? undefined : end));
      at = end < 0 ? text.length : end;
    } else if (char === '"') {
      open = true;
      for (at += 1; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') add(text[++at] ?? '');
        else if (text[at] === '`' || (text[at] === '$' && text[at + 1] === '(')) at = substitution(at);
        else add(text[at] ?? '');
      }
      if (at >= text.length) readable = false;
    } else if (opensSubstitution(at)) {
      at = substitution(at);
    } else if (char === '$' && (text[at + 1] === "'" || text[at + 1] === '"')) {
      // ANSI-C and locale quoting spell characters by their numbers.
      readable = false;
    } else if (char === '#' && !open) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at += 1;
    } else if (/[;&|\n(){}]/.test(char) && !(open && /[{}]/.test(char))) {
      endCommand();
    } else if (char === '<' && text[at + 1] === '<') {
      // A here-document feeds a program with what stands on the next lines.
      readable = false;
      at += 1;
    } else if (char === '<' || char === '>') {
      endWord();
      while (text[at + 1] === '>' || text[at + 1] === '&' || text[at + 1] === '|') at += 1;
      add('>');
      endWord();
    } else if (/\s/.test(char)) {
      endWord();
    } else {
      add(char);
    }
  }
  endCommand();
  return { commands, nested, readable };
}
