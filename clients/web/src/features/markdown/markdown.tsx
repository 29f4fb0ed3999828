/** A text as Markdown. Nothing of it ever becomes HTML: the tree is drawn as React elements, and raw HTML as text. */
import { useRef, type ReactNode } from 'react';
import { isPlain } from './plain';
import { parsedOf, useParser } from './parsed';
import { Blocks, PlainBlock } from './render';
import type { GrowingText } from './parse';

export interface MarkdownProps {
  readonly text: string;
  /** More of it will come. */
  readonly growing?: boolean;
  /** Stands at the end of the last line where there is room (a message's time). */
  readonly tail?: ReactNode;
  /** Turns labels such as "@Alice" into highlights. */
  readonly mentions?: readonly string[];
}

export function Markdown({ text, growing = false, tail, mentions }: MarkdownProps) {
  const parser = useParser();
  const growth = useRef<GrowingText | null>(null);
  if (parser === null || (!growing && growth.current === null && isPlain(text)))
    return <PlainBlock text={text} tail={tail} mentions={mentions} />;
  if (growing || growth.current !== null) {
    growth.current ??= new parser.GrowingText();
    return <Blocks nodes={growth.current.read(text, growing)} tail={tail} mentions={mentions} growing={growing} />;
  }
  return <Blocks nodes={parsedOf(parser, text).children} tail={tail} mentions={mentions} growing={false} />;
}
