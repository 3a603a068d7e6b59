// Plays an alert's order book. Every step says what it changed, from what to what, so that it can be taken back too.

const SPEEDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 60, 300];
const LEVELS = 9;
const LOGGED = 12;
const SECOND = 1e9;
const TRIES = 20;
const element = (name) => document.getElementById(`replay-${name}`);
const panel = document.getElementById("replay");
const said = element("said"), canvas = element("chart"), ladder = element("ladder"), log = element("log");
const play = element("play"), speed = element("speed"), at = element("at");

let told, book, applied = 0, time = 0, playing = null, background = null, scale = null;

function clock(ns, digits = 3) {
  const whole = (((told.clock + ns / SECOND) % 86400) + 86400) % 86400;
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const two = (number) => String(number).padStart(2, "0");
  const seconds = (Math.floor((whole % 60) * 10 ** digits) / 10 ** digits).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${two(hours)}:${two(minutes)}:${seconds}`;
}

const price = (value) => value.toLocaleString("en", { minimumFractionDigits: told.decimals, maximumFractionDigits: told.decimals });
const size = (value) => value.toLocaleString("en", { maximumFractionDigits: 6 });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// --- the book ---

function set(level, quantity) {
  if (quantity) book.set(level, quantity);
  else book.delete(level);
}

function seek(count) {
  const steps = told.steps;
  for (; applied < count; applied++) for (const [level, , after] of steps[applied][4]) set(level, after);
  for (; applied > count; applied--) {
    const changes = steps[applied - 1][4];
    for (let place = changes.length - 1; place >= 0; place--) set(changes[place][0], changes[place][1]);
  }
}

function countAt(moment) {
  let low = 0, high = told.steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (told.steps[middle][0] <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function go(count) {
  seek(Math.min(Math.max(count, 0), told.steps.length));
  time = applied ? told.steps[applied - 1][0] : 0;
  show();
}

// --- the ladder and the log ---

function show() {
  const asks = [], bids = [];
  for (const [level, quantity] of book) (quantity < 0 ? asks : bids).push([level, Math.abs(quantity)]);
  asks.sort((a, b) => a[0] - b[0]);
  bids.sort((a, b) => b[0] - a[0]);
  const step = applied ? told.steps[applied - 1] : null;
  if (!book.size && step) {
    if (step[6] !== null) asks.push([step[6], null]);
    if (step[5] !== null) bids.push([step[5], null]);
  }
  const rows = [...asks.slice(0, LEVELS).reverse().map((row) => [...row, "ask"]), ...bids.slice(0, LEVELS).map((row) => [...row, "bid"])];
  const most = Math.max(1e-12, ...rows.map((row) => row[1] ?? 0));
  const touched = new Set(step?.[3] ? step[4].map((change) => change[0]) : []);
  while (ladder.rows.length < rows.length) {
    const tr = ladder.insertRow();
    for (const name of ["bid", "price", "ask"]) tr.insertCell().className = name;
    for (const place of [0, 2]) tr.cells[place].append(document.createElement("i"), document.createElement("span"));
  }
  while (ladder.rows.length > rows.length) ladder.deleteRow(-1);
  rows.forEach(([level, quantity, side], place) => {
    const tr = ladder.rows[place];
    tr.className = touched.has(level) ? "named" : "";
    tr.cells[1].textContent = price(level);
    for (const [cell, own] of [[tr.cells[0], side === "bid"], [tr.cells[2], side === "ask"]]) {
      cell.lastChild.textContent = own && quantity !== null ? size(quantity) : "";
      cell.firstChild.style.width = own && quantity !== null ? `${(100 * quantity) / most}%` : "0";
    }
  });
  const items = [];
  for (let place = applied; place > Math.max(0, applied - LOGGED); place--) {
    const [moment, , words, named] = told.steps[place - 1];
    const item = document.createElement("li");
    if (named) item.className = "named";
    item.textContent = `${clock(moment)} ${words}`;
    items.push(item);
  }
  log.replaceChildren(...items);
  at.value = String(applied);
  at.setAttribute("aria-valuetext", `${clock(time)}, event ${applied} of ${told.steps.length}`);
  element("time").textContent = `${clock(time)}  ${applied.toLocaleString("en")}/${told.steps.length.toLocaleString("en")}`;
  drawCursor();
}

// --- the chart ---

function range() {
  const own = [...told.lives.map((life) => life[2]), ...told.trades.filter((trade) => trade[4]).map((trade) => trade[1])];
  let market = [...told.trades.map((trade) => trade[1]), ...told.touch.flatMap((point) => [point[1], point[2]])].filter((value) => value !== null);
  if (!told.touch.length) market.push(...told.bars.flatMap((bar) => [bar[3], bar[4]]));
  market.sort((a, b) => a - b);
  if (market.length > 50) market = market.slice(Math.floor(market.length / 200), market.length - Math.floor(market.length / 200));
  const every = [...own, ...market.slice(0, 1), ...market.slice(-1)];
  if (!every.length) every.push(...told.depth.flat().map((level) => level[0]));
  if (!every.length) return [0, 1];
  const low = Math.min(...every), high = Math.max(...every);
  const pad = Math.max(0.12 * (high - low), 3 * 10 ** -told.decimals);
  return [low - pad, high + pad];
}

function measure() {
  const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  const [low, high] = range();
  const left = 8, right = box.width - 66, top = 8, bottom = box.height - 24;
  scale = {
    ratio, width: box.width, height: box.height, left, right, top, bottom, low, high,
    x: (ns) => left + (Math.min(Math.max(ns, 0), told.length) / told.length) * (right - left),
    y: (level) => bottom - ((level - low) / (high - low)) * (bottom - top),
  };
}

function ticks(low, high, count) {
  const rough = Math.max((high - low) / count, 10 ** -told.decimals), unit = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((value) => value >= rough * (1 - 1e-9));
  const found = [];
  for (let place = Math.ceil(low / step); place * step <= high; place++) found.push(place * step);
  return found;
}

function timeTicks() {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400];
  const seconds = told.length / SECOND, most = Math.max(2, Math.floor((scale.right - scale.left) / 95));
  const step = steps.find((value) => seconds / value <= most) ?? steps.at(-1);
  const found = [];
  for (let place = Math.ceil(told.clock / step); place * step <= told.clock + seconds; place++) found.push((place * step - told.clock) * SECOND);
  return [found, step < 0.1 ? 2 : step < 1 ? 1 : 0];
}

function drawBackground() {
  measure();
  background = null;
  if (!canvas.width || !canvas.height) return;
  background = document.createElement("canvas");
  background.width = canvas.width;
  background.height = canvas.height;
  const pen = background.getContext("2d");
  const { x, y, left, right, top, bottom, low, high } = scale;
  pen.scale(scale.ratio, scale.ratio);
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const buy = colour("buy"), sell = colour("sell"), ink = colour("ink"), quiet = colour("quiet"), unknown = colour("quiet");
  const side = (value) => (value > 0 ? buy : value < 0 ? sell : unknown);
  pen.fillStyle = colour("raised");
  pen.fillRect(left, top, right - left, bottom - top);
  const [start, end, detected] = told.alert;
  pen.fillStyle = colour("episode");
  pen.globalAlpha = 0.55;
  pen.fillRect(x(start), top, Math.max(x(end) - x(start), 1), bottom - top);
  pen.globalAlpha = 1;
  pen.lineWidth = 1;
  pen.strokeStyle = colour("line");
  pen.fillStyle = quiet;
  pen.textBaseline = "middle";
  for (const level of ticks(low, high, 7)) {
    line(pen, left, y(level), right, y(level));
    pen.fillText(price(level), right + 6, y(level));
  }
  const [moments, digits] = timeTicks();
  pen.textBaseline = "top";
  pen.textAlign = "center";
  for (const moment of moments) {
    line(pen, x(moment), top, x(moment), bottom);
    if (x(moment) > left + 26 && x(moment) < right - 20) pen.fillText(clock(moment, digits), x(moment), bottom + 7);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left, top, right - left, bottom - top);
  pen.clip();
  depth(pen, buy, sell);
  bars(pen);
  touch(pen, 1, buy);
  touch(pen, 2, sell);
  const most = Math.max(1e-12, ...told.trades.map((trade) => trade[2]));
  for (const named of [false, true]) {
    for (const [moment, level, quantity, who, isNamed] of told.trades) {
      if (isNamed !== named) continue;
      pen.beginPath();
      pen.arc(x(moment), y(level), 1.6 + 4.2 * Math.sqrt(quantity / most), 0, 7);
      pen.fillStyle = side(who);
      pen.globalAlpha = 0.85;
      pen.fill();
      pen.globalAlpha = 1;
      if (named) outline(pen, ink, 1.3);
    }
  }
  lives(pen, side, ink);
  pen.restore();
  pen.strokeStyle = colour("moment");
  pen.setLineDash([4, 3]);
  line(pen, x(detected), top, x(detected), bottom);
  pen.setLineDash([]);
}

function line(pen, fromX, fromY, toX, toY) {
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
  pen.stroke();
}

function outline(pen, style, width) {
  pen.strokeStyle = style;
  pen.lineWidth = width;
  pen.stroke();
}

function depth(pen, buy, sell) {
  const { x, y, low, high } = scale;
  const levels = told.depth.flat().filter(([level]) => level >= low && level <= high);
  if (!levels.length) return;
  const quantities = levels.map((level) => Math.abs(level[1])).sort((a, b) => a - b);
  const most = quantities[Math.floor(0.97 * (quantities.length - 1))];
  const prices = [...new Set(levels.map((level) => level[0]))].sort((a, b) => a - b);
  let gap = Infinity;
  for (let place = 1; place < prices.length; place++) {
    const between = prices[place] - prices[place - 1];
    if (between > 1e-9 * prices[place]) gap = Math.min(gap, between);
  }
  gap = Math.max(Number.isFinite(gap) ? gap : 0, (high - low) / 90);
  const tall = y(low) - y(low + gap), wide = (scale.right - scale.left) / told.depth.length;
  told.depth.forEach((column, place) => {
    for (const [level, quantity] of column) {
      if (level < low || level > high) continue;
      pen.fillStyle = quantity > 0 ? buy : sell;
      pen.globalAlpha = 0.06 + 0.42 * Math.sqrt(Math.min(Math.abs(quantity) / most, 1));
      pen.fillRect(x(told.moments[place]), y(level) - tall / 2, wide + 0.4, tall);
    }
  });
  pen.globalAlpha = 1;
}

function bars(pen) {
  if (told.touch.length) return;
  const { x, y } = scale;
  for (const [moment, seconds, first, high, low, last] of told.bars) {
    pen.strokeStyle = colour(last >= first ? "up" : "down");
    pen.lineWidth = 1.5;
    const middle = (x(moment - seconds * SECOND) + x(moment)) / 2;
    line(pen, middle, y(high), middle, y(low));
    line(pen, x(moment - seconds * SECOND), y(first), middle, y(first));
    line(pen, middle, y(last), x(moment), y(last));
  }
}

function touch(pen, place, style) {
  const { x, y } = scale;
  pen.beginPath();
  let before = null;
  for (const point of told.touch) {
    const level = point[place];
    if (before !== null) pen.lineTo(x(point[0]), y(before));
    if (level !== null) (before === null ? pen.moveTo(x(point[0]), y(level)) : pen.lineTo(x(point[0]), y(level)));
    before = level;
  }
  outline(pen, style, 1.4);
}

function lives(pen, side, ink) {
  const { x, y } = scale;
  const most = Math.max(1e-12, ...told.lives.map((life) => life[3]));
  for (const [start, end, level, quantity, who, ended] of [...told.lives].sort((a, b) => b[3] - a[3])) {
    const thick = 3 + 7 * Math.sqrt(quantity / most), from = x(start), to = Math.max(x(end), from + 1.5);
    pen.fillStyle = side(who);
    pen.globalAlpha = 0.75;
    pen.fillRect(from, y(level) - thick / 2, to - from, thick);
    pen.globalAlpha = 1;
    pen.strokeStyle = ink;
    pen.lineWidth = 0.9;
    pen.strokeRect(from, y(level) - thick / 2, to - from, thick);
    if (ended !== "cancelled") continue;
    pen.lineWidth = 1.7;
    line(pen, to - 4, y(level) - 4, to + 4, y(level) + 4);
    line(pen, to - 4, y(level) + 4, to + 4, y(level) - 4);
  }
}

function drawCursor() {
  if (!background) return;
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(background, 0, 0);
  pen.scale(scale.ratio, scale.ratio);
  const place = scale.x(time);
  pen.fillStyle = colour("panel");
  pen.globalAlpha = 0.5;
  pen.fillRect(place, scale.top, scale.right - place, scale.bottom - scale.top);
  pen.globalAlpha = 1;
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 1.2;
  line(pen, place, scale.top, place, scale.bottom);
}

// --- playing ---

function pauseIt() {
  if (playing !== null) cancelAnimationFrame(playing);
  playing = null;
  play.textContent = "Play";
}

function playIt() {
  if (applied >= told.steps.length) go(0);
  let before = performance.now();
  const frame = (now) => {
    time += (now - before) * 1e6 * Number(speed.value);
    before = now;
    const ended = time >= told.length;
    time = Math.min(time, told.length);
    const count = countAt(time);
    if (count !== applied) {
      seek(count);
      show();
    } else {
      element("time").textContent = `${clock(time)}  ${applied.toLocaleString("en")}/${told.steps.length.toLocaleString("en")}`;
      drawCursor();
    }
    if (ended) pauseIt();
    else playing = requestAnimationFrame(frame);
  };
  play.textContent = "Pause";
  playing = requestAnimationFrame(frame);
}

const toggle = () => (playing === null ? playIt() : pauseIt());
const stepBy = (step) => { pauseIt(); go(applied + step); };
const faster = (step) => { speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + step, 0), SPEEDS.length - 1); };

function listen() {
  play.addEventListener("click", toggle);
  element("back").addEventListener("click", () => stepBy(-1));
  element("forward").addEventListener("click", () => stepBy(1));
  element("start").addEventListener("click", () => { pauseIt(); go(0); });
  element("end").addEventListener("click", () => { pauseIt(); go(told.steps.length); });
  at.addEventListener("input", () => { pauseIt(); go(Number(at.value)); });
  canvas.addEventListener("pointerdown", (event) => {
    const share = (event.offsetX - scale.left) / (scale.right - scale.left);
    pauseIt();
    go(countAt(Math.min(Math.max(share, 0), 1) * told.length));
  });
  const keys = {
    " ": toggle, ArrowLeft: () => stepBy(-1), ArrowRight: () => stepBy(1),
    Home: () => { pauseIt(); go(0); }, End: () => { pauseIt(); go(told.steps.length); },
    "+": () => faster(1), "-": () => faster(-1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    if (event.target.closest("input, textarea, select, a, dialog, [role=region]")) return;
    if (event.target.closest("button") && event.key === " ") return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("theme", () => { drawBackground(); drawCursor(); });
  new ResizeObserver(() => { drawBackground(); drawCursor(); }).observe(canvas);
}

function begin() {
  book = new Map(told.opening);
  at.max = String(told.steps.length);
  const seconds = told.length / SECOND;
  const usual = SPEEDS.find((value) => seconds / value <= 20) ?? SPEEDS.at(-1);
  speed.replaceChildren(...SPEEDS.map((value) => new Option(`${value}×`, value, value === usual, value === usual)));
  const priced = [told.touch, told.trades, told.bars, told.lives, told.depth.flat()].some((each) => each.length);
  canvas.parentElement.hidden = ladder.closest("div").hidden = !priced;
  element("body").hidden = false;
  drawBackground();
  listen();
  go(countAt(told.alert[0]));
  if (!priced) said.textContent = "It rests on statuses of the feed: there is no book to show.";
  else said.textContent = told.cut ? `The first ${told.steps.length.toLocaleString("en")} events.` : `${told.steps.length.toLocaleString("en")} events.`;
  panel.dataset.ready = "true";
}

async function load() {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await fetch(panel.dataset.source);
    if (!answer.ok) {
      said.textContent = "The events can't be read.";
      return;
    }
    told = await answer.json();
    if (told.landed) break;
    said.textContent = "The events are still being landed in the lake…";
    await new Promise((done) => setTimeout(done, 1500));
  }
  if (!told.steps.length) said.textContent = "The lake holds no events around this alert.";
  else begin();
}

load();
