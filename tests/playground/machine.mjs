// SPDX-License-Identifier: MIT
// node tests/playground/machine.mjs: the machine of `make playground`, restored
// under node: what the lesson's commands print in each step, keys, how it can
// be lost, and whether its programs are the ones that were compiled. TAP.
import child_process from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { boot, restore } from "../../tools/playground/boot.mjs";

const top = path.resolve(import.meta.dirname ?? path.dirname(
  new URL(import.meta.url).pathname), "../..");
const work = path.join(top, "build/playground.work");
const steps = ["step1_pid", "step2_net", "step3_mnt", "step4_seccomp"];
let passed = 0, failed = 0;

function report(good, what) {
  good ? passed++ : failed++;
  console.log(`${good ? "ok" : "not ok"} - playground: ${
    what.trim().replace(/\n/g, " | ")}`);
}

// A restored machine, and what a person does with its terminal.
class Seat {
  static async open() {
    const seat = new Seat();
    seat.machine = await restore(work);
    return seat;
  }

  // Wait until the terminal has printed it, since the last wait.
  async until(pattern, seconds = 120) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const found = pattern.exec(this.machine.printed);
      if (found) {
        this.machine.printed =
          this.machine.printed.slice(found.index + found[0].length);
        return found;
      }
      if (Date.now() > end)
        throw new Error(`no ${pattern} in ${JSON.stringify(this.machine.printed)}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  // Type a command to the shell that is there: {status, text}. Until its next
  // prompt: what is typed before that is echoed twice.
  async type(command, seconds) {
    this.machine.type(`${command}; echo "@""end $?"\r`);
    const [, text, status] = await this.until(
      /\r\n([^]*?)@end (\d+)\r\n[^\n]*[$#] $/, seconds);
    return { status: +status, text: text.replaceAll("\r", "") };
  }
}

// All programs of ours in there, and their sources, are the ones of the build.
async function check_programs(seat) {
  const digest = file => crypto.createHash("sha256")
    .update(fs.readFileSync(file)).digest("hex");
  const { text } = await seat.machine.ask(
    "cd /os_isolate; sha256sum step*/os_isolate step*/*.c attacks/*", 300);
  const lines = text.trim().split("\n").map(line => line.split("  "));
  const wrong = lines.filter(([sum, name]) => sum !== digest(path.join(
    work, "tree", name.replace(/^attacks\/(?!table)/, "build/tests/attacks/")
      .replace(/^attacks\/table/, "tests/attacks/table"))));
  report(wrong.length === 0, `what was compiled is in there: ${wrong}`);
  for (const step of steps) {
    report(lines.some(([, name]) => name === `${step}/os_isolate`) &&
      digest(path.join(top, step, "os_isolate.c")) ===
      digest(path.join(work, "tree", step, "os_isolate.c")),
           `${step} is there, of the tree's source`);
  }
}

// What a student types in each step, and what is to be seen there.
async function check_lesson(seat, number) {
  const step = steps[number - 1], name = `step ${number}`;
  seat.machine.type(`${step}/os_isolate\r`);
  await seat.until(/os_isolate\r\n[^\n]*[$#] $/);
  const shows = async (command, pattern, wanted, what) => {
    const { text } = await seat.type(command);
    report(pattern.test(text) === wanted,
           `${name}: ${what}${pattern.test(text) === wanted ? "" : ": " + text}`);
  };
  await shows("echo $$", /^1$/m, true, "the shell is process 1");
  await shows("ps aux", /crond/, false, "ps lists no process of the host");
  await shows("ip link", /eth0/, number < 2, "eth0 is seen before step 2");
  await shows("ip link", /: lo: /, true, "lo is there");
  await shows("ls /", /os_isolate/, number < 3,
              "files of the host are seen before step 3");
  await shows("dmesg", /Linux version/, number < 4,
              "the kernel's log is read before step 4");
  await shows("hostname", /^host$/m, number < 4,
              "the host's name is seen before step 4");
  await shows("vi", /not in this small machine[^]*\bls\b/, true,
              "a command that is not there says what is");
  seat.machine.type("exit 7\r");
  await seat.until(/exit 7\r\n[^]*host:.*[$#] $/);
  const { text } = await seat.type("echo $? $(hostname)");
  report(text === "7 host\n", `${name}: exit leaves it, by its status ${text}`);
}

async function check_keys(seat) {
  for (const step of steps) {
    seat.machine.type(`${step}/os_isolate -b /bin/bash -- -c 'trap "echo caught; ` +
                      `exit 5" INT; echo up; while :; do sleep 0.1; done'\r`);
    await seat.until(/\nup\r\n/);
    seat.machine.type("\x03");
    const caught = await seat.until(/caught\r\n[^]*[$#] $/);
    const { text } = await seat.type("echo $?");
    report(caught && text === "5\n", `${step}: Ctrl-C, and the status: ${text}`);
  }
  const { text } = await seat.type("stty size");
  report(text === "24 80\n", `the terminal has its size: ${text}`);
  await seat.machine.resize(48, 30);
  const resized = await seat.type("stty size");
  report(resized.text === "30 48\n", `and another one: ${resized.text}`);
  await seat.machine.resize(80, 24);
}

async function check_user(seat) {
  for (const step of steps) {
    const { text, status } = await seat.type(
      "setpriv --reuid=student --regid=student --clear-groups " +
      `${step}/os_isolate -b /bin/bash -- -c 'echo $$'`);
    report(text.endsWith("1\n") && status === 0,
           `${step}: an ordinary user, too: ${text}`);
  }
}

// What is taken out of child() is missed; the rest works.
async function check_edit(seat) {
  const lines = fs.readFileSync(path.join(top, "step1_pid/os_isolate.c"), "utf8")
    .split("\n");
  const number = 1 + lines.findIndex(line => line.includes("must(mount_proc()"));
  const hint = fs.readFileSync(path.join(top, "build/playground/index.html"), "utf8")
    .match(/nano \+(\d+) step1_pid/);
  report(+hint?.[1] === number, `the page has that line's number: ${hint}`);
  seat.machine.type(`nano +${number} step1_pid/os_isolate.c\r`);
  await seat.until(/GNU nano[^]*\^X/);
  seat.machine.type("\x0b\x0f"); // cut a line, write
  await seat.until(/to Write|Name to/);
  seat.machine.type("\r");
  await seat.until(/Wrote/);
  seat.machine.type("\x18"); // exit
  await seat.until(/host:[^\n]*[$#] $/);
  const { text, status } = await seat.type("./compile 1", 120);
  report(status === 0, `an edited step 1 compiles: ${text}`);
  const edited = await seat.type("step1_pid/os_isolate /bin/ps aux");
  report(/crond/.test(edited.text), "without mount_proc() ps lists the host");
  const other = await seat.type("step2_net/os_isolate /bin/ps aux");
  report(!/crond/.test(other.text), "step 2, not edited, does not");
  const wrong = await seat.type(
    "echo 'int x = ;' >>step1_pid/os_isolate.c; ./compile 1", 120);
  report(wrong.status !== 0 && /os_isolate\.c:\d+: error/.test(wrong.text),
         `a mistake has its line: ${wrong.text}`);
}

// The page's buttons, against tests/attacks/table.txt, by the rule of
// tools/matrix; and what ./attack cannot try.
async function check_attacks(seat) {
  const page = fs.readFileSync(path.join(top, "build/playground/index.html"), "utf8");
  const shown = [...page.matchAll(/data-words="([^"]*)"/g)].map(match => match[1]);
  const table = fs.readFileSync(path.join(top, "tests/attacks/table.txt"), "utf8")
    .split("\n").filter(line => /^\w/.test(line)).map(line => line.split(" | "));
  const rows = table.filter(([words]) => shown.includes(words));
  report(shown.length > 9 && rows.length === shown.length,
         `all ${shown.length} rows of the page are the table's`);
  for (const [words, , first] of rows) {
    const { text } = await seat.type(`./attack ${words}`, 300);
    const found = [...text.matchAll(/^(?:host|\d) +(OPEN|stopped|not here|\?)/gm)]
      .map(match => match[1]);
    const right = found.length === 5 && found.every((word, step) => {
      const wanted = first === "LEAKS" || step < +first ? "OPEN" : "stopped";
      return word === wanted ||
        (found[0] === "not here" && ["stopped", "not here"].includes(word));
    });
    report(right, `./attack ${words}: ${right ? found : text}`);
  }
  for (const words of ["tcp_service {port}", "handed_over path"]) {
    const { status, text } = await seat.type(`./attack ${words}`);
    report(status === 125 && /only tools\/matrix/.test(text),
           `./attack ${words} says that it cannot: ${text}`);
  }
}

// With FULL=1: all attacks, as tools/matrix tries them, on a disk with Python.
async function check_matrix() {
  child_process.execFileSync(path.join(top, "tests/playground/matrix_disk"),
                             { stdio: ["ignore", "ignore", "inherit"] });
  const machine = await boot(work, path.join(work, "matrix.img"));
  const { status, text } = await machine.ask(
    "cd /os_isolate; tools/matrix --check </dev/null", 3600);
  const rows = fs.readFileSync(path.join(top, "tests/attacks/table.txt"), "utf8")
    .match(/^\w/gm).length;
  report(status === 0 && text.includes(
    `${rows} attacks, ${rows * 5} cells, 0 wrong\n`), `tools/matrix --check: ${text}`);
  await machine.emulator.destroy();
}

// Lost, it is given back by a new one.
async function check_loss() {
  let seat = await Seat.open();
  await seat.type("touch /os_isolate/left");
  const { text } = await seat.type(
    "step4_seccomp/os_isolate -b /bin/bash -- -c 'echo c >/proc/sysrq-trigger'");
  report(/sysrq-trigger: /.test(text), "step 4 does not panic the machine");
  seat.machine.type("step3_mnt/os_isolate -b /bin/bash -- -c " +
                    "'echo c >/proc/sysrq-trigger'\r");
  report(await seat.until(/\n\[ *[\d.]+\] Kernel panic/), "step 3 does");
  await seat.machine.emulator.destroy();
  seat = await Seat.open();
  const { status } = await seat.type("[ ! -e /os_isolate/left ]");
  report(status === 0, "a new machine is as it was");
  await seat.machine.emulator.destroy();
  for (let i = 0; i < 10; i++) {
    seat = await Seat.open();
    const { text } = await seat.type(
      "sleep 0.1; step4_seccomp/os_isolate /bin/echo it works");
    report(text === "it works\n", `restore ${i + 1} of 10`);
    await seat.machine.emulator.destroy();
  }
}

async function main() {
  const seat = await Seat.open();
  const { text } = await seat.type("uname -sr; ps aux");
  report(/crond/.test(text), "restored at a prompt; the host has processes");
  await check_programs(seat);
  for (const number of [1, 2, 3, 4]) await check_lesson(seat, number);
  await check_keys(seat);
  await check_user(seat);
  await check_attacks(seat);
  await check_edit(seat);
  await seat.machine.emulator.destroy();
  await check_loss();
  if (process.env.FULL) await check_matrix();
  console.log(`${passed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}

process.exit(await main());
