/**
 * What a program asks its terminal, and how it changes the coding of keys (xterm's ctlseqs, kitty's keyboard protocol):
 * device attributes, status and cursor reports, version, modes, colours, kitty flags, modifyOtherKeys, window sizes.
 */
const NEGOTIATION = new RegExp(
  [
    String.raw`\x1b\[[?>=]?\d*c`,
    String.raw`\x1b\[\??[56]n`,
    String.raw`\x1b\[>\d*q`,
    String.raw`\x1b\[\??\d+(?:;\d+)*\$p`,
    String.raw`\x1b\[[?><=][\d;]*u`,
    String.raw`\x1b\[>\d*(?:;\d*)?m`,
    String.raw`\x1b\[(?:1[1-9]|2[01])(?:;\d+)?t`,
    String.raw`\x1b\](?:4;\d+|1[0-9]);\?(?:\x07|\x1b\\)`,
    String.raw`\x1bP[+$]q[^\x1b]*\x1b\\`,
  ].join('|'),
  'g',
);

/**
 * Takes the questions to the terminal out of output that is cut between control sequences. The pty host's own terminal
 * has answered them already: an answer of the person's terminal would be typed into the session as keys.
 */
export function dropNegotiation(output: string): string {
  return output.includes('\x1b') ? output.replace(NEGOTIATION, '') : output;
}
