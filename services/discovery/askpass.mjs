// ssh runs this (SSH_ASKPASS) with its prompt as the only argument. It asks the daemon, whose socket the first argument
// names, and prints what it is given; for a prompt that is not the machine's own it is given nothing. Plain JavaScript,
// because it runs as it is.
import net from 'node:net';

const [socket = '', prompt = ''] = process.argv.slice(2);
const connection = net.connect(socket);
let answer = '';
connection.on('error', () => process.exit(1));
connection.on('data', (data) => {
  answer += String(data);
});
connection.on('end', () => {
  if (answer === '') process.exit(1);
  process.stdout.write(`${answer}\n`);
});
connection.end(prompt);
