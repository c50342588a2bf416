/** A failure as plain JSON: what a machine's context may hold and a snapshot may carry. */
export interface MachineFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What an invoked actor threw, as plain JSON. Snapshots would otherwise store an error as `{}`. */
export function failureFrom(error: unknown): MachineFailure {
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
    const remedy = 'remedy' in error && typeof error.remedy === 'string' ? error.remedy : undefined;
    return remedy === undefined ? { code, message: error.message } : { code, message: error.message, remedy };
  }
  return { code: 'internal', message: String(error) };
}
