import { z } from 'zod';

/** What zod found wrong, in one line, each finding after its place: `limit: Too big: expected number to be <=500`. */
export function sayIssues({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`))
    .join('; ');
}
