import { z } from 'zod';
import { HealthView } from '../../actors/health/health-views.ts';
import { operation } from './operation.ts';

export const health = operation({
  name: 'mission_health',
  title: 'How is the daemon?',
  description:
    'Looks at the database (writes, reads, checks), the process that holds the terminals, the queue, the slots, the free disk, the event loop and memory; each is ok, warn or fail with what to do. Also versions, and for how long the daemon runs.',
  input: z.object({}),
  output: HealthView,
  readOnly: true,
  run: (_, { mission, signal }) => mission.health(signal),
});

export const healthOperations = [health];
