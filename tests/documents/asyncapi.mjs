// Prints what AsyncAPI's own parser says about a document, as JSON; without its advice to use the newest version.
import fs from 'node:fs';
import { Parser } from '@asyncapi/parser';

const found = await new Parser().validate(fs.readFileSync(process.argv[2], 'utf8'));
const lines = found.filter((each) => each.code !== 'asyncapi-latest-version').map((each) => `${each.code} ${each.path.join('.')}: ${each.message}`);
console.log(JSON.stringify(lines));
