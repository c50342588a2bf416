import { startScriptedModel } from './start-scripted-model.ts';

/** `node main.js [PORT]`: the scripted model as a program of its own, for trying things by hand. */
const model = await startScriptedModel({ port: Number(process.argv[2] ?? 0) });
process.stdout.write(`scripted model on ${model.url}\n`);
