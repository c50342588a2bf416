import type { ParseArgsConfig } from 'node:util';
import type { Said } from '../../services/router/api.ts';

/** What a command needs of the outside, so that a test can stand in for it. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

export interface CommandContext extends CommandOutput {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
  /** Performs an operation at the daemon. Throws MissionError. */
  call(operation: string, input?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** Performs one whose answer is heard while it is made, and returns all of it. Throws MissionError. */
  hear(
    operation: string,
    input: Readonly<Record<string, unknown>>,
    heard: (said: Said) => void,
  ): Promise<Record<string, unknown>>;
  /** Writes a value: JSON with --json, else the lines that `text` makes of it. */
  print(value: unknown, text: () => string): void;
}

export interface ParsedCommand {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What follows the name. */
  readonly usage: string;
  /** Options beside --home, --json and --help, with their explanation. */
  readonly options: Readonly<
    Record<
      string,
      NonNullable<ParseArgsConfig['options']>[string] & {
        readonly help: string;
        /** Takes a value only behind `=`; without one it is the empty string. */
        readonly mayBeBare?: boolean;
      }
    >
  >;
  /**
   * What of it an agent may say in its own terminal: all of it, nothing, or these first words (the empty one where none
   * follows). What says nothing of a team's secrets and changes nothing that the agent's tools do not let it change.
   */
  readonly agents: 'all' | 'nothing' | readonly string[];
  /** In the session of a slot it speaks as that slot, by its token, and never as the owner. */
  readonly speaksAsSlot?: true;
  /** How many words beside options it takes: least and most. */
  readonly words: readonly [number, number];
  /** @returns the exit status */
  run(parsed: ParsedCommand, context: CommandContext): Promise<number>;
}
