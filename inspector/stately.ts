import { createInspector } from '@statelyai/inspect';
import type { InspectionEvent } from 'xstate';

export interface StatelyBridge {
  /** Given to the root actor. Costs nothing while nobody watches, and never throws. */
  inspect(event: InspectionEvent): void;
  /** Sends every event to a viewer, as one JSON text a message. Returns the way to stop. */
  addViewer(send: (text: string) => void): () => void;
  close(): void;
}

/**
 * Joins the actors with the Stately inspector's format on our own socket: nothing is sent to another host and no other
 * port is opened. What contexts hold is shown as the statecharts hold it; they hold no secrets.
 */
export function createStatelyBridge(report: (error: unknown) => void): StatelyBridge {
  const viewers = new Set<(text: string) => void>();

  function broadcast(event: unknown): void {
    const text = JSON.stringify(event);
    for (const send of [...viewers]) {
      try {
        send(text);
      } catch (error) {
        viewers.delete(send);
        report(error);
      }
    }
  }

  const inspector = createInspector({ send: broadcast }, { autoStart: true });
  return {
    inspect(event) {
      if (viewers.size === 0) return;
      try {
        inspector.inspect.next?.(event);
      } catch (error) {
        report(error);
      }
    },
    addViewer(send) {
      viewers.add(send);
      return () => {
        viewers.delete(send);
      };
    },
    close() {
      viewers.clear();
      inspector.stop();
    },
  };
}
