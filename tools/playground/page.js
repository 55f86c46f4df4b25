// SPDX-License-Identifier: MIT
// The page around the machine. Whatever it shows of the machine was printed by
// that machine, on its terminal, or on the line that machine.js has into it.
"use strict";

const find = (path, root = document) => root.querySelector(path);
const all = (path, root = document) => [...root.querySelectorAll(path)];
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const tell = text => { find("#state").textContent = text; };
// The terminal's text, without what moves the cursor and paints.
const plain = text => text.replaceAll(
  /\x1b(\[[0-9;?]*[a-zA-Z]|[=>]|\][^\x07]*\x07)|\r/g, "");

const STEPS = ["host", "step1_pid", "step2_net", "step3_mnt", "step4_seccomp"];
const KINDS = all("[data-kind]").map(element => element.dataset.kind);
// The namespaces of the host; and where one has another PID namespace, down from
// the terminal's shell, its own, and its parent's program. Bash's own words, but
// for two: what looks at all processes, as lsns does, takes seconds in there.
const LOOK = `[ -e /proc/$shell/comm ] || shell=$(pgrep -o -t ttyS0)
set --; next=$shell
while parent=$next; read -r next </proc/$parent/task/$parent/children
      next=\${next##* }; [ -n "$next" ]; do
  [ /proc/$next/ns/pid -ef /proc/1/ns/pid ] && continue
  set -- /proc/$next/ns/{${KINDS}} /proc/$parent/exe; break
done 2>/dev/null
readlink /proc/1/ns/{${KINDS}} "$@"; [ $? != 127 ]`;

const terminal = new Terminal({ fontFamily: "monospace", lineHeight: 1.15,
                                screenReaderMode: true });
let machine, parts, printed = "", place = null, idle;

// ---- the machine, and its loss ---------------------------------------------

// A file of the site, or of this page where it is one file.
async function bytes_of(name) {
  const inside = document.getElementById(name);
  const answer = inside ? new Response(Uint8Array.from(
    atob(inside.textContent), letter => letter.charCodeAt(0))) : await fetch(name);
  inside?.remove();
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
}

async function start() {
  find("#lost").hidden = true;
  tell("Starting the machine.");
  await machine?.destroy();
  terminal.reset();
  printed = "";
  place = null;
  const begin = performance.now();
  machine = new Machine(parts, bytes => {
    terminal.write(bytes);
    printed = (printed + new TextDecoder().decode(bytes)).slice(-20000);
    if (/^\[ *[\d.]+\] Kernel panic/m.test(printed))
      lose("The kernel gave up (panic). Only a reset helps.");
    follow();
    clearTimeout(idle);
    idle = setTimeout(() => at_prompt() && look(), 400);
  });
  await fit();
  machine.type("\f"); // bash: paint the prompt
  await look();
  tell(`Ready, after ${((performance.now() - begin) / 1000).toFixed(1)} s.`);
}

function lose(why) {
  find("#lost span").textContent = why;
  find("#lost").hidden = false;
  follow();
}

// Where is the terminal, and in which namespaces? Asked when it has come to
// rest, and never twice at once.
let looking = null;
const look = () => looking ??= look_once().finally(() => { looking = null; });

async function look_once() {
  const asked = machine;
  const { status, text } = await machine.ask(LOOK, 30).catch(() => ({}));
  if (asked !== machine) return;
  if (status !== 0) {
    lose(status ? "The machine has lost its commands." :
      "The machine does not answer.");
    return;
  }
  const lines = text.trim().split("\n");
  const step = STEPS.indexOf(lines.at(-1).split("/").at(-2));
  place = { step: Math.max(0, step) };
  for (const button of all("#steps [data-step]"))
    button.setAttribute("aria-pressed", button.dataset.step == place.step);
  draw(lines);
  follow();
}

// ---- what is typed ---------------------------------------------------------

const at_prompt = () => /[^\n]*:[^\n]*[$#] $/.test(plain(printed));

async function until(condition, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await condition()) return true;
    await pause(50);
  }
  return false;
}

// A button types for you, at a prompt only.
function type(text) {
  if (!at_prompt()) {
    tell("A program runs in the terminal. End it first (Ctrl-C, q or exit).");
    return false;
  }
  tell(printed = "");
  machine.type(text + "\r");
  terminal.focus();
  return true;
}

// Out of whatever sandbox, and into this step's.
async function go_to(step) {
  await look();
  while (place?.step) {
    if (!type("exit") || !await until(at_prompt)) return;
    const before = place;
    await until(async () => (await look(), place !== before));
  }
  if (step) type(`${STEPS[step]}/os_isolate`);
}

function fit() {
  const narrow = matchMedia("(max-width: 600px)").matches;
  const columns = narrow ? 48 : 80;
  terminal.options.fontSize = narrow ? Math.max(9, Math.floor(
    (find("main").clientWidth - 24) / 48 / 0.602)) : 14;
  terminal.resize(columns, 24);
  return machine?.resize(columns, 24).catch(() => {}); // look() tells
}

// ---- the tour --------------------------------------------------------------

// What to do; what to type, or the step to go to; how the terminal looks when
// it was done; what it means.
const on = number => () => place?.step === number;
const shows = (number, pattern, not) => () => place?.step === number &&
  at_prompt() && pattern.test(plain(printed)) && !not?.test(plain(printed));
const TOUR = [
  ["The host", "This is a machine with a few programs. Which?", "ps aux",
   shows(0, /crond/), "Remember some of them: init, syslogd, crond."],
  ["1. Processes", "Start a shell in step 1.", 1, on(1),
   "It has a PID namespace of its own, and a /proc that shows it."],
  ["1. Processes", "Which programs do you see now?", "ps aux",
   shows(1, /^root +1 .*bash$/m, /crond/),
   "Your shell is process 1, and alone. The tab Picture shows why."],
  ["1. Processes", "Is the network hidden, too?", "ip link",
   shows(1, /: eth0/), "No: eth0 is the host's. Step 2 is about that."],
  ["2. Network", "Leave step 1, and start a shell in step 2.", 2, on(2),
   "Now there is a net namespace, too."],
  ["2. Network", "Which network devices are left?", "ip link",
   shows(2, /: lo:/, /eth0/), "lo alone, and it is down. Whose files do you see?"],
  ["2. Network", "Look at the files.", "ls /", shows(2, /os_isolate\s/),
   "They are the host's: os_isolate is where these programs are."],
  ["3. Files", "Leave step 2, and start a shell in step 3.", 3, on(3),
   "Its / is a directory of the host, rootfs, with an overlay on it."],
  ["3. Files", "Look at the files again.", "ls /", shows(3, /\busr\b/, /os_isolate\s/),
   "os_isolate is gone: no file of the host has a name here. And the kernel?"],
  ["3. Files", "Ask the kernel for its log.", "dmesg | tail -3",
   shows(3, /^\[ *\d+\.\d+\]/m), "It answers: root in here is root everywhere."],
  ["4. Questions", "Leave step 3, and start a shell in step 4.", 4, on(4),
   "It has fewer capabilities, a filter for system calls, users of its own."],
  ["4. Questions", "Ask the kernel again.", "dmesg | tail -3",
   shows(4, /not permitted/), "Refused. The tab Attacks has more of that."],
  ["Break it", "Ask the kernel of step 4 to crash.", "echo c >/proc/sysrq-trigger",
   shows(4, /sysrq-trigger: /), "That file is not there in step 4."],
  ["Break it", "Leave step 4, and start a shell in step 3.", 3, on(3),
   "Now you can end the machine, and not only the sandbox."],
  ["Break it", "Ask again.", "echo c >/proc/sysrq-trigger",
   () => !find("#lost").hidden, "The machine is gone, and the host with it. Reset gives a new one."],
];
let stop, done;

function turn_to(number) {
  const [title, what, command] = TOUR[stop = number];
  done = false;
  printed = at_prompt() ? plain(printed).split("\n").at(-1) : "";
  find("#panel0 h2").textContent = `${title} (${stop + 1} of ${TOUR.length})`;
  find("#panel0 p").textContent = what;
  find("#panel0 .stopped").textContent = "";
  find("#type").textContent = STEPS[command] ?
    `${STEPS[command]}/os_isolate` : command;
  find("#type").onclick = () => STEPS[command] ? go_to(command) : type(command);
  find("#back").disabled = stop == 0;
  find("#next").disabled = stop == TOUR.length - 1;
}

// What was printed: does it end a stop of the tour, and what do attacks say?
function follow() {
  if (!done && TOUR[stop][3]()) {
    done = true;
    find("#panel0 .stopped").textContent = `✓ ${TOUR[stop][4]}`;
  }
  const [, words, lines] =
    /\.\/attack ([^\n]*)\n([^]*)/.exec(plain(printed)) ?? [];
  const row = all("[data-words]").find(row => row.dataset.words == words?.trim());
  for (const [, column, word, evidence] of row ? lines.matchAll(
    /^(host|[1-4]) +(OPEN|stopped|not here|\?) +([^\n]*)\n/gm) : []) {
    const cell = row.cells[column == "host" ? 1 : +column + 1];
    cell.className = word.toLowerCase();
    cell.textContent = { OPEN: "▲", stopped: "●" }[word] ?? "–";
    cell.title = cell.ariaLabel = `${word}: ${evidence}`;
  }
}

async function attack(row) {
  await go_to(0);
  if (!await until(at_prompt)) return;
  for (const cell of all("td", row)) cell.replaceChildren(cell.className = "");
  type(`./attack ${row.dataset.words}`);
}

// ---- the picture -----------------------------------------------------------

// Of what LOOK printed just now.
function draw(lines) {
  const name = place.step ? STEPS[place.step] : "";
  find("#panel2 p").textContent = "Read from /proc/PID/ns just now. " + (name ?
    "Circles that are joined: the same namespace. A square: one of its own." :
    "No sandbox runs: start a step.");
  find("#sandbox").textContent = name;
  find("svg").ariaLabel = `Namespaces of the host and ${name || "no sandbox"}`;
  KINDS.forEach((kind, i) => {
    const host = lines[i], own = lines[i + KINDS.length];
    const group = find(`[data-kind=${kind}]`);
    group.setAttribute("class", !own ? "none" : own == host ? "same" : "own");
    find("title", group).textContent = `${host} on the host${
      own ? `, ${own} in ${name}` : ""}`;
  });
}

// ---- buttons and keys ------------------------------------------------------

function set_up() {
  for (const button of all("#commands button"))
    button.onclick = () => type(button.textContent);
  for (const button of all("[data-step]"))
    button.onclick = () => go_to(+button.dataset.step);
  for (const row of all("[data-words]"))
    find("button", row).onclick = () => attack(row);
  for (const button of all("#reset, #lost button")) button.onclick = start;
  for (const button of all("[data-key]"))
    button.onclick = () => { machine.type(button.dataset.key); terminal.focus(); };
  find("#back").onclick = () => turn_to(stop - 1);
  find("#next").onclick = () => turn_to(stop + 1);
  let ctrl = false; // is it held by its button?
  const hold = on => find("#ctrl").setAttribute("aria-pressed", ctrl = on);
  find("#ctrl").onclick = () => { hold(!ctrl); terminal.focus(); };
  terminal.onData(text => {
    if (ctrl && /^[a-z]$/i.test(text))
      text = String.fromCharCode(text.charCodeAt(0) & 31);
    hold(false);
    if (text.includes("\r")) printed = "";
    machine?.type(text);
  });
  // Tab is the shell's; this is the way out of the terminal by keyboard.
  terminal.attachCustomKeyEventHandler(event =>
    !(event.key == "Tab" && event.shiftKey));
  terminal.open(find("#terminal"));
  addEventListener("resize", fit);
  turn_to(0);
  fit();
}

async function main() {
  set_up();
  try {
    const wasm = (await bytes_of("v86.wasm.gz")).body
      .pipeThrough(new DecompressionStream("gzip"));
    parts = { V86, wasm: await new Response(wasm).arrayBuffer(),
              state: await (await bytes_of("machine.zst")).arrayBuffer() };
    await start();
  } catch (error) {
    tell(`The machine cannot start: ${error.message}`);
    throw error;
  }
}

addEventListener("DOMContentLoaded", main);
