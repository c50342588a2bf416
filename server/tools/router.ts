import { z } from 'zod';
import { RouterStandingView } from '../../actors/router/router-views.ts';
import { operation } from './operation.ts';

export const routerStatus = operation({
  name: 'mission_router_status',
  title: 'How the router stands',
  description:
    'The backends of the AI router in the order in which they are asked, with their models, what is wrong with them, and what was spent today. It asks nobody.',
  input: z.object({}),
  output: RouterStandingView,
  readOnly: true,
  forSlots: false,
  run(_, { mission }) {
    const { backends, ...rest } = mission.router.standing();
    return {
      backends: backends.map(({ models, ...backend }) => ({ ...backend, models: [...models] })),
      ...rest,
    };
  },
});

export const routerOperations = [routerStatus];
