// The page of the daemon: questions, who is at the same files, slots, the board and tasks, live. Everything that comes from agents is set as text, never as markup.
const TOKEN_KEY = 'missiond-token';
const RECONNECT_MS = 1000;
const SHOWN_TASKS = 100;
const SHOWN_CHARACTERS = 600;
const SHOWN_FILES = 20;

const state = {
  slots: new Map(),
  tasks: new Map(),
  questions: new Map(),
  board: new Map(),
  overlaps: new Map(),
  drafts: new Map(),
};
const byId = (id) => document.getElementById(id);

function token() {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token');
  if (fromAddress !== null) {
    sessionStorage.setItem(TOKEN_KEY, fromAddress);
    // The token does not stay in the address bar, where it would be copied along.
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

function element(tag, { text, className, ...rest } = {}, children = []) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  Object.assign(made, rest);
  made.append(...children);
  return made;
}

const cut = (text) =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)` : text;
const cell = (text, className) => element('td', { text, className });
const badge = (word) =>
  element('td', {}, [element('span', { text: word.replace('_', ' '), className: `badge ${word}` })]);

function slotRow(slot) {
  const context = slot.contextLeftPercent === undefined ? '' : `${Math.round(slot.contextLeftPercent)} %`;
  return element('tr', {}, [
    cell(slot.slotId),
    cell(slot.role),
    badge(slot.state),
    cell(slot.failure ?? slot.statusText ?? '', 'words'),
    cell(context),
  ]);
}

function taskRow(task) {
  return element('tr', {}, [
    cell(task.id.slice(0, 8)),
    cell(task.slotId ?? ''),
    badge(task.status),
    cell(cut(task.prompt), 'words'),
    cell(cut(task.result ?? task.error ?? ''), 'words'),
  ]);
}

/** Tasks of the board with what hangs below them, as [task, depth]. */
function boardRows(parentId, depth = 0) {
  return [...state.board.values()]
    .filter((task) => task.parentId === parentId && !task.hidden)
    .sort((a, b) => a.orderIdx - b.orderIdx || a.createdAt - b.createdAt)
    .flatMap((task) => [[task, depth], ...boardRows(task.id, depth + 1)]);
}

function boardRow([task, depth]) {
  const indents = Array.from({ length: depth }, () => element('span', { className: 'indent' }));
  return element('tr', {}, [
    element('td', { className: 'words' }, [...indents, task.title]),
    badge(task.status),
    cell(
      (task.claimExecutorType === 'autopilot' ? task.assignee : task.claimExecutorId) ?? task.assignee ?? '',
    ),
    cell(task.dueDate ?? ''),
    cell(cut(task.blockedOn?.question ?? task.description), 'words'),
  ]);
}

const withChildren = (task) => [task, ...task.children.flatMap(withChildren)];

/** As services/terminal/reveal-letters.ts: nobody should approve letters that are not seen. */
const reveal = (text) =>
  text.replace(
    /[\p{Cf}\p{Co}\u00a0\u115f\u1160\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164\uffa0]|[\u{e0100}-\u{e01ef}]/gu,
    (letter) => `⟨U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );

const keyOfOverlap = ({ repository, slots }) => [repository, ...slots].join(' ');

function filesIn(words, files) {
  const more =
    files.length > SHOWN_FILES ? [element('li', { text: `and ${files.length - SHOWN_FILES} more` })] : [];
  const shown = files.slice(0, SHOWN_FILES).map((file) => element('li', { text: reveal(file) }));
  return [element('p', { text: words }), element('ul', {}, [...shown, ...more])];
}

function conflictsOf({ conflicts }) {
  if (conflicts === null)
    return [element('p', { text: 'This git cannot say whether it would merge (it is older than 2.38).' })];
  return conflicts.length === 0
    ? [element('p', { text: 'What is committed merges.' })]
    : filesIn('What is committed conflicts in:', conflicts);
}

function overlapItem(overlap) {
  const since = new Date(overlap.foundAt);
  return element('li', { className: 'overlap' }, [
    element('p', {}, [
      element('strong', { text: overlap.slots.join(' and ') }),
      ' since ',
      element('time', { text: since.toLocaleString(), dateTime: since.toISOString() }),
    ]),
    ...filesIn('Both change:', overlap.files),
    ...conflictsOf(overlap),
  ]);
}

/** A terminal shows one dialog at a time; what agents ask by themselves stands on none. */
const keyOf = ({ id, slotId, answerBy }) => (answerBy === 'words' ? id : slotId);

async function call(tool, input) {
  const reply = await fetch(`/api/tools/${tool}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token()}`,
      'content-type': 'application/json',
      'x-missiond-caller': 'board',
    },
    body: JSON.stringify(input),
  });
  if (!reply.ok)
    byId('connection').textContent = (await reply.json()).error?.message ?? `failed (${reply.status})`;
}

const answer = ({ id }, response, remember) =>
  call('mission_pty_confirm', { questionId: id, response, remember });

/** With what is written already as the reason, which the agent is told. */
const dismiss = ({ id }, words) =>
  call('mission_question_dismiss', { questionId: id, ...(words === '' ? {} : { why: words }) });

const FIRST = ['high', 'normal', undefined, 'low'];
const byUrgency = (a, b) => FIRST.indexOf(a.urgency) - FIRST.indexOf(b.urgency) || a.askedAt - b.askedAt;

/** What an agent says of its own question. */
function aboutQuestion({ context, urgency, expiresAt, answerBy }) {
  const until = answerBy === 'words' && expiresAt !== undefined ? new Date(expiresAt) : undefined;
  return [
    ...(urgency === 'high' ? [element('p', { text: 'Urgent', className: 'badge urgent' })] : []),
    ...(context === undefined ? [] : [element('p', { text: reveal(context), className: 'context' })]),
    ...(until === undefined ? [] : [element('p', { text: `Given up at ${until.toLocaleString()}.` })]),
  ];
}

function questionCard(question) {
  const mayAnswer = state.answers === 'all' || (state.answers === 'unprotected' && !question.personOnly);
  const button = (text, onclick) => element('button', { text, type: 'button', onclick });
  const buttons = mayAnswer
    ? question.options.map((label) => button(label, () => answer(question, label)))
    : [];
  // Shown with the rule itself: nobody should widen one that they have not read.
  const lasting =
    state.answers === 'all' && question.wouldRemember !== undefined
      ? [
          element('p', { text: `From now on, without asking: ${reveal(question.wouldRemember)}` }),
          button(`Yes, always in ${question.slotId}`, () => answer(question, true, 'slot')),
          button('Yes, always for its role', () => answer(question, true, 'role')),
        ]
      : [];
  const inWords = [];
  if (mayAnswer && question.answerBy === 'words') {
    const before = state.drafts.get(question.id);
    const words =
      before ??
      element('input', {
        type: 'text',
        placeholder: 'in your words',
        ariaLabel: `Answer ${question.slotId} in your words`,
      });
    state.drafts.set(question.id, words);
    inWords.push(
      words,
      button('Answer', () => words.value.trim() !== '' && answer(question, words.value)),
      button('Dismiss', () => dismiss(question, words.value.trim())),
    );
  }
  return element('div', { className: 'question' }, [
    element('strong', { text: reveal(`${question.slotId}: ${question.question}`) }),
    ...aboutQuestion(question),
    element('pre', { text: reveal([question.tool, question.argument].filter(Boolean).join(' ')) }),
    ...(question.personOnly
      ? [element('p', { text: `Only a person answers this: ${question.rule ?? 'protected'}` })]
      : []),
    ...buttons,
    ...inWords,
    ...lasting,
  ]);
}

function draw() {
  byId('slots').replaceChildren(...[...state.slots.values()].map(slotRow));
  byId('board').replaceChildren(...boardRows(undefined).slice(0, SHOWN_TASKS).map(boardRow));
  const tasks = [...state.tasks.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, SHOWN_TASKS);
  byId('tasks').replaceChildren(...tasks.map(taskRow));
  const overlaps = [...state.overlaps.values()].sort((a, b) => a.foundAt - b.foundAt).map(overlapItem);
  byId('overlaps').replaceChildren(
    ...(overlaps.length > 0 ? overlaps : [element('li', { text: 'Nobody.' })]),
  );
  // Who is writing an answer writes on.
  const focused = document.activeElement;
  const questions = [...state.questions.values()].sort(byUrgency).map(questionCard);
  byId('questions').replaceChildren(
    ...(questions.length > 0 ? questions : [element('p', { text: 'Nothing.' })]),
  );
  if (focused?.isConnected && focused !== document.activeElement) focused.focus();
}

function take(message) {
  if (message.type === 'snapshot') {
    state.answers = message.answers;
    state.slots = new Map(message.slots.map((slot) => [slot.slotId, slot]));
    state.tasks = new Map(message.tasks.map((task) => [task.id, task]));
    state.board = new Map(message.board.flatMap(withChildren).map((task) => [task.id, task]));
    state.overlaps = new Map(message.overlaps.map((overlap) => [keyOfOverlap(overlap), overlap]));
    state.questions = new Map(message.questions.map((question) => [keyOf(question), question]));
  } else if (message.type === 'slot_changed') {
    state.slots.set(message.slot.slotId, message.slot);
    if (message.slot.pendingConfirmation === undefined) state.questions.delete(message.slot.slotId);
    else state.questions.set(message.slot.slotId, message.slot.pendingConfirmation);
  } else if (message.type === 'slot_closed') {
    state.slots.delete(message.slotId);
    state.questions.delete(message.slotId);
  } else if (message.type === 'task_changed') state.tasks.set(message.task.id, message.task);
  else if (message.type === 'board_changed') state.board.set(message.task.id, message.task);
  else if (message.type === 'board_removed') for (const id of message.ids) state.board.delete(id);
  else if (message.type === 'overlap_ended') state.overlaps.delete(keyOfOverlap(message.overlap));
  else if (message.type.startsWith('overlap_'))
    state.overlaps.set(keyOfOverlap(message.overlap), message.overlap);
  else if (message.type === 'question_asked') state.questions.set(keyOf(message.question), message.question);
  else if (message.type === 'question_closed') state.questions.delete(keyOf(message.question));
  draw();
}

function connect() {
  const secret = token();
  byId('sign-in').hidden = secret !== null;
  if (secret === null) {
    byId('connection').textContent = 'needs the token';
    return;
  }
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/tasks`, [
    'missiond',
    `token.${secret}`,
  ]);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    byId('connection').textContent = 'live';
  };
  socket.onmessage = ({ data }) => take(JSON.parse(data));
  socket.onclose = () => {
    byId('connection').textContent = opened
      ? 'connection lost, trying again…'
      : 'not reachable, or the token is wrong';
    if (!opened) byId('sign-in').hidden = false;
    setTimeout(connect, RECONNECT_MS);
  };
}

byId('sign-in').onsubmit = (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_KEY, byId('token').value);
  location.reload();
};
connect();
