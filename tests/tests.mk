# SPDX-License-Identifier: MIT
# How the tests are made; read by the Makefile above.

# Unit tests see no kernel: these calls, those that --explain tells and those
# that kernel.c knows besides, go to tests/unit. No fortified or 64-bit
# variants of them here, which --wrap would not catch.
WRAPPED    = sed -n -e 's/^\#define \([a-z][a-z0-9_]*\)(.*/-Wl,--wrap=\1/p' \
             -e 's/.*__wrap_\([a-z0-9_]*\)(.*/-Wl,--wrap=\1/p' \
             common/plumbing/calls.h tests/unit/kernel.c
RECORDER   := $(patsubst %,build/unit/tests/unit/%.o,recorder kernel stand_ins)
UNDER_TEST := $(COMMON) $(STEP4)
HELPERS    := $(patsubst build/%,build/unit/%,\
             $(filter-out build/step4_seccomp/plumbing/%,$(STEP4)) \
             $(filter-out build/common/plumbing/%,$(COMMON)) \
             $(patsubst %,build/common/plumbing/%.o,bind inside streams syscalls))

ATTACKS  := $(patsubst %.c,build/%,$(wildcard tests/attacks/*.c))
BENCH_TOOLS := $(patsubst %.c,build/%,$(wildcard tests/bench/*.c)) \
            $(if $(MUSL),build/tests/bench/floor-musl)
HELLOS   := $(addprefix build/tests/integration/hello-,static dynamic \
            $(if $(filter x86_64,$(TARGET)),32))

# For what tries them all; `make demo` does without a compiler for i386.
ATTACKS_32 := $(if $(filter x86_64,$(TARGET)),\
            $(ATTACKS:build/tests/attacks/%=build/tests/attacks-i386/%))

PAYLOADS := $(addprefix build/tests/integration/,hard-to-end greedy ticks refused)

FAULT_TOOLS := $(patsubst %.c,build/%,$(wildcard tests/faults/*.c))

attacks: $(ATTACKS)
	@:
tests: build/tests/abilities $(UNITS) $(INTEGRATION) $(ATTACKS) $(ATTACKS_32) \
    $(HELLOS) $(FAULT_TOOLS) \
    $(PAYLOADS) \
    $(BENCH_TOOLS)

build/unit/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -U_FORTIFY_SOURCE -U_FILE_OFFSET_BITS -Istep4_seccomp \
	    -Itests -Itests/unit -MMD -MP -c -o $@ $<

build/unit/step4_seccomp/filter.o: build/step4_seccomp/filters.h

build/tests/unit/%: build/unit/tests/unit/%.o \
    $(RECORDER) $(UNDER_TEST:build/%=build/unit/%)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)tests/unit/unwrapped $(HELPERS)
	$(Q)$(LINK) $$($(WRAPPED)) -o $@ $^ -lcmocka $(LDLIBS)

# The relay has real descriptors, whose calls can be made to fall short.
RELAY_WRAPPED := read write poll die raise seconds tell
build/tests/unit/test_relay: build/unit/tests/unit/test_relay.o \
    $(patsubst %,build/unit/common/plumbing/%.o,flow relay inside streams \
    terminal message calls strace structures names) tests/tests.mk
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(LINK) $(RELAY_WRAPPED:%=-Wl,--wrap=%) -o $@ $(filter %.o,$^) \
	    -lcmocka -lutil $(LDLIBS)

build/tests/integration/%: build/tests/integration/%.o \
    build/tests/integration/sandbox.o
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ -lcmocka -lutil $(LDLIBS)

# Static, so that they run in any image; ATTACKS_STATIC= where room is short.
ATTACKS_STATIC ?= -static
build/tests/attacks/%: tests/attacks/%.c tests/attacks/attack.h \
    tests/attacks/int80.h build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) $(ATTACKS_STATIC) -o $@ $<

build/tests/attacks-i386/%: tests/attacks/%.c tests/attacks/attack.h \
    tests/attacks/int80.h build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -m32 -static -o $@ $<

# Of the machine that builds, whatever it builds for.
build/tests/abilities: tests/abilities.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(HOSTCC) -std=gnu17 $(WARNINGS) $(DEFINES) -O1 -static -o $@ $<

build/tests/bench/%: tests/bench/%.c build/step4_seccomp/filters.h
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

# The floor, by the launchers' C library.
build/tests/bench/floor-musl: private CC := $(MUSL)
build/tests/bench/floor-musl: tests/bench/floor.c build/step4_seccomp/filters.h
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

# By the launchers' C library, whose words it tells, and linked as they are.
build/tests/faults/errors: tests/faults/errors.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) $(STATIC) $(LDFLAGS) -o $@ $<

build/tests/faults/%: tests/faults/%.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $<

# Static, linked to the C library, and for i386: all run in the sandbox.
build/tests/integration/hello-%: tests/integration/hello.c build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -pthread $(if $(filter 32,$*),-m32 -static) \
	    $(if $(filter static,$*),-static) -o $@ $<

build/tests/integration/hard-to-end: tests/integration/hard_to_end.c
build/tests/integration/greedy: tests/integration/greedy.c
build/tests/integration/ticks: tests/integration/ticks.c
build/tests/integration/refused: tests/integration/refused.c
$(PAYLOADS): build/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) -static -o $@ $(filter %.c,$^) -lrt -pthread

build/tests/integration/%.o: DEFINES += -Itests
