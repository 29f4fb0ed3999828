import { describe, expect, test } from 'vitest';
import type { Nodes } from 'mdast';
import { safeHref } from './links';
import { GrowingText, parse } from './parse';
import { isPlain } from './plain';

/** A tree as a short text: types with what they hold. */
function outline(node: Nodes): string {
  if ('children' in node) return `${node.type}(${node.children.map((child) => outline(child as Nodes)).join(' ')})`;
  return 'value' in node ? `${node.type}:${node.value}` : node.type;
}

describe('markdown', () => {
  test('plain sentences never reach the parser, and nothing else is taken for one', () => {
    for (const text of ['Hello!', '好啊，我带早餐。', 'See you at half past seven', 'a\nb'])
      expect(isPlain(text)).toBe(true);
    for (const text of ['**a**', '- a', '1. a', 'https://x.org', '> a', 'www.x.org', '`a`', '@Bob', 'a\n\n# b'])
      expect(isPlain(text)).toBe(false);
  });

  test('HTML stays text, and marks beside it still work', () => {
    const tree = outline(parse('<script>alert(1)</script> **bold** <b>x</b>\n\n<div>\n*a*\n</div>'));
    expect(tree).not.toContain('html');
    expect(tree).toContain('strong(text:bold)');
    expect(tree).toContain('emphasis(text:a)');
  });

  test('emphasis ends beside Chinese punctuation', () => {
    expect(outline(parse('**强调。**后面 ~~删除。~~后面'))).toContain('strong(text:强调。)');
    expect(outline(parse('~~删除。~~后面'))).toContain('delete(text:删除。)');
  });

  test('links lead to the web and to mail, nowhere else', () => {
    expect(safeHref('https://example.org/a?b')).toBe('https://example.org/a?b');
    expect(safeHref('mailto:a@example.org')).toBe('mailto:a@example.org');
    for (const href of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '/relative',
      ' jAvascript:alert(1)',
    ])
      expect(safeHref(href)).toBeNull();
  });
});

describe('a growing text', () => {
  const whole =
    '# Plan\n\nFirst *things* first.\n\n- one\n- two\n\n  still two\n- three\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe **end**。';

  test('ends as what a parse of the whole gives, however it was cut', () => {
    for (const size of [1, 2, 7, 40]) {
      const growing = new GrowingText();
      for (let i = size; i < whole.length; i += size) growing.read(whole.slice(0, i), true);
      const nodes = growing.read(whole, false);
      expect(nodes.map(outline)).toEqual(parse(whole).children.map(outline));
    }
  });

  test('finished blocks keep their identity, so that they are not drawn again', () => {
    const growing = new GrowingText();
    const before = growing.read(whole.slice(0, 60), true);
    const after = growing.read(whole.slice(0, 62), true);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  test('marks that are still open are closed for now', () => {
    expect(new GrowingText().read('so **bol', true).map(outline)).toEqual(['paragraph(text:so  strong(text:bol))']);
    expect(new GrowingText().read('so **bol', false).map(outline)).toEqual(['paragraph(text:so **bol)']);
  });

  test('another text begins anew', () => {
    const growing = new GrowingText();
    growing.read('a\n\nb\n\nc', true);
    expect(growing.read('x', false).map(outline)).toEqual(['paragraph(text:x)']);
  });
});
