// Lays out diagrams: a JSON list in Graphviz's language on standard input, a JSON list of SVGs on standard output.
import { instance } from "@viz-js/viz";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const viz = await instance();
const drawings = JSON.parse(Buffer.concat(chunks).toString("utf8"));
process.stdout.write(JSON.stringify(drawings.map((dot) => viz.renderString(dot, { format: "svg" }))));
