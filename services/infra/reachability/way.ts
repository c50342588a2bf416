/** missiond's names; `deploy_agent` is the health endpoint. `tcp` is ours. */
export const CHANNELS = ['lan_ping', 'public_ping', 'tcp', 'ssh', 'deploy_agent', 'tailscale'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What one look has found. `unknown`: it could not be tried here, which says nothing of the machine. */
export interface Looked {
  readonly result: 'reachable' | 'unreachable' | 'unknown';
  readonly why?: string;
}

/** One way to a machine. A look never throws but for what nobody has thought of. */
export interface Way {
  readonly channel: Channel;
  /** As it may be shown. */
  readonly address: string;
  readonly withinMs: number;
  look(signal: AbortSignal): Promise<Looked>;
}

export const REACHABLE: Looked = { result: 'reachable' };
export const unreachable = (why: string): Looked => ({ result: 'unreachable', why });
export const unknown = (why: string): Looked => ({ result: 'unknown', why });
