/** Where to look next, ready to be copied. */
export function nextSteps(options: {
  readonly home: string;
  readonly cli: string;
  readonly bridge: string;
  readonly attach: string;
  readonly port: number;
  readonly token: string;
  readonly slotId: string;
}): string {
  const { home, cli, bridge, attach, port, token, slotId } = options;
  const configuration = {
    mcpServers: { missiond: { command: process.execPath, args: [bridge], env: { MISSIOND_HOME: home } } },
  };
  return `
Where to look next
  watch an agent     MISSIOND_HOME=${home} node ${attach} ${slotId}      (Ctrl-b d leaves)
  the page           http://127.0.0.1:${port}/#token=${token}
  the command line   MISSIOND_HOME=${home} node ${cli} status
  your Claude Code   put this into .mcp.json:
${JSON.stringify(configuration, null, 2).replace(/^/gm, '    ')}
`;
}
