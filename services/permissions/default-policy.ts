import { writeNew } from '../config/write-new.ts';

const DEFAULT_POLICY_YAML = `# What agents may do. Deny wins over confirm over allow, across slot, role and default.
# What no rule names is asked (mission_pty_confirm, the page, or a person at the terminal).
# Patterns: a tool (Grep), a tool with an argument (Bash(git push*), Edit(./**) in its own folder, Read(~/.ssh/**)), or an MCP tool (mcp__server__tool).
default:
  allow: [Read(*), Grep, Glob, LS, TodoWrite, TaskCreate, TaskUpdate, TaskList, TaskGet]
  deny: [Bash(rm -rf*), Bash(sudo *), "Read(~/.ssh/**)"]
roles:
  coder:
    allow: [Edit(./**), Write(./**)]
    confirm: [Bash(git push*)]
  researcher:
    allow: [WebSearch]
    deny: [Edit, Write, NotebookEdit]
slots: {}
`;

/** Writes a commented permissions.yaml when there is none. @returns whether it did */
export function writeDefaultPolicy(file: string): boolean {
  return writeNew(file, DEFAULT_POLICY_YAML);
}
