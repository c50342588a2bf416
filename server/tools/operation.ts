import type { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import type { SlotId, TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Said } from '../../services/router/api.ts';
import type { Access, Caller } from '../auth/caller.ts';
import { checkCall } from '../auth/check-call.ts';
import { sayIssues } from '../say-issues.ts';

/** A caller who can be told something after the call has been answered. */
export interface CallerConnection {
  /** Aborted when it is closed. */
  readonly closed: AbortSignal;
  /** Never throws; one that has just gone does not hear it. */
  readonly tell: (news: Readonly<Record<string, unknown>>) => void;
  /** What this task asks is put to the person at the client, where the client can do that. */
  readonly follow: (taskId: TaskId) => void;
}

/** What an operation may know of its call. */
export interface CallContext {
  readonly mission: Mission;
  /** Aborted when the caller goes away or cancels. */
  readonly signal: AbortSignal;
  /** Tells the caller that something moves; does nothing where the door cannot carry it. */
  readonly progress: (message: string) => void;
  /** Hears every piece of an answer while it is made; absent where the door cannot carry it, or nobody asked for it. */
  readonly heard?: ((said: Said) => void) | undefined;
  /** Whose token it was. */
  readonly by: Caller;
  /** Who calls, for the record: `rest`, `cli`, `board`, `mcp:` and the name of the client, or the name of a token. */
  readonly caller: string;
  /** False of programs and agents, an orchestrating one too. */
  readonly isPerson: boolean;
  /** Tells apart callers of one name: the MCP session. */
  readonly session?: string | undefined;
  /** Absent where the door closes with the call (REST, command line). */
  readonly connection?: CallerConnection;
}

export interface ShownPicture {
  readonly bytes: Buffer;
  readonly mimeType: string;
}

type OwnOfSlot = (input: unknown, slotId: SlotId, mission: Mission) => boolean;

/** One operation, defined once: an MCP tool, a REST call, a `missiond call`, a typed client method, and its documentation. */
export interface Operation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** Whether it changes anything. */
  readonly readOnly: boolean;
  /** Whether something can be lost or ended by it that nobody gets back by calling another. */
  readonly destructive: boolean;
  /** Whether the same call made twice leaves what one leaves. */
  readonly idempotent: boolean;
  /** Whether it reaches beyond this machine: other hosts, other models. */
  readonly reachesOut: boolean;
  /** Whom it serves: a viewer when it changes nothing, else an orchestrator, unless its definition wants more. */
  readonly access: Access;
  /** False where the agent of a slot may not call it, whatever a rule allows. */
  readonly forSlots: boolean;
  /** Whether its answer is heard while it is made. */
  readonly heardWhileMade: boolean;
  /** Whether a call is about what belongs to a slot: its agent makes it without a rule. */
  readonly ownOfSlot?: OwnOfSlot;
  /** The slot whose terminal, or whose words, a call shows. */
  readonly shows?: (input: unknown) => SlotId;
  /** The picture that belongs to an answer, for doors that can show one. Null when there is none to show. */
  readonly picture?: (output: unknown) => Promise<ShownPicture | null>;
  /** Checks that the caller may, parses the input and performs it. Throws MissionError. */
  run(input: unknown, context: CallContext): Promise<unknown>;
}

/** An operation that remembers the types of its schemas, for the typed client. */
export interface TypedOperation<Input extends z.ZodObject, Output extends z.ZodType> extends Operation {
  readonly input: Input;
  readonly output: Output;
}

/** Binds the types of input and output to the handler. */
export function operation<Input extends z.ZodObject, Output extends z.ZodType>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly readOnly: boolean;
  readonly destructive?: true;
  readonly idempotent?: true;
  readonly reachesOut?: true;
  readonly access?: Access;
  readonly forSlots?: false;
  readonly heardWhileMade?: true;
  readonly ownOfSlot?: (input: z.output<Input>, slotId: SlotId, mission: Mission) => boolean;
  readonly shows?: (input: z.output<Input>) => SlotId;
  readonly picture?: (output: z.output<Output>) => Promise<ShownPicture | null>;
  readonly run: (input: z.output<Input>, context: CallContext) => Promise<z.input<Output>> | z.input<Output>;
}): TypedOperation<Input, Output> {
  const { ownOfSlot, shows, picture, ...rest } = definition;
  const access = definition.access ?? (definition.readOnly ? 'viewer' : 'orchestrator');
  const made: TypedOperation<Input, Output> = {
    ...rest,
    access,
    destructive: definition.destructive === true,
    idempotent: definition.readOnly || definition.idempotent === true,
    reachesOut: definition.reachesOut === true,
    forSlots: access !== 'owner' && definition.forSlots !== false,
    heardWhileMade: definition.heardWhileMade === true,
    ...(ownOfSlot === undefined
      ? {}
      : {
          ownOfSlot: (input: unknown, slotId: SlotId, mission: Mission) =>
            ownOfSlot(parseInput(definition.input, input), slotId, mission),
        }),
    ...(shows === undefined ? {} : { shows: (input: unknown) => shows(parseInput(definition.input, input)) }),
    ...(picture === undefined
      ? {}
      : { picture: (output: unknown) => picture(definition.output.parse(output)) }),
    run: async (input, context) => {
      checkCall(made, input, context);
      return definition.run(parseInput(definition.input, input), context);
    },
  };
  return made;
}

function parseInput<Input extends z.ZodObject>(schema: Input, input: unknown): z.output<Input> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw new MissionError('input_invalid', `The arguments do not fit: ${sayIssues(parsed.error)}`, {
    remedy: 'Look at the input schema of the tool.',
    cause: parsed.error,
  });
}
