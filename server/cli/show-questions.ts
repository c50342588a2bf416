import type { QuestionRecord, QuestionView } from '../../actors/mission/views.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { revealLetters } from '../../services/terminal/reveal-letters.ts';
import { questionList } from '../tools/questions.ts';
import type { CommandContext } from './command.ts';
import { table } from './table.ts';

const MINUTE_MS = 60_000;

const about = ({ tool, argument, question }: QuestionView): string =>
  tool === undefined ? question : `${tool} ${argument ?? ''}`;

const minutes = (ms: number): string => `${Math.max(0, Math.round(ms / MINUTE_MS))} min`;

export function listOfWaiting(questions: readonly QuestionView[]): string {
  if (questions.length === 0) return 'Nothing waits for an answer.\n';
  const now = Date.now();
  return table(
    ['ID', 'SLOT', 'SINCE', 'OVER IN', 'FOR', 'ASKS'],
    questions.map((question) => [
      question.id.slice(0, 8),
      question.slotId,
      minutes(now - question.askedAt),
      question.expiresAt === undefined ? '' : minutes(question.expiresAt - now),
      question.personOnly ? 'a person' : 'anyone',
      revealLetters(`${question.urgency === 'high' ? 'urgent: ' : ''}${about(question)}`),
    ]),
  );
}

/** All that is known of one question: nobody should approve what was cut off. */
export function wholeQuestion(question: QuestionView): string {
  const facts = [
    `${question.id}  ${question.slotId}  ${question.kind}${question.personOnly ? '  (only a person answers it)' : ''}`,
    question.question,
    ...(question.context === undefined ? [] : [question.context]),
    ...(question.expiresAt === undefined ? [] : [`until ${new Date(question.expiresAt).toISOString()}`]),
    ...(question.tool === undefined ? [] : [`${question.tool} ${question.argument ?? ''}`]),
    ...(question.rule === undefined ? [] : [`asked because of: ${question.rule}`]),
    ...(question.wouldRemember === undefined ? [] : [`--remember adds: ${question.wouldRemember}`]),
    ...question.options.map((label, index) => `  ${index + 1}. ${label}`),
    ...(question.answerBy === 'words' ? ['Any words are an answer.'] : []),
  ];
  return facts.map((line) => `${revealLetters(line)}\n`).join('');
}

/** A slot by its name, or a question by its id. */
export function questionMeant(questions: readonly QuestionView[], word: string): QuestionView {
  const found = questions.filter(({ id, slotId }) => slotId === word || id.startsWith(word));
  const [question] = found;
  if (question !== undefined && found.length === 1) return question;
  throw new MissionError(
    'question_gone',
    found.length === 0 ? `No question "${word}" waits.` : `Several questions begin with "${word}".`,
    { remedy: '`missiond confirm` lists what waits.' },
  );
}

export async function waitingQuestions({
  call,
}: Pick<CommandContext, 'call'>): Promise<readonly QuestionRecord[]> {
  return questionList.output.parse(await call(questionList.name)).questions;
}

/** Those that are over, with what became of them. */
export function listOfOver(questions: readonly QuestionRecord[]): string {
  if (questions.length === 0) return 'There is none.\n';
  return table(
    ['ID', 'SLOT', 'BY', 'ASKED', 'ANSWER'],
    questions.map((question) => [
      question.id.slice(0, 8),
      question.slotId,
      question.answeredBy ?? '',
      revealLetters(about(question)),
      revealLetters(question.answer ?? ''),
    ]),
  );
}
