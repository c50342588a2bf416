import type { Scenario } from '../stage.ts';
import { conversation } from './conversation.ts';
import { dialogs } from './dialogs.ts';
import { geometry } from './geometry.ts';
import { lookalikes } from './lookalikes.ts';
import { work } from './work.ts';

export const scenarios: Readonly<Record<string, Scenario>> = {
  ...conversation,
  ...work,
  ...dialogs,
  ...lookalikes,
  ...geometry,
};
