// Parse compiled SQL with a grammar of Trino; prints what does not parse and exits 1.
import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";

// The package is written for bundlers: it imports folders and files without their endings.
const resolver = `
import { existsSync, statSync } from "node:fs";
export async function resolve(name, context, next) {
  if (!name.startsWith(".") || !context.parentURL) return next(name, context);
  const path = new URL(name, context.parentURL);
  if (existsSync(path) && statSync(path).isDirectory()) return next(path.href + "/index.js", context);
  return next(existsSync(path) ? path.href : path.href + ".js", context);
}
export async function load(url, context, next) {
  const isOurs = url.includes("/dt-sql-parser/") || url.includes("/antlr4-c3/") || url.includes("/antlr4ng/");
  return next(url, isOurs && url.endsWith(".js") ? { ...context, format: "module" } : context);
}`;
register(`data:text/javascript,${encodeURIComponent(resolver)}`);
const { TrinoSQL } = await import("dt-sql-parser");

const [folder] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".sql") && /^(first|increment)\//.test(name))
  .sort();
const parser = new TrinoSQL();
let faults = 0;
for (const name of files) {
  const sql = readFileSync(join(folder, name), "utf8").trim().replace(/;$/, "");
  for (const fault of parser.validate(`${sql};`)) {
    faults += 1;
    console.error(`${name}:${fault.startLine}:${fault.startColumn} ${fault.message}`);
  }
}
console.log(`${files.length} statements parsed, ${faults} faults.`);
process.exit(faults || !files.length ? 1 : 0);
