import { redactTokens } from '../../db/redact-tokens.ts';
import { createAddressVeil } from '../../services/knowledge/hide-addresses.ts';
import type { Router } from '../../services/router/api.ts';
import type { MemoryWorker } from './worker.ts';

/**
 * A worker that asks a language model. A daemon that is killed meanwhile asks again: what it was told was stored nowhere.
 * What looks like a secret, and where machines stand, is hidden from the model.
 */
export function createRouterWorker({
  router,
  model,
}: {
  readonly router: Pick<Router, 'available' | 'chat'>;
  /** The router's own choice, unless it is named. */
  readonly model: string | undefined;
}): MemoryWorker {
  return {
    name: 'router',
    unavailable() {
      const { chat, why } = router.available();
      if (chat) return null;
      // A model that is named need not be the first choice.
      return why?.code === 'router_model_unknown' && model !== undefined
        ? null
        : (why?.message ?? 'No backend of the router can be asked.');
    },
    async work({ prompt }, signal) {
      const veil = createAddressVeil();
      const content = veil.hide(redactTokens(prompt()));
      const { text } = await router.chat({ messages: [{ role: 'user', content }], model, signal });
      return veil.reveal(text);
    },
  };
}
