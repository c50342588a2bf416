/** The version that the demonstration and the tests run, and against which the facts in this folder were measured. */
export const PINNED_CLAUDE_CODE = '2.1.329';
