import { z } from 'zod';

export const QuestionPrefix = z
  .string()
  .regex(/^[0-9a-f-]{4,36}$/, 'the id of a question, or at least its first four characters')
  .describe('The id of a question, or its unique beginning.');
