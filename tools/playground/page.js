// SPDX-License-Identifier: MIT
// The page around the machine. Whatever it shows of the machine was printed by
// that machine, on its terminal, or on the line that machine.js has into it.
"use strict";

const find = (path, root = document) => root.querySelector(path);
const all = (path, root = document) => [...root.querySelectorAll(path)];
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
let machine, idle;
let place; // the step that the terminal is in, 0 for the host
let printed = ""; // since the last line was typed

// ---- the machine, and its loss ---------------------------------------------

// Where a part of the machine is: a file of the site, or in this page.
function address_of(name) {
  const inside = document.getElementById(name);
  inside?.remove();
  return !inside ? name : URL.createObjectURL(new Blob([Uint8Array.from(
    atob(inside.textContent), letter => letter.charCodeAt(0))]));
}

const options = { wasm_path: address_of("v86.wasm"),
                  initial_state: { url: address_of("machine.zst") } };

// The first part that does not come, of which v86 says nothing.
async function missing() {
  for (const url of [options.wasm_path, options.initial_state.url])
    if (!url.startsWith("blob:") && !await fetch(
      url, { method: "HEAD", signal: AbortSignal.timeout(30_000) })
      .then(({ ok }) => ok, () => false)) return url;
}

async function start() {
  find("#lost").hidden = find("#reset").disabled = true;
  tell("Starting the machine.");
  const name = await missing();
  if (name)
    return lose(`There is no ${name} beside this page, or the page was not ` +
      "opened from a server. The file playground.html needs neither.");
  await machine?.emulator.destroy();
  terminal.reset();
  place = null;
  printed = "";
  const begin = performance.now();
  const late = setTimeout(lose, 90_000,
    "The machine has not started, though its files are here. Reload this page.");
  machine = new Machine(V86, options, bytes => {
    terminal.write(bytes);
    printed = (printed + new TextDecoder().decode(bytes)).slice(-20000);
    if (/^\[ *[\d.]+\] Kernel panic/m.test(printed))
      lose("The kernel gave up (panic). Only a reset helps.");
    follow();
    clearTimeout(idle);
    idle = setTimeout(() => at_prompt() && look(), 400);
  });
  await fit();
  clearTimeout(late);
  find("#lost").hidden = true;
  machine.type("\f"); // bash: paint the prompt
  await look();
  find("#reset").disabled = false;
  tell(`Ready, after ${((performance.now() - begin) / 1000).toFixed(1)} s.`);
}

function lose(why) {
  find("#lost span").textContent = why;
  find("#lost").hidden = false;
  follow();
}

// Where is the terminal, and in which namespaces? Asked when it has come to
// rest.
async function look() {
  const asked = machine;
  const { status, text } = await machine.ask(LOOK, 30).catch(() => ({}));
  if (asked !== machine) return;
  if (status !== 0)
    return lose(status ? "The machine has lost its commands." :
      "The machine does not answer.");
  const lines = text.trim().split("\n");
  place = Math.max(0, STEPS.indexOf(lines.at(-1).split("/").at(-2)));
  for (const button of all("#steps [data-step]"))
    button.ariaPressed = button.dataset.step == place;
  draw(lines);
  follow();
}

// ---- what is typed ---------------------------------------------------------

const at_prompt = () => /[^\n]*:[^\n]*[$#] $/.test(plain(printed));

async function until(condition, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (condition()) return true;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

// A button types for you, at a prompt only.
function type(text) {
  if (!at_prompt())
    return tell("There is no prompt in the terminal. If a program runs there, " +
      "end it first (Ctrl-C, q or exit).");
  tell(printed = "");
  machine.type(text + "\r");
  terminal.focus();
  return true;
}

// Out of whatever sandbox, and into this step's.
async function go_to(step) {
  if (machine) await look();
  while (place) {
    if (!type("exit") || !await until(at_prompt)) return;
    await look();
  }
  if (step) type(`${STEPS[step]}/os_isolate`);
}

function fit() {
  const columns = matchMedia("(max-width: 600px)").matches ? 48 : 80;
  terminal.options.fontSize = Math.min(14, Math.floor(
    (find("main").clientWidth - 24) / columns / 0.602));
  terminal.resize(columns, 24);
  return machine?.resize(columns, 24).catch(() => {}); // look() tells
}

// ---- the tour --------------------------------------------------------------

// What to do; what to type, or the step to go to; what it means. Done when the
// terminal is in that step (null: the machine is lost); there a command has
// printed what the first pattern has, and nothing that the second one has.
const TOUR = [
  ["The host", "This is a machine with a few programs. Which?", "ps aux",
   "Remember some of them: init, syslogd, crond.", 0, /crond/],
  ["1. Processes", "Start a shell in step 1.", 1,
   "It has a PID namespace of its own, and a /proc that shows it.", 1],
  ["1. Processes", "Which programs do you see now?", "ps aux",
   "Your shell is process 1, and alone. The tab Picture shows why.", 1,
   /^root +1 .*bash$/m, /crond/],
  ["1. Processes", "Is the network hidden, too?", "ip link",
   "No: eth0 is the host's. Step 2 is about that.", 1, /: eth0/],
  ["2. Network", "Leave step 1, and start a shell in step 2.", 2,
   "Now there is a net namespace, too.", 2],
  ["2. Network", "Which network devices are left?", "ip link",
   "lo alone, and the step has raised it. Whose files do you see?", 2,
   /: lo: <.*\bUP\b/, /eth0/],
  ["2. Network", "Look at the files.", "ls /",
   "They are the host's: os_isolate is where these programs are.", 2,
   /os_isolate\s/],
  ["3. Files", "Leave step 2, and start a shell in step 3.", 3,
   "Its / is a directory of the host, rootfs, with an overlay on it.", 3],
  ["3. Files", "Look at the files again.", "ls /",
   "os_isolate is gone: no file of the host has a name here. And the kernel?", 3,
   /\busr\b/, /os_isolate\s/],
  ["3. Files", "Ask the kernel for its log.", "dmesg | tail -3",
   "It answers: root in here is root everywhere.", 3, /^\[ *\d+\.\d+\]/m],
  ["4. Questions", "Leave step 3, and start a shell in step 4.", 4,
   "It has fewer capabilities, a filter for system calls, users of its own.", 4],
  ["4. Questions", "Ask the kernel again.", "dmesg | tail -3",
   "Refused. The tab Attacks has more of that.", 4, /not permitted/],
  ["Break it", "Ask the kernel of step 4 to crash.", "echo c >/proc/sysrq-trigger",
   "That file is not there in step 4.", 4, /sysrq-trigger: /],
  ["Break it", "Leave step 4, and start a shell in step 3.", 3,
   "Now you can end the machine, and not only the sandbox.", 3],
  ["Break it", "Ask again.", "echo c >/proc/sysrq-trigger",
   "The machine is gone, and the host with it. Reset gives a new one.", null],
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
  find("#back").disabled = stop == 0;
  find("#next").disabled = stop == TOUR.length - 1;
}

// What was printed: does it end a stop of the tour, and what do attacks say?
function follow() {
  const text = plain(printed);
  const [, , , meaning, step, shown, hidden] = TOUR[stop];
  if (!done && (step === null ? !find("#lost").hidden : place === step &&
      (!shown || at_prompt() && shown.test(text) && !hidden?.test(text)))) {
    done = true;
    find("#panel0 .stopped").textContent = `✓ ${meaning}`;
  }
  const [, words, lines] = /\.\/attack ([^\n]*)\n([^]*)/.exec(text) ?? [];
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
  const name = place ? STEPS[place] : "";
  find("#panel2 p").textContent = "Read from /proc/PID/ns just now. " + (name ?
    "Circles that are joined: the same namespace. A square: one of its own." :
    "No sandbox runs: start a step.");
  find("#sandbox").textContent = name;
  find("svg").ariaLabel = `Namespaces of the host and ${name || "no sandbox"}`;
  KINDS.forEach((kind, i) => {
    const host = lines[i], own = lines[i + KINDS.length];
    const group = find(`[data-kind=${kind}]`);
    group.setAttribute("class", !own ? "none" : own == host ? "same" : "own");
    find("title", group).textContent =
      `${host} on the host` + (own ? `, ${own} in ${name}` : "");
  });
}

// ---- buttons and keys ------------------------------------------------------

const press = key => { machine?.type(key); terminal.focus(); };
const hold_ctrl = held => { find("#ctrl").ariaPressed = held; terminal.focus(); };
const CLICKS = {
  "#commands button": ({ textContent }) => type(textContent),
  "[data-step]": ({ dataset }) => go_to(+dataset.step),
  "[data-key]": ({ dataset }) => press(dataset.key),
  "#ctrl": ({ ariaPressed }) => hold_ctrl(ariaPressed == "false"),
  "#reset, #lost button": start,
  "[data-words] button": button => attack(button.closest("tr")),
  "#type": () => typeof TOUR[stop][2] == "number" ? go_to(TOUR[stop][2]) :
    type(TOUR[stop][2]),
  "#back": () => turn_to(stop - 1),
  "#next": () => turn_to(stop + 1),
};
for (const [path, act] of Object.entries(CLICKS))
  for (const button of all(path)) button.onclick = () => act(button);
addEventListener("resize", fit);

terminal.onData(text => {
  if (find("#ctrl").ariaPressed == "true" && /^[a-z]$/i.test(text))
    text = String.fromCharCode(text.charCodeAt(0) & 31);
  find("#ctrl").ariaPressed = false;
  if (text.includes("\r")) printed = "";
  machine?.type(text);
});
// Tab is the shell's; this is the way out of the terminal by keyboard.
terminal.attachCustomKeyEventHandler(event =>
  !(event.key == "Tab" && event.shiftKey));
terminal.open(find("#terminal"));
turn_to(0);
fit();
start();
