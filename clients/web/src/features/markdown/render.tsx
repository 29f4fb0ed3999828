/** Draws a Markdown tree. Blocks are memoized: one that did not change is not drawn again. */
import { memo, type ReactNode } from 'react';
import type { AlignType, List, Nodes, RootContent, Table } from 'mdast';
import { cx } from '@/ui/cx';
import { CodeBlock } from './code_block';
import { safeHref } from './links';
import { withMentions } from './mentions';

interface Context {
  readonly tail?: ReactNode;
  readonly mentions?: readonly string[] | undefined;
}

export interface BlocksProps extends Context {
  readonly nodes: readonly RootContent[];
  readonly growing: boolean;
}

export function Blocks({ nodes, tail, mentions, growing }: BlocksProps) {
  const last = nodes.length - 1;
  const tailInside = nodes[last]?.type === 'paragraph';
  return (
    <div className="markdown">
      {nodes.map((node, i) => (
        <Block
          key={i}
          node={node}
          mentions={mentions}
          open={growing && i === last}
          tail={i === last && tailInside ? tail : undefined}
        />
      ))}
      {!tailInside && tail}
    </div>
  );
}

/** A text that needs no parser. */
export function PlainBlock({ text, tail, mentions }: { readonly text: string } & Context) {
  return (
    <div className="markdown">
      <p dir="auto">
        {withMentions(text, mentions)}
        {tail}
      </p>
    </div>
  );
}

interface BlockProps extends Context {
  readonly node: RootContent;
  readonly open: boolean;
}

const Block = memo(function Block({ node, tail, mentions, open }: BlockProps) {
  const context: Context = { tail, mentions };
  switch (node.type) {
    case 'paragraph':
      return (
        <p dir="auto">
          {inlines(node.children, context)}
          {tail}
        </p>
      );
    case 'heading':
      return (
        <p
          dir="auto"
          role="heading"
          aria-level={Math.min(6, node.depth + 1)}
          className={cx('heading', `heading-${node.depth}`)}
        >
          {inlines(node.children, context)}
        </p>
      );
    case 'blockquote':
      return (
        <blockquote dir="auto">
          {node.children.map((child, i) => (
            <Block key={i} node={child} mentions={mentions} open={false} />
          ))}
        </blockquote>
      );
    case 'list':
      return <ListBlock list={node} mentions={mentions} />;
    case 'code':
      return <CodeBlock code={node.value} language={node.lang ?? null} open={open} />;
    case 'table':
      return <TableBlock table={node} mentions={mentions} />;
    case 'thematicBreak':
      return <hr />;
    case 'html':
      return <p dir="auto">{node.value}</p>;
    case 'footnoteDefinition':
      return (
        <div className="footnote">
          <sup>{node.label ?? node.identifier}</sup>
          {node.children.map((child, i) => (
            <Block key={i} node={child} mentions={mentions} open={false} />
          ))}
        </div>
      );
    case 'definition':
      return null;
    default:
      return <p dir="auto">{inlines([node], context)}</p>;
  }
});

function ListBlock({ list, mentions }: { readonly list: List; readonly mentions?: readonly string[] | undefined }) {
  const items = list.children.map((item, i) => (
    <li key={i} dir="auto" className={item.checked === null || item.checked === undefined ? undefined : 'task'}>
      {typeof item.checked === 'boolean' && <input type="checkbox" checked={item.checked} disabled readOnly />}
      {item.children.map((child, j) => (
        <Block key={j} node={child} mentions={mentions} open={false} />
      ))}
    </li>
  ));
  return list.ordered ? <ol start={list.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
}

const aligned: Readonly<Record<NonNullable<AlignType>, string>> = {
  left: 'text-left',
  center: 'text-center',
  right: 'text-right',
};

function TableBlock({ table, mentions }: { readonly table: Table; readonly mentions?: readonly string[] | undefined }) {
  const [head, ...rows] = table.children;
  const cell = (Cell: 'th' | 'td') => (node: { children: readonly Nodes[] }, i: number) => {
    const align = table.align?.[i];
    return (
      <Cell key={i} dir="auto" className={align ? aligned[align] : undefined}>
        {inlines(node.children, { mentions })}
      </Cell>
    );
  };
  return (
    <div className="table" tabIndex={0}>
      <table>
        <thead>{head && <tr>{head.children.map(cell('th'))}</tr>}</thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>{row.children.map(cell('td'))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(nodes: readonly Nodes[], context: Context): ReactNode {
  return nodes.map((node, i) => <Inline key={i} node={node} context={context} />);
}

function Inline({ node, context }: { readonly node: Nodes; readonly context: Context }): ReactNode {
  switch (node.type) {
    case 'text':
      return withMentions(node.value, context.mentions);
    case 'strong':
      return <strong>{inlines(node.children, context)}</strong>;
    case 'emphasis':
      return <em>{inlines(node.children, context)}</em>;
    case 'delete':
      return <del>{inlines(node.children, context)}</del>;
    case 'inlineCode':
      return <code>{node.value}</code>;
    case 'break':
      return <br />;
    case 'link':
      return <Anchor href={node.url}>{inlines(node.children, context)}</Anchor>;
    case 'image':
      return <Anchor href={node.url}>🖼 {node.alt || node.url}</Anchor>;
    case 'html':
      return node.value;
    case 'footnoteReference':
      return <sup>{node.label ?? node.identifier}</sup>;
    default:
      if ('children' in node) return inlines(node.children, context);
      return 'value' in node ? node.value : null;
  }
}

function Anchor({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  const safe = safeHref(href);
  if (safe === null) return <span>{children}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
