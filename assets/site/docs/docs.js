// Shows /openapi.json and /asyncapi.json. Text reaches the page as text only (no innerHTML); nothing is fetched elsewhere.
import { element, markdown } from '/docs/dom.js';

const verbs = ['get', 'post', 'put', 'patch', 'delete'];
const json = (value) => element('pre', {}, JSON.stringify(value, null, 2));
const nameOf = (ref) => ref.split('/').pop();

/** The target of a $ref inside the same document, or the thing itself. */
function resolve(document, thing) {
  if (!thing?.$ref) return thing ?? {};
  return thing.$ref
    .slice(2)
    .split('/')
    .reduce((at, step) => at[step], document);
}

/** The words for a schema's type; named types as links. */
function typeText(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [element('a', { href: `#type-${name}` }, name)];
  }
  if (schema.allOf?.length === 1) return typeText(schema.allOf[0]);
  if (schema.anyOf) return schema.anyOf.flatMap((each, i) => [...(i ? [' or '] : []), ...typeText(each)]);
  if (schema.const !== undefined) return [element('code', {}, JSON.stringify(schema.const))];
  const types = [schema.type ?? 'any JSON'].flat();
  return types.flatMap((type, i) => {
    const text = type === 'array' ? ['list of ', ...typeText(schema.items ?? {})] : [schema.format === 'date-time' && type === 'string' ? 'time' : type];
    return [...(i ? [' or '] : []), ...text];
  });
}

const limitNames = { minimum: 'at least', maximum: 'at most', minLength: 'characters, at least', maxLength: 'characters, at most', minItems: 'entries, at least', maxItems: 'entries, at most', default: 'default' };

function limits(schema) {
  const parts = Object.entries(limitNames).filter(([key]) => schema[key] !== undefined).map(([key, words]) => `${words} ${schema[key]}`);
  if (schema.enum) parts.push(schema.enum.join(', '));
  return parts.length ? element('span', { class: 'note' }, ` (${parts.join('; ')})`) : '';
}

function fieldRow(name, schema, required, text) {
  return element('tr', {}, element('td', {}, name), element('td', {}, element('span', { class: 'type' }, ...typeText(schema))),
    element('td', {}, required ? '' : element('span', { class: 'note' }, 'optional. '), ...markdown(text ?? schema.description ?? '', true), limits(schema)));
}

function fields(document, schema) {
  const whole = resolve(document, schema);
  const names = Object.keys(whole.properties ?? {});
  if (!names.length) return element('p', { class: 'note' }, 'No fields.');
  const required = new Set(whole.required ?? []);
  return element('table', {}, element('tbody', {}, ...names.map((name) => fieldRow(name, whole.properties[name], required.has(name)))));
}

function shown(title, value) {
  return element('details', {}, element('summary', {}, title), json(value));
}

function heading(id, title) {
  return element('h3', {}, element('a', { href: `#${id}` }, title));
}

function parameters(document, operation) {
  const own = (operation.parameters ?? []).filter((each) => !each.$ref);
  if (!own.length) return [];
  const rows = own.map((each) => fieldRow(each.name, each.schema, each.required, each.description));
  return [element('h4', {}, 'Parameters'), element('table', {}, element('tbody', {}, ...rows))];
}

function responses(document, operation) {
  const rows = Object.entries(operation.responses).map(([status, each]) => {
    const response = resolve(document, each);
    const [content] = Object.values(response.content ?? {});
    const type = content && status < 400 ? [' ', ...typeText(content.schema)] : [];
    return element('tr', {}, element('td', {}, status), element('td', {}, ...markdown(response.description, true), ...type));
  });
  const [success] = Object.entries(operation.responses).filter(([status]) => status < 300).map(([, each]) => Object.values(each.content ?? {})[0]);
  return [element('h4', {}, 'Answers'), element('table', {}, element('tbody', {}, ...rows)), success?.example !== undefined ? shown('Example of an answer', success.example) : ''];
}

function restArticle(document, path, verb, operation) {
  const id = `rest-${operation.operationId}`;
  const body = operation.requestBody?.content['application/json'];
  return element('article', { id, 'data-words': `${operation.operationId} ${path} ${operation.summary}` },
    heading(id, operation.summary),
    element('p', { class: 'route' }, element('span', { class: `verb ${verb}` }, verb.toUpperCase()), ' ', path),
    ...markdown(operation.description),
    ...parameters(document, operation),
    ...(body ? [element('h4', {}, 'Body'), fields(document, body.schema), body.example !== undefined ? shown('Example of a body', body.example) : ''] : []),
    ...responses(document, operation));
}

function frameArticle(document, key, operation) {
  const id = `frame-${key}`;
  const message = resolve(document, resolve(document, operation.messages[0]));
  const data = message.payload.properties.data;
  const parts = [heading(id, operation.summary), element('p', { class: 'route' }, element('span', { class: 'verb event' }, operation.action === 'send' ? 'EVENT' : 'FRAME'), ' ', message.name),
    ...markdown(operation.description ?? ''), element('h4', {}, 'Data'), fields(document, data)];
  if (message.examples) parts.push(shown('Example', message.examples[0].payload));
  if (operation.reply) {
    const ack = resolve(document, resolve(document, operation.reply.messages[0]));
    parts.push(element('h4', {}, 'Acknowledgement'), fields(document, ack.payload.properties.data));
    if (ack.examples) parts.push(shown('Example of an acknowledgement', ack.examples[0].payload));
    if (operation['x-errors']) parts.push(element('h4', {}, 'Errors'), element('p', {}, ...operation['x-errors'].flatMap((code) => [element('code', {}, code), ' '])));
  }
  return element('article', { id, 'data-words': `${message.name} ${operation.summary}` }, ...parts);
}

function typeArticle(document, name, schema) {
  const id = `type-${name}`;
  return element('article', { id, 'data-words': name }, heading(id, name), ...markdown(schema.description ?? ''),
    schema.enum ? element('p', {}, ...schema.enum.flatMap((each) => [element('code', {}, each), ' '])) : fields(document, schema));
}

function section(title, text, articles) {
  return articles.length ? element('section', {}, element('h2', {}, title), ...markdown(text ?? ''), ...articles) : null;
}

function restSections(document) {
  const all = Object.entries(document.paths).flatMap(([path, item]) => verbs.filter((verb) => item[verb]).map((verb) => ({ path, verb, operation: item[verb] })));
  return document.tags.map((tag) => section(`REST: ${tag.name}`, tag.description,
    all.filter((each) => each.operation.tags.includes(tag.name)).map((each) => restArticle(document, each.path, each.verb, each.operation))));
}

function frameSections(document) {
  const all = Object.entries(document.operations);
  const of = (action) => all.filter(([, each]) => each.action === action).map(([key, each]) => frameArticle(document, key, each));
  return [section('WebSocket: frames', 'What a client may send.', of('receive')), section('WebSocket: events', 'What the server sends.', of('send'))];
}

function contents() {
  const parts = [];
  for (const each of document.querySelectorAll('main section')) {
    parts.push(element('h2', {}, each.querySelector('h2').textContent));
    for (const article of each.querySelectorAll('article')) {
      const verb = article.querySelector('.verb');
      const name = verb ? article.querySelector('.route').lastChild.textContent.trim().replace('/api/aiim', '') : article.querySelector('h3').textContent;
      parts.push(element('a', { href: `#${article.id}`, 'data-words': article.dataset.words.toLowerCase() },
        verb ? element('span', { class: verb.className }, verb.textContent) : '', element('span', {}, name)));
    }
  }
  return parts;
}

function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const link of document.querySelectorAll('#contents a')) link.hidden = !words.every((word) => link.dataset.words.includes(word));
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function start() {
  const main = document.getElementById('main');
  const [rest, socket] = await Promise.all([read('/openapi.json'), read('/asyncapi.json')]);
  const types = { ...socket.components.schemas, ...rest.components.schemas };
  const owner = (name) => (rest.components.schemas[name] ? rest : socket);
  const sections = [...restSections(rest), ...frameSections(socket),
    section('Types', '', Object.keys(types).sort().map((name) => typeArticle(owner(name), name, types[name])))];
  main.replaceChildren(
    element('h1', { id: 'top' }, rest.info.title.replace(' REST', '')),
    element('p', { class: 'note' }, `Version ${rest.info.version}. As files: `, element('a', { href: '/openapi.json' }, 'OpenAPI 3.1'), ', ', element('a', { href: '/asyncapi.json' }, 'AsyncAPI 3.0'), '.'),
    ...markdown(rest.info.description), element('h2', {}, 'The WebSocket'), ...markdown(socket.info.description),
    ...sections.filter(Boolean));
  document.getElementById('contents').replaceChildren(...contents());
  document.getElementById('find').addEventListener('input', (event) => find(event.target.value));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

start().catch((error) => {
  document.getElementById('loading').textContent = `The documents could not be shown: ${error.message}`;
});
