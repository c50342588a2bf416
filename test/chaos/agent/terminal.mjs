// Draws what Claude Code 2.1.329 draws on the normal screen: conversation, spinner, prompt box between two rules,
// status bar; and reads its keys. Every frame is drawn whole, between the marks of a synchronised update.
const ESC = '\u001b';
const GREY = `${ESC}[38;2;153;153;153m`;
const GREEN = `${ESC}[38;2;78;186;101m`;
const PLAIN = `${ESC}[39m`;
const PASTE = /^\u001b\[200~([\s\S]*?)\u001b\[201~/;
const UP = `${ESC}[A`;
const DOWN = `${ESC}[B`;
const OTHER_SEQUENCE = /^\u001b(?:\[[0-9;?]*[A-Za-z~]|\][^\u0007]*\u0007)/;
const KEPT_ROWS = 200;
const CHOICES = ['Yes', 'No, and tell Claude what to do differently'];
/** Esc alone is a key; with more behind it, it begins a sequence. A paste can come in several reads. */
const UNFINISHED_PASTE = /^\u001b\[200~/;

function wrapped(words, width) {
  return words
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''])
    .map((line, index) => `${index === 0 ? '' : '  '}${line}`);
}

export function createTerminal({ version }) {
  const conversation = [`${ESC}[1mClaude Code${ESC}[22m v${version}`, ''];
  const size = () => ({ columns: process.stdout.columns ?? 140, rows: process.stdout.rows ?? 45 });
  let draft = '';
  let working = false;
  /** The command that is asked about, and which choice is marked; null while nothing is asked. */
  let dialog = null;
  let frame = 0;
  let unread = '';
  let listener = () => {};

  function draw() {
    const { columns, rows } = size();
    const rule = '─'.repeat(columns);
    const asked =
      dialog === null
        ? []
        : [
            rule,
            ' Bash command',
            '',
            `   ${dialog.command}`,
            '   Touch a file',
            '',
            ' Do you want to proceed?',
            ...CHOICES.map(
              (label, index) => ` ${index === dialog.choice ? '❯' : ' '} ${index + 1}. ${label}`,
            ),
            '',
            ` ${GREY}Esc to cancel · Tab to amend${PLAIN}`,
          ];
    const box = wrapped(draft, columns - 4).map((line, index) => (index === 0 ? `❯ ${line}` : line));
    const spinner = working
      ? ['', `${'✻✽✶'[frame % 3]} Pondering… (${Math.floor(frame / 5)}s · ↓ 1 tokens)`]
      : [];
    const bar = `  ${GREY}⏸ manual mode on · ${working ? 'esc to interrupt' : '? for shortcuts'}${PLAIN}`;
    const below = dialog === null ? [...spinner, '', rule, ...box, rule, bar] : ['', ...asked];
    const above = conversation.slice(-Math.max(0, rows - below.length));
    const all = [...above, ...below].slice(-rows);
    const row = all.length - 1;
    const column = [...(box.at(-1) ?? '')].length + 1;
    process.stdout.write(
      `${ESC}[?2026h${ESC}]0;${working ? (frame % 2 === 0 ? '◐' : '◑') : '✳'} Claude Code\u0007${ESC}[H${ESC}[2J${all.join('\r\n')}${ESC}[${row - 1};${column}H${ESC}[?2026l`,
    );
  }

  function add(...rows) {
    conversation.push(...rows);
    conversation.splice(0, conversation.length - KEPT_ROWS);
    draw();
  }

  function setLast(index, row) {
    conversation[conversation.length - index] = row;
  }

  /** Takes the keys that have come; what is not whole yet waits for the next read. */
  function read(data) {
    unread += data;
    while (unread !== '') {
      const paste = PASTE.exec(unread);
      if (paste === null && UNFINISHED_PASTE.test(unread)) return;
      const sequence = paste ?? OTHER_SEQUENCE.exec(unread);
      const text = sequence?.[0] ?? String.fromCodePoint(unread.codePointAt(0) ?? 0);
      unread = unread.slice(text.length);
      if (paste !== null) listener({ name: 'text', text: paste[1] });
      else if (text === UP) listener({ name: 'up' });
      else if (text === DOWN) listener({ name: 'down' });
      else if (sequence !== null) continue;
      else if (text === '\r') listener({ name: 'enter' });
      else if (text === ESC) listener({ name: 'escape' });
      else if (text === '\u0003') listener({ name: 'ctrlC' });
      else listener({ name: 'text', text });
    }
  }

  return {
    open() {
      process.stdin.setRawMode(true);
      process.stdin.setEncoding('utf8');
      process.stdin.on('data', read);
      process.stdout.on('resize', draw);
      process.stdout.write(`${ESC}[?2004h`);
      draw();
    },
    close() {
      process.stdout.write(`${ESC}[?2004l${ESC}[?25h`);
    },
    onKey(next) {
      listener = next;
    },
    draft: () => draft,
    takeDraft() {
      const text = draft;
      draft = '';
      draw();
      return text;
    },
    type(text) {
      draft = text === '\u007f' ? draft.slice(0, -1) : draft + text;
      draw();
    },
    spin() {
      frame += 1;
      draw();
    },
    beginTurn(prompt) {
      working = true;
      frame = 0;
      add(
        '',
        ...wrapped(prompt, size().columns - 4).map((line, index) => (index === 0 ? `❯ ${line}` : line)),
      );
    },
    /** Which choice of the dialog is marked; null when none stands there. */
    choice: () => dialog?.choice ?? null,
    openDialog(command) {
      dialog = { command, choice: 0 };
      draw();
    },
    moveChoice(by) {
      if (dialog === null) return;
      dialog.choice = Math.min(CHOICES.length - 1, Math.max(0, dialog.choice + by));
      draw();
    },
    closeDialog() {
      dialog = null;
      draw();
    },
    beginTool(call) {
      add('', `${GREY}●${PLAIN} ${call}`, `  ${GREY}⎿  Running…${PLAIN}`);
    },
    endTool(output) {
      setLast(2, conversation.at(-2).replace(GREY, GREEN));
      setLast(1, `  ⎿  ${output}`);
      draw();
    },
    say(words) {
      add('', ...wrapped(words, size().columns - 4).map((line, index) => (index === 0 ? `● ${line}` : line)));
    },
    endTurn() {
      working = false;
      add('', `${GREY}✻ Brewed for ${Math.max(1, Math.floor(frame / 5))}s · done 8:56 PM${PLAIN}`);
    },
    interrupted() {
      working = false;
      add(`  ${GREY}⎿  Interrupted · What should Claude do instead?${PLAIN}`);
    },
  };
}
