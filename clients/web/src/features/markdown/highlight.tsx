/** Colours code. Brings its grammars with it: only ever imported lazily. */
import type { ReactNode } from 'react';
import { common, createLowlight } from 'lowlight';

type Tree = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
type Node = Tree['children'][number];

const lowlight = createLowlight(common);

export function highlight(code: string, language: string): ReactNode {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return code;
  return draw(lowlight.highlight(name, code).children);
}

function draw(nodes: readonly Node[]): ReactNode {
  return nodes.map((node, i) => {
    if (node.type === 'text') return node.value;
    if (node.type !== 'element') return null;
    const names = node.properties.className;
    return (
      <span key={i} className={Array.isArray(names) ? names.join(' ') : undefined}>
        {draw(node.children as readonly Node[])}
      </span>
    );
  });
}
