// SPDX-License-Identifier: MIT
// node boot.mjs WORK: boot the disk in WORK, and keep the machine as it is at
// its prompt: WORK/state. restore() and boot() are for tests, too.
import fs from "node:fs";
import "./machine.js";

// A machine with these options; printed is what its terminal has printed.
async function open(work, options) {
  const wasm_path = `${work}/node_modules/v86/build/v86.wasm`;
  const { V86 } = await import(wasm_path.replace("v86.wasm", "libv86.mjs"));
  const machine = new Machine(V86, { wasm_path, ...options },
    bytes => { machine.printed += Buffer.from(bytes).toString(); });
  machine.printed = "";
  await machine.last;
  return machine;
}

export const restore = work =>
  open(work, { initial_state: { url: `${work}/state.zst` } });

// At its prompt, after `machine.seconds`.
export async function boot(work, disk = `${work}/disk.img`) {
  const begin = Date.now();
  const machine = await open(work, {
    bios: { url: "/usr/share/seabios/bios.bin" },
    vga_bios: { url: "/usr/share/seabios/vgabios-stdvga.bin" },
    hda: { url: disk }, bzimage: { url: `${work}/vmlinuz` },
    initrd: { url: `${work}/initrd.gz` },
    cmdline: "console=ttyS0 quiet tsc=reliable mitigations=off nokaslr " +
      "random.trust_cpu=on nowatchdog init_on_free=1",
  });
  while (!/host:.*[$#] $/.test(machine.printed)) {
    await new Promise(resolve => setTimeout(resolve, 200));
    if (Date.now() - begin > 600_000)
      throw new Error(`no prompt after ten minutes:\n${machine.printed}`);
  }
  machine.seconds = Math.round((Date.now() - begin) / 1000);
  return machine;
}

if (process.argv[1].endsWith("boot.mjs")) {
  const work = process.argv[2], machine = await boot(work);
  console.log(`a prompt after ${machine.seconds} s`);
  // Each step once, so that the kernel has what they need; and compiled once,
  // so that a change compiles in seconds, but what gcc compiled stays. No file
  // is kept in memory that is on the disk anyway.
  const { status, text } = await machine.ask(`(set -e; cd /os_isolate
    for i in 1 2 3 4; do
      p=$(echo step"$i"_*/os_isolate); $p -b /bin/true; cp -p $p /tmp/kept
      ./compile $i; $p -b /bin/true; mv /tmp/kept $p
    done
    sync; echo 3 >/proc/sys/vm/drop_caches)`, 600);
  if (status) throw new Error(`a step does not run in it: ${text}`);
  await machine.resize(80, 24);
  fs.writeFileSync(`${work}/state`,
                   new Uint8Array(await machine.emulator.save_state()));
  process.exit(0);
}
