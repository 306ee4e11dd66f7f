// Prints one line of JSON for each path: what the scanner says of it.
import { pathToFileURL } from "node:url";

const [library, name, ...paths] = process.argv.slice(2);
const { scan } = await import(pathToFileURL(`${library}/src/scanner/index.js`));

for (const path of paths) {
  console.log(JSON.stringify(await scan(name + path)));
}
