/** Whether the operating system refused with this code (errno(3)): `ENOENT`, `EEXIST`, `EADDRINUSE`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
