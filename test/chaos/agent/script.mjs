// What a prompt of the chaos run asks of the agent.
const ASKS =
  /\b(task-[0-9a-f]+-\d+)\b[^:]*: work (\d+) ms, use (\d+) tools, ask (\d+) times, say (\d+) words/;

/** The answer to a task: its mark, and words that depend on it. */
function answerTo(mark, words) {
  return [`done ${mark}`, ...Array.from({ length: words }, (_, index) => `${mark.slice(-4)}.${index}`)].join(
    ' ',
  );
}

export function readScript(prompt) {
  const [, mark = 'nothing', workMs = '0', tools = '0', asks = '0', words = '0'] = ASKS.exec(prompt) ?? [];
  return {
    mark,
    workMs: Number(workMs),
    tools: Number(tools),
    asks: Number(asks),
    answer: answerTo(mark, Number(words)),
  };
}
