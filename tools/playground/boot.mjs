// SPDX-License-Identifier: MIT
// node boot.mjs WORK: boot the disk in WORK, and keep the machine as it is at
// its prompt: WORK/state. restore() and boot() are for tests, too.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import "./machine.js";

const bytes = (...names) => Uint8Array.from(
  fs.readFileSync(path.join(...names))).buffer;
const buffer = (...names) => ({ buffer: bytes(...names) });

// The machine of these parts; printed is what its terminal has printed.
async function open(work, parts) {
  const build = path.resolve(work, "node_modules/v86/build");
  const { V86 } = await import(pathToFileURL(path.join(build, "libv86.mjs")));
  const machine = new Machine(
    { V86, wasm: bytes(build, "v86.wasm"), ...parts },
    bytes => { machine.printed += Buffer.from(bytes).toString(); });
  machine.printed = "";
  await machine.ready;
  return machine;
}

export const restore = work => open(work, { state: bytes(work, "state.zst") });

// At its prompt, after `machine.seconds`.
export async function boot(work, disk = path.join(work, "disk.img")) {
  const begin = Date.now(), bios = "/usr/share/seabios";
  const machine = await open(work, { boot: {
    bios: buffer(bios, "bios.bin"), vga_bios: buffer(bios, "vgabios-stdvga.bin"),
    hda: buffer(disk), bzimage: buffer(work, "vmlinuz"),
    initrd: buffer(work, "initrd.gz"),
    cmdline: "console=ttyS0 quiet tsc=reliable mitigations=off nokaslr " +
      "random.trust_cpu=on nowatchdog init_on_free=1",
  } });
  while (!/host:.*[$#] $/.test(machine.printed)) {
    await new Promise(resolve => setTimeout(resolve, 200));
    if (Date.now() - begin > 600_000)
      throw new Error(`no prompt after ten minutes:\n${machine.printed}`);
  }
  machine.seconds = Math.round((Date.now() - begin) / 1000);
  return machine;
}

if (process.argv[1]?.endsWith("boot.mjs")) {
  const work = process.argv[2], machine = await boot(work);
  console.log(`a prompt after ${machine.seconds} s`);
  // Each step once, so that the kernel has what they need; and compiled once,
  // so that a change compiles in seconds, but what gcc compiled stays. No file
  // is kept in memory that is on the disk anyway.
  const { status, text } = await machine.ask(
    "cd /os_isolate && for i in 1 2 3 4; do " +
    "p=$(echo step${i}_*/os_isolate); $p -b /bin/true && cp -p $p /tmp/kept && " +
    "./compile $i && $p -b /bin/true && mv /tmp/kept $p || { (exit 1); break; }; " +
    "done && sync && echo 3 >/proc/sys/vm/drop_caches; cd /", 600);
  console.log(text);
  if (status) throw new Error("a step does not run in it");
  await machine.resize(80, 24);
  fs.writeFileSync(path.join(work, "state"),
                   new Uint8Array(await machine.emulator.save_state()));
  process.exit(0);
}
