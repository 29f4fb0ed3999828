/**
 * Markdown to a tree: CommonMark and GitHub's tables, lists, strikethrough and links, with emphasis that works beside
 * Chinese, Japanese and Korean text. HTML stays text. This file brings the parser, so it is only ever imported lazily.
 */
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import type { Root, RootContent } from 'mdast';
import { cjkFriendlyExtension } from 'micromark-extension-cjk-friendly';
import { gfmStrikethroughCjkFriendly } from 'micromark-extension-cjk-friendly-gfm-strikethrough';
import { gfm } from 'micromark-extension-gfm';
import remend from 'remend';

/** Not in messages: HTML (it stays text), code by four spaces, and headings by a line of dashes below. */
const withoutSurprises = { disable: { null: ['htmlFlow', 'htmlText', 'codeIndented', 'setextUnderline'] } };

export function parse(text: string): Root {
  return fromMarkdown(text, {
    extensions: [
      withoutSurprises,
      gfm({ singleTilde: false }),
      cjkFriendlyExtension(),
      gfmStrikethroughCjkFriendly({ singleTilde: false }),
    ],
    mdastExtensions: [gfmFromMarkdown()],
  });
}

/**
 * Parses a text that grows. Blocks that another one follows are finished: they keep their identity and are not parsed
 * again, so the work of one step is that of the last block, however long the text is.
 */
export class GrowingText {
  private text = '';
  private finished: readonly RootContent[] = [];
  private finishedLength = 0;

  /** The blocks of `text`. `open`: more will follow, so marks that are not closed yet are closed for now. */
  read(text: string, open: boolean): readonly RootContent[] {
    if (!text.startsWith(this.text)) {
      this.finished = [];
      this.finishedLength = 0;
    }
    this.text = text;
    const tail = text.slice(this.finishedLength);
    const blocks = parse(tail).children;
    const last = blocks.at(-1);
    const start = last?.position?.start.offset;
    if (blocks.length > 1 && start !== undefined) {
      this.finished = [...this.finished, ...blocks.slice(0, -1)];
      this.finishedLength += start;
    }
    if (last === undefined) return this.finished;
    if (!open || last.type === 'code') return [...this.finished, last];
    return [...this.finished, ...parse(remend(text.slice(this.finishedLength))).children];
  }
}
