// Measures what a user waits for; prints JSON. Not a test: machines are shared and noisy.
// `npm run bench -- [ROUNDS]`: on a real Claude Code and an idle slot. `npm run bench -- conversations [SHARE]`: transcripts, 1 for the usual amounts.
// `npm run bench -- deciding`: the policy, with a thousand rules. `npm run bench -- knowledge`: a hundred thousand entries; `-- embeddings`: what they mean.
import { benchConversations } from './conversations/main.ts';
import { benchDeciding } from './deciding.ts';
import { benchEmbeddings } from './embeddings.ts';
import { benchKnowledge } from './knowledge.ts';
import { benchSessions } from './sessions.ts';

const [what, share] = process.argv.slice(2);
const measured =
  what === 'conversations'
    ? await benchConversations(Number(share ?? 1))
    : what === 'deciding'
      ? benchDeciding()
      : what === 'knowledge'
        ? benchKnowledge()
        : what === 'embeddings'
          ? await benchEmbeddings()
          : await benchSessions(Number(what ?? 20));
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
