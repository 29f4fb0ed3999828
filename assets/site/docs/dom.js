// Elements from JavaScript, and the little Markdown that the documents' descriptions are written in: paragraphs, `##`
// headings, `-` lists, `code`, **bold** and links.

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const inlinePattern = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

function inline(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(inlinePattern)) {
    parts.push(text.slice(from, match.index));
    const [whole, code, bold, label, target] = match;
    if (code !== undefined) parts.push(element('code', {}, code));
    else if (bold !== undefined) parts.push(element('strong', {}, bold));
    else parts.push(/^(https?:\/\/|\/|#)/.test(target) ? element('a', { href: target }, label) : label);
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== '');
}

function block(text) {
  const lines = text.split('\n');
  if (text.startsWith('## ')) return element('h2', {}, ...inline(text.slice(3)));
  if (lines.every((line) => line.startsWith('- '))) return element('ul', {}, ...lines.map((line) => element('li', {}, ...inline(line.slice(2)))));
  return element('p', {}, ...inline(lines.join(' ')));
}

/** Nodes for a text; `flat`: the words alone, for a cell of a table. */
export function markdown(text, flat = false) {
  if (flat) return inline(text);
  return text.split(/\n\n+/).filter(Boolean).map(block);
}
