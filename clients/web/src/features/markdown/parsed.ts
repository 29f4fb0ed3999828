/** The parser, once it has come, and what it made of texts seen lately. */
import { useEffect, useState } from 'react';
import type { Root } from 'mdast';

type Parser = typeof import('./parse');

const keptMax = 400;
const kept = new Map<string, Root>();
let parser: Parser | null = null;
let loading: Promise<Parser> | null = null;

export function loadParser(): Promise<Parser> {
  loading ??= import('./parse').then((loaded) => (parser = loaded));
  return loading;
}

/** Null until the parser is there. */
export function useParser(): Parser | null {
  const [, loaded] = useState(parser !== null);
  useEffect(() => {
    let mounted = true;
    if (parser === null) void loadParser().then(() => mounted && loaded(true));
    return () => void (mounted = false);
  }, []);
  return parser;
}

export function parsedOf({ parse }: Parser, text: string): Root {
  let root = kept.get(text);
  if (root !== undefined) return root;
  root = parse(text);
  kept.set(text, root);
  if (kept.size > keptMax) kept.delete(kept.keys().next().value as string);
  return root;
}
