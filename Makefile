# SPDX-License-Identifier: MIT
# os_isolate. `make help` lists the targets.

CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
ARCH     ?=
IMAGE    ?= $(ARCH)
ROOTFS   ?= rootfs$(IMAGE:%=-%)
HOST     := $(shell uname -m)
VERSION  := 1.0
STEPS    := step1_pid step2_net step3_mnt step4_seccomp
PROGRAMS := $(STEPS:%=%/os_isolate)
LIBEXEC   = $(PREFIX)/libexec/os_isolate

WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wconversion
MACHINE  := $(if $(filter i386-x86_64,$(ARCH)-$(HOST)),-m32)
# musl-gcc has no kernel headers of its own: the system's, after all others.
KERNEL_H  = $(if $(findstring musl-gcc,$(CC)),$(AFTER_ALL))
AFTER_ALL = $(addprefix -idirafter /usr/include,/ /$(shell gcc -print-multiarch))
DEFINES   = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
            -DINSTALLED_ROOTFS='"/var/lib/os_isolate/rootfs"'
COMPILE   = $(CC) -std=gnu17 $(WARNINGS) $(DEFINES) -Icommon \
            -Ibuild/step4_seccomp $(MACHINE) $(KERNEL_H) $(CPPFLAGS) $(CFLAGS)
LINK      = $(CC) $(MACHINE) $(CFLAGS) $(LDFLAGS)

# The launchers' C library. When a program of glibc starts, it executes some
# hundred CPUID instructions, and a virtual machine traps each: up to a quarter of
# our start. musl's executes none. MUSL= takes that of CC.
MUSL     := $(if $(filter x86_64--default,$(HOST)-$(ARCH)-$(origin CC)),\
            $(shell command -v musl-gcc))
STATIC   ?= $(if $(MUSL),-static,-static-pie)

COMMON   := $(patsubst %.c,build/%.o,$(wildcard common/*.c common/plumbing/*.c))
STEP4    := $(patsubst %.c,build/%.o,$(filter-out %/os_isolate.c,\
            $(wildcard step4_seccomp/*.c step4_seccomp/*/*.c)))
UNITS    := $(patsubst %.c,build/%,$(wildcard tests/unit/test_*.c))
ROOTLESS    := $(patsubst %,build/tests/integration/test_%,step1 step2 step3 \
               step4 interface life terminal quotas bytes clocks refusals)
INTEGRATION := $(patsubst %.c,build/%,$(wildcard tests/integration/test_*.c))
# Of the kernel that builds; for a foreign one there is nothing to ask.
INTEGRATION := $(filter-out $(if $(filter arm64-$(filter-out aarch64,$(HOST)),\
    $(ARCH)-$(HOST)),%/test_filter),$(INTEGRATION))

BREAKING := $(addprefix tests/faults/,payloads faults deaths inputs \
            interrupted) tests/exercises/check

# The filters are compiled on the machine that builds, for the one that runs.
ifndef HOSTCC
HOSTCC   := $(CC)
endif
ifeq ($(ARCH)-$(filter-out aarch64,$(HOST))-$(origin CC),arm64-$(HOST)-default)
CC       := aarch64-linux-gnu-gcc
endif
TARGET   := $(or $(ARCH),$(HOST))
X86      := $(filter i386 i686 x86_64 amd64,$(TARGET))

export ARCH IMAGE ROOTFS KERNEL RELEASE

# V=1 shows the commands.
Q        := $(if $(V),,@)
say       = @$(if $(V),:,printf '  %-6s %s\n' $(1) $@)

# Root sets up and runs; what is compiled belongs to the tree's owner, so that
# a plain `make` goes on working after a `sudo make`.
OWNER    := $(shell stat -c %U .)
AS_OWNER := $(if $(filter 0,$(shell id -u)),$(if $(filter-out root UNKNOWN,\
            $(OWNER)),runuser -u $(OWNER) --))

.PHONY: all demo check check-unit check-fresh check-vm check-grade rootfs matrix
.PHONY: bench grade diff install dist clean distclean help report tests attacks
.PHONY: root FORCE lecture record sanitize coverage page check-page
.PHONY: check-strange

all: $(PROGRAMS)  ## learn: compile the four steps
	@:

demo: ready-demo  ## learn: the main job: set up, run the four steps, compare them
	@tools/demo

lecture: ready-demo  ## show: the steps as a talk (STEP=3, AUTO=1); LIVE=1: call by call
	@tools/$(if $(LIVE),live,lecture $(if $(STEP),--step '$(STEP)')) $(if $(AUTO),--auto)

record: ready-record  ## show: the lecture as an asciinema file (LIVE=1, STEP=3)
	@tools/record $(if $(LIVE),--live) $(if $(STEP),--step '$(STEP)')

diff:             ## learn: what each step adds to the one before (STEP=3: only that)
	@tools/diff '$(STEP)'

exercise: ready-demo  ## learn: check your own solution of an exercise (EX=3.3)
	@[ -f 'tests/exercises/$(EX)' ] || { echo 'No check for EX=$(EX). There are:' \
	    $$(cd tests/exercises && echo [0-9].[0-9]) >&2; exit 125; }
	@'tests/exercises/$(EX)' && echo '$(EX): solved'

check: ready-check  ## check: every test (TEST=name runs some, by glob; FULL=1, SEED=)
	@$(if $(UNABLE),echo 'Compiled; not tried: $(UNABLE)',tests/run \
	    $(BREAKING) tests/truthful tests/archives $(if $(ARCH),,tests/show) tests/surroundings $(INTEGRATION) $(ROOTLESS:%=%:rootless) $(UNITS))

check-strange: ready-check  ## check: quick tests and the demo in odd surroundings
	@tests/strange

check-unit: $(UNITS) build/tests/abilities  ## check: the tests that need no root
	@tests/run $(UNITS)

check-fresh: root ## check: demo and check on a clean Debian (RELEASE=bullseye ...)
	@tests/fresh $(RELEASE)

check-vm: root    ## check: check on another kernel (ARCH=i386, KERNEL=5.10|6.1|6.12)
	@tests/vm

check-grade: ready-check  ## check: the judge, on programs of which we know what they lack
	@tests/run $(addprefix tests/grade/,reports tree class hundred mutants check)

check-page: ready-check-page  ## check: make the page, and read it with Chromium
	@tests/page

sanitize: ready-check  ## check: the tests with ASan, UBSan and valgrind, in a copy
	@tests/sanitize

coverage: ready-check  ## check: how many lines of common/ and the steps the tests run
	@tests/coverage

matrix: ready-check  ## show: every attack in every step, beside unshare, bwrap, Docker
	@tools/matrix --layers $(MATRIX)

page: ready-page  ## show: build/os_isolate.html: all of it as one page (DOCKER=socket)
	@ROUNDS='$(ROUNDS)' tools/page $(if $(DOCKER),--docker '$(DOCKER)')

bench: ready-page ## show: how fast and how small, beside the peers (ROUNDS=60)
	@ROUNDS='$(ROUNDS)' tests/bench/bench $(BENCH)

report: ready-check  ## maintain: fill the documents' transcripts (DOCKER=socket: Docker's too)
	@tools/report --peers $(if $(DOCKER),--docker '$(DOCKER)')

grade: root       ## check: judge any os_isolate: BIN="a b" [STEP=1-4] [FORMAT=] [HINTS=0-3] [VM=1]
	@$(if $(VM),,tools/setup grade >&2)
	@$(AS_OWNER) $(MAKE) --no-print-directory $(PARALLEL) attacks $(ATTACKS_32) \
	    build/tests/abilities >/dev/null
	@$(if $(VM),tools/judge/in_vm $(BIN) --,tools/grade) --rootfs '$(ROOTFS)' \
	    --step '$(or $(STEP),4)' --jobs '$(or $(JOBS),1)' --format '$(or $(FORMAT),text)' \
	    --hints '$(or $(HINTS),1)' $(if $(VM),,$(if $(OUT),--output '$(OUT)') $(BIN))

rootfs: root      ## learn: build the image (ROOTFS=dir, IMAGE=i386, TARBALL=file)
	@tools/setup rootfs
	@ARCH='$(IMAGE)' TARBALL='$(TARBALL)' tools/mkrootfs

# Set up for a kind of work: packages, what is compiled, the image.
ready-%: compiled-%
	@$(if $(UNABLE),:,$(MAKE) --no-print-directory rootfs)
compiled-%: root
	@tools/setup $*
	@tools/phase "Compiling: $(READY)" \
	    $(AS_OWNER) $(MAKE) --no-print-directory $(PARALLEL) $(READY)
# By all processors, unless make was told how many.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
# Why this kernel does not run what was compiled, if so.
UNABLE = $(strip $(if $(filter i386-x86_64,$(ARCH)-$(HOST)),\
         $(shell build/tests/abilities 32-bit)))
READY = all $(if $(filter demo record,$*),attacks,tests)

install: all      ## maintain: to PREFIX (/usr/local), below DESTDIR
	for s in $(STEPS); do \
	    install -D $$s/os_isolate "$(DESTDIR)$(LIBEXEC)/$$s/os_isolate"; done
	install -d "$(DESTDIR)$(PREFIX)/bin"
	ln -sf ../libexec/os_isolate/step4_seccomp/os_isolate \
	    "$(DESTDIR)$(PREFIX)/bin/os_isolate"
	install -D -m 644 common/os_isolate.1 \
	    "$(DESTDIR)$(PREFIX)/share/man/man1/os_isolate.1"

dist:             ## maintain: os_isolate-VERSION.tar.gz: sources and report, to hand in
	@tools/dist $(VERSION)

clean:            ## maintain: remove what was compiled
	rm -rf build $(PROGRAMS)

distclean: clean  ## maintain: and the image, and the archives
	rm -rf --one-file-system '$(ROOTFS)' '$(ROOTFS)'.* systems
	rm -f os_isolate-*.tar.gz

help:             ## maintain: this list
	@for group in learn check show maintain; do \
	    echo "$$group:"; \
	    sed -n "s/^\([a-z-]*\):.*## $$group: /  make \1\t/p" $(MAKEFILE_LIST); \
	done | expand -t 20

root:
	@test "$$(id -u)" = 0 || \
	    { echo "This needs root. Try: sudo make $(MAKECMDGOALS)$(EX:%= EX=%)" \
	      >&2; exit 1; }

# ---- how things are made ------------------------------------------------

build/flags: FORCE  # changes when the compiler or a flag does
	@mkdir -p build
	@echo "$(subst ",,$(subst ',,$(COMPILE) $(LINK) $(STATIC) $(MUSL)))" >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

build/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(COMMON) $(STEP4) $(PROGRAMS:%=build/%.o) $(PROGRAMS) build/tests/faults/errors: \
    private CC := $(or $(MUSL),$(CC))

# A launcher without a loader to run before it starts a tenth faster, and
# takes half the memory. STATIC= links it to the shared C library.
%/os_isolate: build/%/os_isolate.o $(COMMON)
	$(call say,LINK)
	$(Q)$(LINK) $(STATIC) -o $@ $^ $(LDLIBS)

step4_seccomp/os_isolate: $(STEP4)

build/step4_seccomp/filter.o: build/step4_seccomp/filters.h

include tests/tests.mk $(wildcard tools/*/*.mk)

.SECONDARY:
-include $(shell find build -name playground.work -prune -o -name '*.d' -print 2>/dev/null)
