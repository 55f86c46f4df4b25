# SPDX-License-Identifier: MIT
# The homework. `make` builds it; `make try` is what you run.
CFLAGS ?= -O1 -g
ROOTFS ?= rootfs
WARN   := -std=gnu17 -Wall -Wextra
HINT   ?= 1
export ROOTFS HINT

ifeq ($(wildcard step1_pid),)
PROGRAMS := os_isolate
else
PROGRAMS := $(patsubst %,%/os_isolate,step1_pid step2_net step3_mnt \
            step4_seccomp)
DEFINES  := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"homework"' \
            -DINSTALLED_ROOTFS='"/var/lib/os_isolate/rootfs"' -Icommon
COMMON   := $(patsubst %.c,build/%.o,$(wildcard common/*.c common/plumbing/*.c))
STEP4    := $(patsubst %.c,build/%.o,$(filter-out %/os_isolate.c,\
            $(wildcard step4_seccomp/*.c step4_seccomp/plumbing/*.c)))
HEADERS  := $(wildcard common/*.h common/plumbing/*.h step4_seccomp/*.h)
endif

all: $(PROGRAMS)

os_isolate: os_isolate.c
	$(CC) $(WARN) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDLIBS)

build/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(WARN) $(DEFINES) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

step4_seccomp/os_isolate: $(STEP4)
%/os_isolate: build/%/os_isolate.o $(COMMON)
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

.SECONDARY:

build/tests/abilities: tests/abilities.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -D_GNU_SOURCE -O1 -static -o $@ $<

build/tests/attacks/%: tests/attacks/%.c
	@mkdir -p $(@D)
	@$(CC) $(WARN) -D_GNU_SOURCE -O1 -static -o $@ $<

try: build/tests/attacks/chroot_breakout build/tests/attacks/old_root
	@command -v python3 >/dev/null || \
	    { echo "Missing. Try: sudo apt-get install python3" >&2; exit 1; }
	@tools/course/try

doctor:
	@! command -v $(CC) >/dev/null || $(MAKE) -s build/tests/abilities || :
	@tools/doctor --image '$(ROOTFS)' || [ $$? = 1 ]

vm:
	@tools/course/vm "$$CMD"

rootfs:
	@tools/setup demo
	@tools/mkrootfs

clean:
	rm -rf build $(PROGRAMS)

.PHONY: all try doctor vm rootfs clean
