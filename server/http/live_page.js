// SPDX-License-Identifier: Apache-2.0
'use strict';
const PERIOD = 2000, KEPT = 6, HISTORY = 150, STATE_EVERY = 5;
const past = new Map();     // by model and layer: saturated share and dead units, oldest first
const scrapes = [];         // oldest first; the last is now
const shown = new Set();    // models whose details are shown
let state = null;

// --- Reading metrics.
function parse(text) {
  const samples = new Map();
  for (const line of text.split('\n')) {
    const head = /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!head) continue;
    const labels = {};
    for (const [, name, value] of (head[2] || '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, c) => c === 'n' ? '\n' : c);
    }
    if (!samples.has(head[1])) samples.set(head[1], []);
    samples.get(head[1]).push({labels, value: head[3] === '+Inf' ? Infinity : +head[3]});
  }
  return {at: performance.now() / 1000, samples};
}

const matches = (labels, want) => Object.keys(want).every(name => labels[name] === want[name]);
const select = (scrape, name, want) => (scrape.samples.get(name) || []).filter(s => matches(s.labels, want));
const sum = (scrape, name, want = {}) => select(scrape, name, want).reduce((all, s) => all + s.value, 0);
const now = () => scrapes[scrapes.length - 1];

// What came in the time that the kept scrapes cover; a counter that went back has restarted.
function gained(name, want = {}) {
  const gain = sum(now(), name, want) - sum(scrapes[0], name, want);
  return gain >= 0 ? gain : sum(now(), name, want);
}
const seconds = () => Math.max(now().at - scrapes[0].at, 1e-3);
const rate = (name, want) => scrapes.length < 2 ? NaN : gained(name, want) / seconds();

// A histogram's counts by upper bound, not cumulative.
function buckets(scrape, name, want) {
  const by = new Map();
  for (const s of select(scrape, name + '_bucket', want)) {
    const bound = s.labels.le === '+Inf' ? Infinity : +s.labels.le;
    by.set(bound, (by.get(bound) || 0) + s.value);
  }
  let below = 0;
  return [...by].sort((a, b) => a[0] - b[0]).map(([bound, count]) => {
    const own = count - below;
    below = count;
    return {bound, count: own};
  });
}

// Of the kept time; of all time when nothing came in it.
function recent(name, want) {
  const all = buckets(now(), name, want), old = new Map();
  for (const b of buckets(scrapes[0], name, want)) old.set(b.bound, b.count);
  const fresh = all.map(b => ({bound: b.bound, count: b.count - (old.get(b.bound) || 0)}));
  return fresh.some(b => b.count > 0) && fresh.every(b => b.count >= 0) ? fresh : all;
}

function quantile(list, q) {
  const total = list.reduce((all, b) => all + b.count, 0);
  let left = q * total, low = 0;
  for (const b of list) {
    if (b.count > 0 && left <= b.count) return b.bound === Infinity ? low : low + (b.bound - low) * left / b.count;
    left -= b.count;
    low = b.bound;
  }
  return NaN;
}

function share(part, whole, want) {
  const fresh = gained(whole, want);
  return fresh > 0 ? gained(part, want) / fresh : sum(now(), part, want) / sum(now(), whole, want);
}

// --- Writing numbers.
const count = n => Number.isFinite(n) ? n.toLocaleString('en', {maximumFractionDigits: n < 10 ? 2 : 0}) : '-';
const percent = n => Number.isFinite(n) ? (100 * n).toFixed(n > 0 && n < 0.1 ? 1 : 0) + ' %' : '-';
const small = n => !Number.isFinite(n) ? '-' : n === 0 ? '0' : n < 0.001 ? n.toExponential(1) : n.toPrecision(3);
function duration(s) {
  if (!Number.isFinite(s)) return '-';
  const [scale, unit] = s < 1e-6 ? [1e9, 'ns'] : s < 1e-3 ? [1e6, 'us'] : s < 1 ? [1e3, 'ms'] : [1, 's'];
  return (s * scale).toPrecision(3) + ' ' + unit;
}

// --- Building elements; text is only ever set as text.
const SVG = 'http://www.w3.org/2000/svg';
function make(tag, attributes = {}, ...children) {
  const svg = /^(svg|path|rect|line|text|title|polyline)$/.test(tag);
  const node = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  node.append(...children);
  return node;
}
const chip = (text, kind) => make('span', {class: 'chip ' + kind}, text);

// Pairs of a name, a text and the number in full.
function numbers(list, pairs) {
  list.replaceChildren(...pairs.map(([name, text, value]) => make('div', {}, make('dt', {}, name),
      make('dd', {'data-name': name, 'data-value': value === undefined ? text : value}, text))));
}

// --- Pictures.
const WIDE = 320, HIGH = 150;

function flatShare(list, flat) {
  let inside = 0, all = 0, low = -Infinity;
  for (const b of list) {
    const middle = low === -Infinity ? b.bound : b.bound === Infinity ? low : (low + b.bound) / 2;
    if (flat.some(([from, to]) => middle >= (from <= -8 ? -Infinity : from) && middle <= (to >= 8 ? Infinity : to))) {
      inside += b.count;
    }
    all += b.count;
    low = b.bound;
  }
  return inside / all;
}

// A function, its flat stretches, and how its inputs are distributed.
function drawCurve(curve, list) {
  const total = list.reduce((all, b) => all + b.count, 0);
  const far = list.reduce((all, b) => all + (b.bound <= -4 || b.bound > 4 ? b.count : 0), 0);
  const reach = total > 0 && far < 0.02 * total ? 4 : 8;
  const toX = x => (Math.max(-reach, Math.min(reach, x)) + reach) / (2 * reach) * WIDE;
  const points = curve.x.map((x, i) => [x, curve.y[i]]).filter(([x, y]) => Math.abs(x) <= reach && y !== null);
  const heights = points.map(([, y]) => Math.max(-reach, Math.min(reach, y)));
  const low = Math.min(0, ...heights), high = Math.max(1e-9, ...heights);
  const toY = y => HIGH - 18 - (Math.max(low, Math.min(high, y)) - low) / (high - low || 1) * (HIGH - 26);
  const label = `${curve.activation}: ${total > 0 ? percent(flatShare(list, curve.flat)) +
      ' of its inputs are where it is flat, the median is ' + small(quantile(list, 0.5)) : 'no inputs sampled yet'}`;
  const svg = make('svg', {viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-label': label, class: 'curve'});
  for (const [from, to] of curve.flat) {
    const left = toX(from), right = toX(to);
    if (right > left) svg.append(make('rect', {x: left, y: 0, width: right - left, height: HIGH - 18, fill: 'var(--flat)', class: 'flat'}));
  }
  drawMass(svg, list, total, reach, toX);
  svg.append(make('line', {x1: 0, x2: WIDE, y1: toY(0), y2: toY(0), stroke: 'var(--line)'}));
  let path = '', last = null;
  for (const [x, y] of points) {
    path += `${last !== null && x - last < 0.15 ? 'L' : 'M'}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`;
    last = x;
  }
  svg.append(make('path', {d: path, fill: 'none', stroke: 'var(--curve)', 'stroke-width': 2.5}));
  for (const [at, anchor] of [[-reach, 'start'], [0, 'middle'], [reach, 'end']]) {
    svg.append(make('text', {x: toX(at), y: HIGH - 4, 'text-anchor': anchor}, String(at)));
  }
  return svg;
}

// Bars whose areas are shares; what is beyond the picture stands at its edges.
function drawMass(svg, list, total, reach, toX) {
  const bars = [];
  let low = -Infinity;
  for (const b of list) {
    const from = Math.max(low, -reach - 0.5), to = Math.min(b.bound, reach + 0.5);
    const wide = b.bound <= -reach || low >= reach ? 0.5 : to - from;
    if (b.count > 0) bars.push({from: low >= reach ? reach - 0.2 : from, to: b.bound <= -reach ? -reach + 0.2 : to, tall: b.count / wide});
    low = b.bound;
  }
  const tallest = Math.max(...bars.map(b => b.tall), 1e-9);
  for (const b of bars) {
    const tall = b.tall / tallest * (HIGH - 30);
    svg.append(make('rect', {x: toX(b.from), width: Math.max(toX(b.to) - toX(b.from) - 0.5, 1), y: HIGH - 18 - tall,
      height: tall, fill: 'var(--mass)', class: 'mass'}));
  }
}

// Saturated share (line) and dead units (steps) over the time that the page has been open.
function drawHistory(points, units) {
  const svg = make('svg', {viewBox: `0 0 ${WIDE} 44`, role: 'img', class: 'history', 'aria-label':
    `over time: saturated ${points.map(p => percent(p.saturated)).slice(-1)}, dead units ${points.map(p => count(p.dead)).slice(-1)}`});
  const line = (value, color, dash) => svg.append(make('polyline', {fill: 'none', stroke: color, 'stroke-width': 2,
    'stroke-dasharray': dash, points: points.map((p, i) => `${(i / (HISTORY - 1) * WIDE).toFixed(1)},${(40 - 36 * (value(p) || 0)).toFixed(1)}`).join(' ')}));
  svg.append(make('line', {x1: 0, x2: WIDE, y1: 40.5, y2: 40.5, stroke: 'var(--line)'}));
  line(p => p.saturated, 'var(--curve)', 'none');
  line(p => p.dead / units, 'var(--bad)', '4 3');
  return svg;
}

// --- Models.
function healthOf(model, layer) {
  const want = {model, layer: layer.name, activation: layer.activation};
  const sampled = sum(now(), 'hillock_activation_sampled_elements_total', want);
  const slopes = gained('hillock_activation_derivative_count', want);
  const mean = slopes > 0 ? gained('hillock_activation_derivative_sum', want) / slopes :
      sum(now(), 'hillock_activation_derivative_sum', want) / sum(now(), 'hillock_activation_derivative_count', want);
  return {want, sampled, mean,
    saturated: sampled > 0 ? share('hillock_activation_saturated_elements_total', 'hillock_activation_sampled_elements_total', want) : NaN,
    dead: sampled > 0 ? sum(now(), 'hillock_layer_dead_units', {model, layer: layer.name}) : NaN,
    dense: sum(now(), 'hillock_layer_sampled_seconds_total', {...want, part: 'dense'}),
    activation: sum(now(), 'hillock_layer_sampled_seconds_total', {...want, part: 'activation'})};
}

function layersTable(model, layers, health) {
  const time = health.reduce((all, h) => all + h.dense + h.activation, 0);
  const row = (layer, h) => make('tr', {}, make('th', {scope: 'row'}, layer.name), make('td', {class: 'runs'}, layer.runs),
    make('td', {}, layer.precision), make('td', {}, make('div', {class: 'bar', role: 'img', 'aria-label':
      `dense ${percent(h.dense / time)}, activation ${percent(h.activation / time)} of the time`},
      make('i', {style: `width:${100 * h.dense / time || 0}%`}), make('i', {style: `width:${100 * h.activation / time || 0}%`}))),
    make('td', {}, `${percent(h.dense / time)} / ${percent(h.activation / time)}`),
    make('td', {'data-name': 'saturated'}, percent(h.saturated)),
    make('td', {'data-name': 'dead', 'data-layer': layer.name, 'data-value': h.dead}, Number.isFinite(h.dead) ? `${count(h.dead)} of ${layer.outputs}` : '-'),
    make('td', {'data-name': 'mean'}, small(h.mean)));
  const heads = ['layer', 'runs as', 'precision', 'time', 'dense / activation', 'saturated', 'dead units', 'mean |f\'|'];
  return make('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `layers of ${model}`},
    make('table', {}, make('thead', {}, make('tr', {}, ...heads.map(h => make('th', {scope: 'col'}, h)))),
      make('tbody', {}, ...layers.map((layer, i) => row(layer, health[i])))));
}

// The product of the mean derivatives from the output back to a layer, on a scale of powers of ten.
function gradient(layers, health) {
  let product = 1;
  const rungs = [];
  for (let i = layers.length - 1; i >= 0; --i) {
    if (Number.isFinite(health[i].mean)) product *= health[i].mean;
    const width = Math.max(0, Math.min(100, 100 * (Math.log10(product) + 6) / 7));
    rungs.unshift(make('div', {class: 'rung', role: 'listitem'}, make('span', {}, layers[i].name),
      make('div', {class: 'bar'}, make('i', {style: `width:${width}%`})), make('b', {'data-value': product}, small(product))));
  }
  return make('div', {role: 'list', class: 'gradient'}, ...rungs);
}

function layerCard(model, layer, health) {
  const points = past.get(model + '\n' + layer.name) || [];
  const card = make('section', {class: 'card'}, make('h3', {}, `${layer.name}: ${layer.activation}`));
  if (layer.curve === null) card.append(make('p', {}, 'A row function: each output depends on the whole row.'));
  else card.append(drawCurve(state.curves[layer.curve], recent('hillock_activation_input', health.want)));
  card.append(drawHistory(points, layer.outputs), make('p', {}, `Since this page is open: saturated ${percent(health.saturated)} (line), ` +
    `dead units ${Number.isFinite(health.dead) ? count(health.dead) : '-'} of ${layer.outputs} (dashes).`));
  return card;
}

function warnings(layers, health) {
  const chips = [];
  layers.forEach((layer, i) => {
    if (layer.curve === null) return;
    if (health[i].dead > 0.1 * layer.outputs) chips.push(chip(`${layer.name}: ${count(health[i].dead)} of ${layer.outputs} units dead`, 'bad'));
    else if (health[i].saturated > 0.5) chips.push(chip(`${layer.name}: ${percent(health[i].saturated)} saturated`, 'bad'));
  });
  return chips;
}

function showModel(name, versions) {
  const box = document.getElementById('models');
  let node = [...box.children].find(child => child.dataset.model === name);
  if (!node) {
    node = make('details', {class: 'model', 'data-model': name}, make('summary', {}, make('span', {class: 'name'}), make('dl', {class: 'numbers'})), make('div'));
    node.addEventListener('toggle', () => { node.open ? shown.add(name) : shown.delete(name); show(); });
    box.append(node);
  }
  const served = versions.filter(v => v.state === 'READY'), layers = served.length ? served[served.length - 1].layers : [];
  const health = layers.map(layer => healthOf(name, layer));
  node.querySelector('.name').replaceChildren(make('strong', {}, name),
    ...versions.map(v => chip((v.version ? 'version ' + v.version + ' ' : '') + v.state, v.state === 'READY' ? 'good' : 'bad')), ...warnings(layers, health));
  const time = recent('hillock_request_seconds', {model: name, stage: 'total'}), total = sum(now(), 'hillock_requests_total', {model: name});
  const batches = gained('hillock_batch_rows_count', {model: name});
  numbers(node.querySelector('.numbers'), [['requests', count(total), total], ['requests/s', count(rate('hillock_requests_total', {model: name}))],
    ['p50', duration(quantile(time, 0.5))], ['p99', duration(quantile(time, 0.99))],
    ['rows a batch', count(batches > 0 ? gained('hillock_batch_rows_sum', {model: name}) / batches : sum(now(), 'hillock_batch_rows_sum', {model: name}) / sum(now(), 'hillock_batch_rows_count', {model: name}))],
    ['queue', count(sum(now(), 'hillock_queue_rows', {model: name}))], ['shed/s', count(rate('hillock_shed_total', {model: name}))]]);
  const body = node.lastElementChild;
  if (!shown.has(name)) return body.replaceChildren();
  const old = body.querySelector('.scroll'), scrolled = old ? old.scrollLeft : 0, focused = old !== null && document.activeElement === old;
  body.replaceChildren(...versions.filter(v => v.reason).map(v => make('p', {class: 'bad'}, v.reason)));
  if (!layers.length) return;
  body.append(make('h4', {}, 'Layers'), layersTable(name, layers, health), make('h4', {}, 'What is left of a gradient'),
    make('p', {}, 'The product of the mean |f\'| from the output back to each layer. The left end is a millionth, the right end ten.'),
    gradient(layers, health), make('h4', {}, 'What goes into each activation'), make('div', {class: 'cards'}, ...layers.map((layer, i) => layerCard(name, layer, health[i]))));
  const fresh = body.querySelector('.scroll');
  fresh.scrollLeft = scrolled;
  if (focused) fresh.focus({preventScroll: true});
}

// --- Activations.
function activationCard(name) {
  const card = make('section', {class: 'card', 'data-activation': name}, make('h3', {}, name));
  const curve = state.curves.find(c => c.activation === name);
  if (curve) card.append(make('p', {}, curve.formula), drawCurve(curve, recent('hillock_activation_input', {activation: name})));
  else card.append(make('p', {}, 'A row function: each output depends on the whole row.'));
  for (const backend of new Set(select(now(), 'hillock_activation_elements_total', {activation: name}).map(s => s.labels.backend))) {
    const want = {activation: name, backend}, passes = recent('hillock_activation_seconds', want), list = make('dl', {class: 'numbers'});
    const total = sum(now(), 'hillock_activation_elements_total', want);
    numbers(list, [['backend', backend], ['elements', count(total), total], ['elements/s', count(rate('hillock_activation_elements_total', want))],
      ['an element', duration(sum(now(), 'hillock_activation_seconds_sum', want) / sum(now(), 'hillock_activation_timed_elements_total', want))],
      ['pass p50', duration(quantile(passes, 0.5))], ['pass p99', duration(quantile(passes, 0.99))]]);
    card.append(list);
  }
  return card;
}

// --- The round: fetch, remember, show.
function remember(models) {
  const seen = new Set();
  for (const [name, versions] of models) {
    const served = versions.filter(v => v.state === 'READY');
    for (const layer of served.length ? served[served.length - 1].layers : []) {
      const key = name + '\n' + layer.name, {saturated, dead} = healthOf(name, layer);
      past.set(key, [...(past.get(key) || []), {saturated, dead}].slice(-HISTORY));
      seen.add(key);
    }
  }
  for (const key of past.keys()) if (!seen.has(key)) past.delete(key);
}

const byName = () => Map.groupBy ? Map.groupBy(state.models, m => m.name) :
    state.models.reduce((all, m) => all.set(m.name, [...(all.get(m.name) || []), m]), new Map());

function show() {
  if (!state || !scrapes.length) return;
  const models = byName();
  for (const node of [...document.getElementById('models').children]) if (!models.has(node.dataset.model)) node.remove();
  for (const [name, versions] of models) showModel(name, versions);
  const used = [...new Set(select(now(), 'hillock_activation_elements_total', {}).map(s => s.labels.activation))].sort();
  document.getElementById('activations').replaceChildren(...used.map(activationCard));
  const total = sum(now(), 'hillock_requests_total');
  numbers(document.getElementById('totals'), [['models ready', count([...models.values()].filter(v => v.some(m => m.state === 'READY')).length)],
    ['requests', count(total), total], ['requests/s', count(rate('hillock_requests_total'))], ['rows/s', count(rate('hillock_rows_total'))],
    ['memory', count(sum(now(), 'process_resident_memory_bytes') / 1048576) + ' MiB'], ['version', state.version]]);
}

async function round(turn) {
  const status = document.getElementById('status');
  try {
    const get = async path => {
      const answer = await fetch(path, {cache: 'no-store', headers: {Accept: path === '/metrics' ? 'text/plain' : 'application/json'}});
      if (!answer.ok) throw new Error(path + ': ' + answer.status);
      return answer;
    };
    if (turn % STATE_EVERY === 0 || !state) state = await (await get('/state.json')).json();
    scrapes.push(parse(await (await get('/metrics')).text()));
    if (scrapes.length > KEPT) scrapes.shift();
    remember(byName());
    show();
    status.textContent = state.ready ? 'ready' : 'not ready';
    status.className = state.ready ? 'good' : 'bad';
  } catch (error) {
    status.textContent = 'no answer from the server';
    status.className = 'bad';
  }
}

// Nothing is asked for while nobody looks.
(async () => {
  for (let turn = 0;; ++turn) {
    if (!document.hidden) await round(turn);
    await new Promise(resolve => setTimeout(resolve, PERIOD));
  }
})();
